import { keys } from '../../registry-server/store/archive/layout.ts';
import { fingerprint } from '../../registry-server/store/fingerprint.ts';
import type { SchemaContent, Store } from '../../registry-server/store/store.ts';

export const aContent = (n: number): SchemaContent => ({
  schemaType: 'AVRO',
  schema: JSON.stringify({ type: 'fixed', name: 'F', size: n }),
  references: [],
});
/** Where it is in the bucket of an archive. */
export const keyOf = (n: number) => keys.content(fingerprint(aContent(n)).toString('hex'));

/** Registers it in the default context, past what a server would check. */
export async function add(store: Store, subject: string, n: number): Promise<void> {
  const name = { context: '.', subject };
  const judgedAgainst = await store.readSubject(name, 'now');
  await store.addVersion({ name, judgedAgainst, content: aContent(n), targets: [] });
}

export async function removeForGood(store: Store, subject: string, context = '.'): Promise<void> {
  const name = { context, subject };
  const { versions } = await store.readSubject(name, 'now');
  await store.removeVersions(name, () => ({
    versions: versions.map(({ version }) => version),
    isPermanent: true,
  }));
}
