/** So many requests are under way at once at most, where nobody says otherwise. */
export const concurrency = 8;

/**
 * As Promise.all over `map`, with a few at a time; the first failure ends it, once what is under way has ended too. The
 * server has waiting/in-parallel.ts: the package, the programs and the image of the command hold nothing of the server but
 * its version.
 */
export async function mapBounded<Item, Result>(
  items: readonly Item[],
  map: (item: Item) => Promise<Result>,
  onDone: (done: number) => void = () => {},
  most = concurrency,
): Promise<Result[]> {
  const results = new Array<Result>(items.length);
  const rest = items.entries();
  let done = 0;
  let failure: { readonly error: unknown } | undefined;
  const work = async () => {
    for (const [index, item] of rest) {
      if (failure) return;
      try {
        results[index] = await map(item);
        onDone(++done);
      } catch (error) {
        failure ??= { error };
      }
    }
  };
  await Promise.all(Array.from({ length: Math.min(most, items.length) }, work));
  if (failure) throw failure.error;
  return results;
}
