/** Of ELF for 64 bits in little endian (ELF-64 Object File Format, version 1.5), in bytes from the beginning of the file. */
const header = {
  programHeadersAt: 32,
  sectionHeadersAt: 40,
  programHeaderSize: 54,
  programHeaders: 56,
  sectionHeaders: 60,
  namesOfSections: 62,
};
/** Where the fields of a program header are. */
const segment = { at: 8, bytesInFile: 32 };

/**
 * A program as far as it is loaded: what comes behind its last segment are the names of its own functions and lines, for
 * debuggers. Names by which other libraries find something in it are loaded, and stay. Debian's `strip` does the same, but for
 * the machine's own architecture alone.
 * @throws Error where it is no such program
 */
export function withoutSymbols(program: Buffer): Buffer {
  if (program.toString('latin1', 0, 6) !== '\x7fELF\x02\x01')
    throw new Error('it is no ELF program for 64 bits in little endian');
  const first = Number(program.readBigUInt64LE(header.programHeadersAt));
  const size = program.readUInt16LE(header.programHeaderSize);
  const count = program.readUInt16LE(header.programHeaders);
  const ends = Array.from({ length: count }, (_, index) => {
    const at = first + index * size;
    const number = (field: number) => Number(program.readBigUInt64LE(at + field));
    return number(segment.at) + number(segment.bytesInFile);
  });
  const loaded = Buffer.from(program.subarray(0, Math.max(first + count * size, ...ends)));
  loaded.writeBigUInt64LE(0n, header.sectionHeadersAt);
  loaded.writeUInt16LE(0, header.sectionHeaders);
  loaded.writeUInt16LE(0, header.namesOfSections);
  return loaded;
}
