import { Metadata, status } from '@grpc/grpc-js';
import type { MessageTypeDefinition } from '@grpc/proto-loader';
import { RegistryError } from '../errors.ts';
import { loadProto, protoPathOf } from './load-proto.ts';
import { statusCodes } from './status-codes.ts';

const errorDomain = 'llm-schema-registry.io';

const { 'google.rpc.Status': statusMessage, 'google.rpc.ErrorInfo': errorInfo } = loadProto(
  protoPathOf('google-rpc.proto'),
) as Record<string, MessageTypeDefinition<object, object>>;

/** Clients take 8 KiB of metadata, and this is in it twice, escaped. */
const MAX_MESSAGE_BYTES = 1_500;

function shortened(text: string): string {
  const bytes = Buffer.from(text);
  if (bytes.length <= MAX_MESSAGE_BYTES) return text;
  // A character that is cut in two is left out.
  return `${bytes
    .subarray(0, MAX_MESSAGE_BYTES)
    .toString('utf8')
    .replace(/\ufffd$/, '')}…`;
}

/** With the registry's own code, for programs: as a number, and as google.rpc.ErrorInfo for who reads that. */
export function statusOf(reply: RegistryError | undefined) {
  const { kind, code, message: words } = reply ?? new RegistryError('INTERNAL');
  const message = shortened(words);
  const number = status[statusCodes[kind]];
  const info = { reason: kind, domain: errorDomain, metadata: { error_code: String(code) } };
  const details = [
    { type_url: 'type.googleapis.com/google.rpc.ErrorInfo', value: errorInfo?.serialize(info) },
  ];
  const metadata = new Metadata();
  metadata.set('error-code', String(code));
  const encoded = statusMessage?.serialize({ code: number, message, details });
  if (encoded !== undefined) metadata.set('grpc-status-details-bin', encoded);
  return { code: number, details: message, metadata };
}
