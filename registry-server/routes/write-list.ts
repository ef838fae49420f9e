import { Readable } from 'node:stream';
import type { Part } from '../store/store.ts';
import { type Page, pageOf } from './read-request.ts';
import type { RouteContext } from './route.ts';

interface List<Item, Position> {
  /** How many are read at a time. */
  readonly partSize: number;
  /** When the client gives none, or more; unlimited when undefined. */
  readonly maxLimit?: number;
  readonly read: (part: Part<Position>) => Promise<readonly Item[]>;
  readonly positionOf: (item: Item) => Position;
  readonly write: (item: Item) => unknown;
}

/** A JSON list, part by part: it may be longer than memory. What fails before the first part is answered as an error. */
export async function writeList<Item, Position>(
  ctx: RouteContext,
  list: List<Item, Position>,
): Promise<void> {
  const { partSize, read, positionOf, write } = list;
  const { offset, limit } = limited(pageOf(ctx), list.maxLimit);
  const first = await read({ offset, limit: Math.min(partSize, limit) });
  if (first.length < partSize || first.length === limit) {
    ctx.body = first.map(write);
    return;
  }
  const type = ctx.response.get('Content-Type');
  ctx.body = Readable.from(parts(first, limit));
  // Koa takes a stream for bytes of no kind.
  ctx.set('Content-Type', type);

  async function* parts(from: readonly Item[], most: number): AsyncGenerator<string> {
    let items = from;
    let written = 0;
    yield '[';
    for (;;) {
      const texts = items.map((item) => JSON.stringify(write(item)));
      if (texts.length > 0) yield (written > 0 ? ',' : '') + texts.join(',');
      written += items.length;
      const last = items.at(-1);
      if (last === undefined || items.length < partSize || written >= most) break;
      items = await read({ after: positionOf(last), offset: 0, limit: Math.min(partSize, most - written) });
    }
    yield ']';
  }
}

function limited({ offset, limit }: Page, maxLimit = Number.MAX_SAFE_INTEGER): Required<Page> {
  return { offset, limit: limit === undefined || limit > maxLimit ? maxLimit : limit };
}
