import { expect } from 'chai';
import { type RegistryProcess, startRegistryProcess } from './registry-process.ts';

// Generous: the machine is shared, and what a held-up event loop does is of another order.
export const longestGapMs = 1_000;

export type Type = 'AVRO' | 'JSON' | 'PROTOBUF';
export const types: readonly Type[] = ['AVRO', 'JSON', 'PROTOBUF'];

export interface Answer {
  readonly status: number;
  // biome-ignore lint/suspicious/noExplicitAny: tests look into bodies of every shape
  readonly body: any;
}

/** A server in a process of its own for the describe block that calls it, and what is asked of it while others ask too. */
export function hostileServer() {
  let server: RegistryProcess;
  let subjects = 0;

  before(async () => {
    server = await startRegistryProcess();
  });
  after(() => server?.stop());

  const subject = () => `hostile-${++subjects}`;

  async function send(method: string, path: string, body?: string | Buffer): Promise<Answer> {
    const response = await fetch(server.url + path, {
      method,
      headers: { 'Content-Type': 'application/vnd.schemaregistry.v1+json' },
      body: typeof body === 'string' ? body : body && new Uint8Array(body),
    });
    return { status: response.status, body: JSON.parse(await response.text()) };
  }

  /** Asks while another client goes on asking, and that one is never kept waiting. */
  async function ask(method: string, path: string, body?: unknown): Promise<Answer> {
    const prepared = body === undefined || body instanceof Buffer ? body : JSON.stringify(body);
    let isOver = false;
    let longest = 0;
    const others = (async () => {
      while (!isOver) {
        const asked = performance.now();
        const answer = await fetch(`${server.url}/schemas/types`);
        await answer.arrayBuffer();
        longest = Math.max(longest, performance.now() - asked);
        expect(answer.status).to.equal(200);
      }
    })();
    try {
      return await send(method, path, prepared);
    } finally {
      isOver = true;
      await others;
      expect(longest, 'the longest time that another request took').to.be.below(longestGapMs);
    }
  }

  const sent = (schemaType: Type, schema: string, rest: object = {}) => ({ schemaType, schema, ...rest });
  const register = (name: string, schemaType: Type, schema: string, rest?: object) =>
    ask('POST', `/subjects/${encodeURIComponent(name)}/versions`, sent(schemaType, schema, rest));
  const check = (name: string, schemaType: Type, schema: string) =>
    ask(
      'POST',
      `/compatibility/subjects/${encodeURIComponent(name)}/versions/latest?verbose=true`,
      sent(schemaType, schema),
    );

  async function isRegistered(schemaType: Type, schema: string, rest?: object): Promise<string> {
    const name = subject();
    const { status, body } = await register(name, schemaType, schema, rest);
    expect(status, JSON.stringify(body).slice(0, 300)).to.equal(200);
    return name;
  }

  async function isRefused(schemaType: Type, schema: string, words: RegExp): Promise<void> {
    const { status, body } = await register(subject(), schemaType, schema);
    expect({ status, code: body.error_code }).to.deep.equal({ status: 422, code: 42201 });
    expect(body.message).to.match(words);
    expect(body.message.length, 'an answer that repeats its question').to.be.below(2_000);
  }

  return { url: () => server.url, subject, send, ask, sent, register, check, isRegistered, isRefused };
}

export function times<T>(count: number, make: (n: number) => T): T[] {
  return Array.from({ length: count }, (_, n) => make(n));
}
