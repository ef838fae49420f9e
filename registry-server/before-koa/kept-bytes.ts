/**
 * A value as JSON, in memory of its own. Node cuts short buffers from slabs of 8 KiB, and one that is kept keeps its whole
 * slab: a cache of such would hold many times what it counts.
 */
export function keptBytes(value: unknown): Buffer {
  const text = JSON.stringify(value);
  const bytes = Buffer.allocUnsafeSlow(Buffer.byteLength(text));
  bytes.write(text);
  return bytes;
}
