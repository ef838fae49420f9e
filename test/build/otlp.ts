import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';

export interface TestSpan {
  readonly name: string;
  readonly traceId: string;
  readonly spanId: string;
  readonly parentSpanId?: string;
  /** 1: internal, 2: server, 3: client. */
  readonly kind: number;
  /** 2: an error. */
  readonly status: number;
  readonly fields: Readonly<Record<string, string | number>>;
  /** Of the process that sent it. */
  readonly resource: Readonly<Record<string, string | number>>;
}

/** Stands for a collector: takes OTLP over HTTP, as JSON, and keeps it. */
export interface TestCollector {
  readonly url: string;
  readonly spans: readonly TestSpan[];
  /** The text of all that came. */
  readonly text: () => string;
  /** Credentials, as they came last. */
  readonly authorization: () => string | undefined;
  /** It takes requests and does not answer. */
  freeze(): void;
  /** Its port is free afterwards. */
  stop(): Promise<void>;
}

interface Attribute {
  readonly key: string;
  readonly value: { readonly stringValue?: string; readonly intValue?: string | number };
}
interface SentSpan extends Omit<TestSpan, 'status' | 'fields' | 'resource'> {
  readonly status?: { readonly code?: number };
  readonly attributes: readonly Attribute[];
}
interface Sent {
  readonly resourceSpans: readonly {
    readonly resource: { readonly attributes: readonly Attribute[] };
    readonly scopeSpans: readonly { readonly spans: readonly SentSpan[] }[];
  }[];
}

export async function startCollector(): Promise<TestCollector> {
  const spans: TestSpan[] = [];
  let text = '';
  let authorization: string | undefined;
  let isFrozen = false;
  const server = createServer(async (request, response) => {
    const body = (await request.setEncoding('utf8').toArray()).join('');
    if (isFrozen) return;
    text += body;
    authorization = request.headers.authorization;
    if (request.url === '/v1/traces') spans.push(...readSpans(JSON.parse(body)));
    response.writeHead(200, { 'Content-Type': 'application/json' }).end('{}');
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    spans,
    text: () => text,
    authorization: () => authorization,
    freeze() {
      isFrozen = true;
    },
    async stop() {
      server.close();
      server.closeAllConnections();
    },
  };
}

function readSpans({ resourceSpans }: Sent): readonly TestSpan[] {
  return resourceSpans.flatMap(({ resource, scopeSpans }) =>
    scopeSpans.flatMap(({ spans }) =>
      spans.map(({ status, attributes, ...span }) => ({
        ...span,
        status: status?.code ?? 0,
        fields: readFields(attributes),
        resource: readFields(resource.attributes),
      })),
    ),
  );
}

function readFields(attributes: readonly Attribute[]): Readonly<Record<string, string | number>> {
  return Object.fromEntries(
    attributes.map(({ key, value }) => [key, value.stringValue ?? Number(value.intValue)]),
  );
}
