/** So many requests are under way at once at most. */
export const concurrency = 8;

/**
 * As Promise.all over `map`, with a few at a time; the first failure ends it. The server has waiting/in-parallel.ts: the
 * package, the programs and the image of the command hold nothing of the server but its version.
 */
export async function mapBounded<Item, Result>(
  items: readonly Item[],
  map: (item: Item) => Promise<Result>,
  onDone: (done: number) => void = () => {},
): Promise<Result[]> {
  const results = new Array<Result>(items.length);
  const rest = items.entries();
  let done = 0;
  const work = async () => {
    for (const [index, item] of rest) {
      results[index] = await map(item);
      onDone(++done);
    }
  };
  await Promise.all(Array.from({ length: Math.min(concurrency, items.length) }, work));
  return results;
}
