import { noBytes, WireReader } from './wire.ts';
import {
  type Visibility,
  visibilityNumbers,
  type WrittenEnum,
  type WrittenEnumValue,
  type WrittenRange,
} from './written.ts';

/** @param beyond by how much the end is past the last number: 1 in messages, 0 in enums */
export function readRange(bytes: Buffer, beyond: number): WrittenRange {
  let start = 0;
  let end = 0;
  let options: Uint8Array = noBytes;
  const reader = new WireReader(bytes);
  while (!reader.isAtEnd) {
    const field = reader.field();
    if (field === 1) start = reader.int();
    else if (field === 2) end = reader.int();
    else if (field === 3) options = reader.bytes();
    else reader.skip();
  }
  return { start, end: end - beyond, options, where: `range ${start}` };
}

export function readEnum(bytes: Buffer): WrittenEnum {
  let name = '';
  let options: Uint8Array = noBytes;
  let visibility: Visibility | undefined;
  const values: WrittenEnumValue[] = [];
  const reservedRanges: WrittenRange[] = [];
  const reservedNames: string[] = [];
  const reader = new WireReader(bytes);
  while (!reader.isAtEnd) {
    const field = reader.field();
    if (field === 1) name = reader.string();
    else if (field === 2) values.push(readEnumValue(reader.bytes()));
    else if (field === 3) options = reader.bytes();
    else if (field === 4) reservedRanges.push(readRange(reader.bytes(), 0));
    else if (field === 5) reservedNames.push(reader.string());
    else if (field === 6) visibility = readVisibility(reader);
    else reader.skip();
  }
  const where = `enum "${name}"`;
  return { name, visibility, values, reservedRanges, reservedNames, reserved: [], options, where };
}

function readEnumValue(bytes: Buffer): WrittenEnumValue {
  let name = '';
  let number = 0;
  let options: Uint8Array = noBytes;
  const reader = new WireReader(bytes);
  while (!reader.isAtEnd) {
    const field = reader.field();
    if (field === 1) name = reader.string();
    else if (field === 2) number = reader.int();
    else if (field === 3) options = reader.bytes();
    else reader.skip();
  }
  return { name, number, options, where: `enum value "${name}"` };
}

export function readVisibility(reader: WireReader): Visibility | undefined {
  const number = reader.int();
  return (['local', 'export'] as const).find((one) => visibilityNumbers[one] === number);
}
