import { aGet, aPost } from './load.ts';
import { aJsonSchema, anAvroSchema } from './schemas.ts';

export interface Operation {
  readonly title: string;
  /** What bare node:http does in its place. */
  readonly comparedWith: 'GET' | 'POST';
  readonly connections: number;
  readonly request: (n: number) => Buffer;
}

/** Subject `s0` holds `anAvroSchema(0)` under id 1, and so on. */
export const SUBJECTS = 1_500;
export const JSON_SUBJECT = 'json';

const sent = (n: number) => ({ schemaType: 'AVRO', schema: anAvroSchema(String(n)) });

/** Made beforehand: the loader must not be what is measured. */
function prepared(count: number, make: (n: number) => Buffer): (n: number) => Buffer {
  const made = Array.from({ length: count }, (_, n) => make(n));
  return (n) => made[n % count] as Buffer;
}

const MARK = '#######';
let last = 0;

/** No number twice, whichever operation asks: each request is new to the server. */
function numbered(make: (mark: string) => Buffer): () => Buffer {
  const template = make(MARK);
  const places: number[] = [];
  for (let at = template.indexOf(MARK); at >= 0; at = template.indexOf(MARK, at + 1)) places.push(at);
  return () => {
    last += 1;
    const number = String(last).padStart(MARK.length, '0');
    const request = Buffer.from(template);
    for (const place of places) request.write(number, place, 'latin1');
    return request;
  };
}

const byId = prepared(SUBJECTS, (n) => aGet(`/schemas/ids/${n + 1}`));
const latest = prepared(SUBJECTS, (n) => aGet(`/subjects/s${n}/versions/latest`));
const lookup = prepared(SUBJECTS, (n) => aPost(`/subjects/s${n}`, sent(n)));
const again = prepared(SUBJECTS, (n) => aPost(`/subjects/s${n}/versions`, sent(n)));
const registerNew = numbered((mark) =>
  aPost(`/subjects/new-${mark}/versions`, { schemaType: 'AVRO', schema: anAvroSchema(mark) }),
);
const check = numbered((mark) =>
  aPost('/compatibility/subjects/s7/versions/latest', { schemaType: 'AVRO', schema: anAvroSchema(mark) }),
);
const checkJson = numbered((mark) =>
  aPost(`/compatibility/subjects/${JSON_SUBJECT}/versions/latest`, {
    schemaType: 'JSON',
    schema: aJsonSchema(mark),
  }),
);

export const operations: readonly Operation[] = [
  { title: 'GET by id', comparedWith: 'GET', connections: 32, request: byId },
  {
    title: 'GET by version',
    comparedWith: 'GET',
    connections: 32,
    request: prepared(SUBJECTS, (n) => aGet(`/subjects/s${n}/versions/1`)),
  },
  { title: 'GET latest', comparedWith: 'GET', connections: 32, request: latest },
  { title: 'lookup', comparedWith: 'POST', connections: 32, request: lookup },
  { title: 'register again', comparedWith: 'POST', connections: 32, request: again },
  { title: 'compatibility, Avro, unique', comparedWith: 'POST', connections: 32, request: check },
  { title: 'compatibility, JSON Schema, unique', comparedWith: 'POST', connections: 32, request: checkJson },
  { title: 'register new', comparedWith: 'POST', connections: 32, request: registerNew },
  { title: 'register new, 1 connection', comparedWith: 'POST', connections: 1, request: registerNew },
  {
    title: 'mixed, 90 % reads',
    comparedWith: 'GET',
    connections: 32,
    request: (n) => (n % 20 === 0 ? registerNew() : n % 20 === 10 ? lookup(n) : n % 2 ? byId(n) : latest(n)),
  },
];
