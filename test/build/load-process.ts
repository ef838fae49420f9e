/** Clients of a registry, in a process of their own: `steady-load.ts` starts it inside the network of a cluster. */
import { Agent, type IncomingMessage, request } from 'node:http';
import { setTimeout as delay } from 'node:timers/promises';

/** What its clients saw since a beginning. */
export interface Seen {
  readonly requests: number;
  /** By what was wrong. */
  readonly errors: Readonly<Record<string, number>>;
  /** The longest time without any answer 200. */
  readonly longestGapMs: { readonly reads: number; readonly registrations: number };
  /** Since the first one of all. */
  readonly acknowledged: number;
}

export type Way = 'mixed' | 'apart';

export type Order = 'begin' | 'seen' | 'lost' | 'stop' | { readonly base: string };

interface Acknowledged {
  readonly subject: string;
  readonly id: number;
  readonly schema: string;
}

type Kind = 'reads' | 'registrations';

const mediaType = 'application/vnd.schemaregistry.v1+json';
/** Between two requests of a client: steady, and bearable for a machine that runs the cluster as well. */
const pauseMs = 20;
const checksAtOnce = 8;
const answerWithinMs = 60_000;
const [address = '', prefix = '', way = 'mixed'] = process.argv.slice(2);
/** Readers that do not register, so that what a registration waits for holds up none of them, and writers that do nothing else. */
const isApart = way === ('apart' satisfies Way);
/** Longer than the server waits for a database that fails over; and in a mix what most clients have. */
const requestTimeoutMs = isApart ? 30_000 : 5_000;
/** What readers ask for again and again, so that every replica has it in memory. */
const kept = 20;
let base = address;

const acknowledged: Acknowledged[] = [];
let registered = 0;
let isStopped = false;
let seen = nothing();

function nothing() {
  const now = performance.now();
  return {
    requests: 0,
    errors: {} as Record<string, number>,
    longestGapMs: { reads: 0, registrations: 0 },
    lastMs: { reads: now, registrations: now },
  };
}

/** Clients that keep their connection, and clients that open one for each request. Nobody tries again. */
const clients = [true, true, false, false].map((keepAlive, number) => {
  const agent = new Agent({ keepAlive, maxSockets: 1 });
  return { agent, number, kind: keepAlive ? 'kept' : 'new' };
});

async function work(client: (typeof clients)[number]): Promise<void> {
  for (let turn = client.number; !isStopped; turn += 1) {
    // What a request that began earlier meets does not belong to what happens now.
    const current = seen;
    const most = isApart ? Math.min(kept, acknowledged.length) : acknowledged.length;
    const known = acknowledged[isApart ? turn % Math.max(most, 1) : Math.floor(Math.random() * most)];
    const isWriter = (isApart ? client.number : turn) % 2 === 0;
    const kind: Kind = known === undefined || isWriter ? 'registrations' : 'reads';
    const wrong =
      kind === 'reads' && known !== undefined ? await read(client, known) : await register(client);
    current.requests += 1;
    const now = performance.now();
    if (wrong === undefined) {
      current.longestGapMs[kind] = Math.max(current.longestGapMs[kind], now - current.lastMs[kind]);
      current.lastMs[kind] = now;
    } else {
      const words = `${client.kind} connection, ${kind}: ${wrong}`;
      current.errors[words] = (current.errors[words] ?? 0) + 1;
    }
    await delay(pauseMs);
  }
}

async function register({ agent }: { agent: Agent }): Promise<string | undefined> {
  registered += 1;
  const subject = `${prefix}-${registered}`;
  const schema = JSON.stringify({
    type: 'object',
    title: subject,
    properties: { [`p${registered}`]: { type: 'string' } },
  });
  const body = JSON.stringify({ schemaType: 'JSON', schema });
  const answer = await ask(agent, 'POST', `/subjects/${subject}/versions`, body);
  if (typeof answer === 'string') return answer;
  acknowledged.push({ subject, schema, id: (answer as { id: number }).id });
  return undefined;
}

async function read({ agent }: { agent: Agent }, { id, subject, schema }: Acknowledged) {
  const path = isApart || Math.random() < 0.5 ? `/schemas/ids/${id}` : `/subjects/${subject}/versions/latest`;
  const answer = await ask(agent, 'GET', path);
  if (typeof answer === 'string') return answer;
  return (answer as { schema: string }).schema === schema ? undefined : 'another schema';
}

/** The body of an answer 200, or in words what came instead. */
function ask(agent: Agent, method: string, path: string, body?: string): Promise<object | string> {
  return new Promise((resolve) => {
    const asked = request(
      `${base}${path}`,
      {
        agent,
        method,
        headers: body === undefined ? {} : { 'content-type': mediaType },
        timeout: requestTimeoutMs,
      },
      (response) => {
        readAll(response).then(
          (text) =>
            resolve(response.statusCode === 200 ? JSON.parse(text) : inWords(response.statusCode, text)),
          (error) => resolve(String(error.code ?? error.message)),
        );
      },
    );
    asked.on('timeout', () => asked.destroy(new Error('no answer in time')));
    asked.on('error', (error: NodeJS.ErrnoException) => resolve(error.code ?? error.message));
    asked.end(body);
  });
}

async function readAll(response: IncomingMessage): Promise<string> {
  let text = '';
  for await (const part of response.setEncoding('utf8')) text += part;
  return text;
}

function inWords(status: number | undefined, text: string): string {
  try {
    const { error_code: code, message } = JSON.parse(text) as { error_code: number; message: string };
    return `${status} ${code} ${message}`;
  } catch {
    return String(status);
  }
}

/** Acknowledged schemas that the registry does not give back, or gives back under another id. */
async function lost(): Promise<readonly string[]> {
  const left = [...acknowledged];
  const missing: string[] = [];
  const agent = new Agent({ keepAlive: true, maxSockets: checksAtOnce });
  await Promise.all(
    Array.from({ length: checksAtOnce }, async () => {
      for (let one = left.pop(); one !== undefined; one = left.pop()) {
        const answer = await answered(agent, `/subjects/${one.subject}/versions/1`);
        const { id, schema } = (typeof answer === 'string' ? {} : answer) as Partial<Acknowledged>;
        if (id !== one.id || schema !== one.schema)
          missing.push(`${one.subject}: ${typeof answer === 'string' ? answer : JSON.stringify(answer)}`);
      }
    }),
  );
  agent.destroy();
  return missing;
}

/** A pod on its way out may still refuse one for the fault that is over: that is an error, but nothing is lost by it. */
async function answered(agent: Agent, path: string): Promise<object | string> {
  const deadlineMs = performance.now() + answerWithinMs;
  for (;;) {
    const answer = await ask(agent, 'GET', path);
    const isFinal = typeof answer === 'object' || answer.startsWith('404');
    if (isFinal || performance.now() > deadlineMs) return answer;
    await delay(pauseMs);
  }
}

function look(): Seen {
  const { requests, errors, longestGapMs, lastMs } = seen;
  const now = performance.now();
  const gap = (kind: Kind) => Math.max(longestGapMs[kind], now - lastMs[kind]);
  return {
    requests,
    errors,
    longestGapMs: { reads: gap('reads'), registrations: gap('registrations') },
    acknowledged: acknowledged.length,
  };
}

const working = clients.map(work);
process.on('message', async (order: Order) => {
  if (order === 'begin') seen = nothing();
  if (order === 'begin' || order === 'seen') process.send?.(look());
  if (order === 'lost') process.send?.(await lost());
  if (typeof order === 'object') {
    base = order.base;
    process.send?.(order);
  }
  if (order === 'stop') {
    isStopped = true;
    await Promise.all(working);
    process.disconnect();
    process.exit(0);
  }
});
// Whoever started it is gone.
process.on('disconnect', () => process.exit(0));
