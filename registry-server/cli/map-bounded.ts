/** So many requests are under way at once at most. */
export const concurrency = 8;

/** As Promise.all over `map`, with a few at a time; the first failure ends it. */
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
