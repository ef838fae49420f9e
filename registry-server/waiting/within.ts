/** What the work comes to, or what `late` gives or throws when it takes longer; the work goes on then, unheard. */
export async function within<Done, Late>(
  work: Promise<Done>,
  mostMs: number,
  late: () => Late,
): Promise<Done | Late> {
  const { promise, resolve, reject } = Promise.withResolvers<Late>();
  const timer = setTimeout(
    () => {
      try {
        resolve(late());
      } catch (error) {
        reject(error);
      }
    },
    Math.max(0, mostMs),
  );
  try {
    return await Promise.race([work, promise]);
  } finally {
    clearTimeout(timer);
  }
}
