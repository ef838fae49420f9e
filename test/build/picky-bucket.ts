import { type Bucket, ObjectRefused } from '../../registry-server/store/bucket.ts';

/** A bucket in memory that takes everything but some keys. */
export function openPickyBucket() {
  const objects = new Map<string, string | Uint8Array>();
  const refuses = { put: (_: string): boolean => false, remove: (_: string): boolean => false };
  const tried = new Set<string>();
  const bucket: Bucket = {
    address: 's3://picky/',
    async put(key, body) {
      tried.add(key);
      if (refuses.put(key)) throw new ObjectRefused('the key is too long');
      objects.set(key, body);
    },
    find: async (key) => objects.get(key)?.toString(),
    async findBytes(key) {
      const body = objects.get(key);
      return body === undefined ? undefined : Buffer.from(body);
    },
    async remove(key) {
      tried.add(key);
      if (refuses.remove(key)) throw new ObjectRefused('the object is locked');
      objects.delete(key);
    },
    list: async (below) => ({
      keys: [...objects.keys()].filter((key) => key.startsWith(below)),
      next: undefined,
    }),
    close() {},
  };
  return { bucket, objects, refuses, tried };
}
