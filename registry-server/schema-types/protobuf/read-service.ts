import { noBytes, WireReader } from './wire.ts';
import type { WrittenMethod, WrittenService } from './written.ts';

export function readService(bytes: Buffer): WrittenService {
  let name = '';
  let options: Uint8Array = noBytes;
  const methods: WrittenMethod[] = [];
  const reader = new WireReader(bytes);
  while (!reader.isAtEnd) {
    const field = reader.field();
    if (field === 1) name = reader.string();
    else if (field === 2) methods.push(readMethod(reader.bytes()));
    else if (field === 3) options = reader.bytes();
    else reader.skip();
  }
  return { name, methods, options, where: `service "${name}"` };
}

function readMethod(bytes: Buffer): WrittenMethod {
  let name = '';
  let input = '';
  let output = '';
  let options: Uint8Array = noBytes;
  let streamsInput = false;
  let streamsOutput = false;
  const reader = new WireReader(bytes);
  while (!reader.isAtEnd) {
    const field = reader.field();
    if (field === 1) name = reader.string();
    else if (field === 2) input = reader.string();
    else if (field === 3) output = reader.string();
    else if (field === 4) options = reader.bytes();
    else if (field === 5) streamsInput = reader.bool();
    else if (field === 6) streamsOutput = reader.bool();
    else reader.skip();
  }
  return { name, input, output, streamsInput, streamsOutput, options, where: `method "${name}"` };
}
