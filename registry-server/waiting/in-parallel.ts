/**
 * What the work makes of each, in their order, `most` at a time. The first failure ends it, once what is under way has
 * ended too.
 * @param onDone told after each how many are done
 */
export async function inParallel<Item, Result>(
  items: Iterable<Item>,
  most: number,
  work: (item: Item) => Promise<Result>,
  onDone: (done: number) => void = () => {},
): Promise<Result[]> {
  const left = items[Symbol.iterator]();
  const results: Result[] = [];
  let begun = 0;
  let done = 0;
  let failure: { readonly error: unknown } | undefined;
  async function run(): Promise<void> {
    for (let next = left.next(); !next.done && !failure; next = left.next()) {
      const place = begun++;
      try {
        results[place] = await work(next.value);
        onDone(++done);
      } catch (error) {
        failure ??= { error };
      }
    }
  }
  await Promise.all(Array.from({ length: most }, run));
  if (failure) throw failure.error;
  return results;
}
