import { fileURLToPath } from 'node:url';
import { loadSync } from '@grpc/proto-loader';

/** Of a file in this folder. */
export function protoPathOf(file: string): string {
  return fileURLToPath(new URL(file, import.meta.url));
}

export function loadProto(path: string) {
  return loadSync(path, {
    keepCase: false,
    longs: Number,
    enums: String,
    defaults: false,
  });
}
