import { isDeepStrictEqual } from 'node:util';
import { expect } from 'chai';
import { ApiError, isConflict } from '../../operator/kube/api-error.ts';
import type { Cluster } from '../../operator/kube/cluster.ts';
import type { KubeObject } from '../../operator/kube/kubernetes.ts';
import { runOperator } from '../../operator/main.ts';
import type { Spec } from '../../operator/registry.ts';
import { readSettings } from '../../operator/settings.ts';
import { type Addition, additionsToLeave, additionsToTakeBack } from '../build/additions.ts';
import { find, openApiServer, until } from '../build/api-server.ts';
import { aRegistryNamed, childrenNamed, named } from '../build/children.ts';
import { type FieldPath, inWords, ownedFields, readField, spoiled } from '../build/owned-fields.ts';
import { pick, roundsOr, seeded } from '../build/random.ts';

const spec: Spec = {
  ingress: { enabled: true, http: { hosts: ['registry.example.com'], tlsSecretName: 'tls' } },
  monitoring: { dashboards: { enabled: true } },
};
const mostMs = 5_000;

/** How often several things are added to each object and edited in it; with 30, it is 500 of each. */
const rounds = roundsOr(3);

/** All that a client sees of an object but its state and its history. */
function contentOf({ status: _status, metadata, ...rest }: KubeObject): object {
  const { name, labels, annotations, finalizers, ownerReferences } = metadata;
  return { ...rest, metadata: { name, labels, annotations, finalizers, ownerReferences } };
}

/**
 * With another name it is one more item of the list, and ours is missing: others may have items of their own there. Two ports
 * of one number leave the API server without a note of who wrote what.
 */
const isNewKey = (path: FieldPath) =>
  /\.(containers|initContainers|volumes)\[[^\]]*\]\.name$|\.containerPort$/.test(inWords(path));

function firstDifference(one: unknown, other: unknown, path = ''): string | undefined {
  if (isDeepStrictEqual(one, other)) return undefined;
  if (one === null || typeof one !== 'object')
    return `${path} is ${JSON.stringify(one)} and not ${JSON.stringify(other)}`;
  const found = Object.entries(one).map(([name, value]) =>
    firstDifference(value, (other as Record<string, unknown> | undefined)?.[name], `${path}.${name}`),
  );
  return found.find((difference) => difference !== undefined);
}

/** A merge patch (RFC 7396). */
function merged<Value>(value: Value, patch: unknown): Value {
  if (patch === null || typeof patch !== 'object' || Array.isArray(patch)) return patch as Value;
  const fields = Object.entries(patch).map(([name, change]) => [
    name,
    merged(((value ?? {}) as Record<string, unknown>)[name], change),
  ]);
  const kept = { ...value, ...Object.fromEntries(fields) };
  return Object.fromEntries(Object.entries(kept).filter(([, field]) => field !== null)) as Value;
}

describe('every field that the operator holds, edited by another client', function () {
  this.timeout(300_000);
  let server: Awaited<ReturnType<typeof openApiServer>>;
  let cluster: Cluster;
  const stopping = new AbortController();
  let ended: Promise<unknown>;

  before(async function () {
    this.timeout(30 * 60_000); // The first build of the binaries.
    server = await openApiServer();
    cluster = server.cluster;
    const settings = readSettings({
      METRICS_PORT: '0',
      HEALTH_PORT: '0',
      LOG_LEVEL: process.env.TEST_LOG ?? 'error',
    });
    ended = runOperator({ ...settings, namespace: 'default' }, stopping.signal);
    await cluster.apply(aRegistryNamed('edited', spec));
  });
  after(async () => {
    stopping.abort();
    await ended;
    await server?.close();
  });

  for (const child of childrenNamed('edited', spec)) {
    it(`of ${child.kind} ${child.metadata.name} is repaired in less than ${mostMs / 1000} s`, async () => {
      await until('it is there', () => find(cluster, child), 30_000);
      const fields = ownedFields(await cluster.get(child));
      let edits = 0;
      let longestMs = 0;
      const refused: string[] = [];
      for (const path of fields) {
        const wanted = readField(await cluster.get(child), path);
        if (!(await isSpoiled(path, wanted))) {
          refused.push(inWords(path));
          continue;
        }
        edits += 1;
        const startedMs = performance.now();
        await until(
          `${inWords(path)} is as wanted`,
          async () => isDeepStrictEqual(readField(await cluster.get(child), path), wanted),
          mostMs,
        );
        longestMs = Math.max(longestMs, performance.now() - startedMs);
      }
      console.log(
        `      ${child.kind} ${child.metadata.name}: ${edits} of ${fields.length} fields edited, the last repair after at most ` +
          `${Math.round(longestMs)} ms${refused.length === 0 ? '' : `; cannot be edited: ${refused.join(' ')}`}`,
      );
      expect(edits).to.be.above(0);
    });

    it(`of ${child.kind} ${child.metadata.name}, and what is added to it, several at once, is taken back or left as the owners are`, async () => {
      await until('it is there', () => find(cluster, child), 30_000);
      await until('the autoscaler has the number of replicas', isHandedOver, 30_000);
      const random = seeded();
      const took: Record<string, number> = {};
      for (let round = 0; round < rounds; round += 1) {
        const before = await cluster.get(child);
        const n = round + 1;
        const leave = pick(random, additionsToLeave(before, n));
        const fields = ownedFields(before).filter((path) => !isNewKey(path));
        const edits = Array.from({ length: random.below(4) }, () => pick(random, fields));
        const wanted = await written(before, [leave], []);
        if (wanted === undefined) continue;
        const back = additionsToTakeBack(wanted, n);
        const added = back.length === 0 ? [] : [back[round % back.length] as Addition];
        const spoilt =
          (await written(wanted, added, edits)) ??
          (await written(wanted, added, [])) ??
          (await written(wanted, [], edits.slice(0, 1)));
        if (spoilt === undefined) continue;
        const names = [leave, ...added].map((addition) => addition.what);
        const what = `TEST_SEED=${random.seed}, round ${n}: ${[...names, ...edits.map(inWords)].join(', ')}`;
        for (const each of [...names, ...edits.map(() => 'edits')]) took[each] = (took[each] ?? 0) + 1;
        await until(
          what,
          async () => isDeepStrictEqual(contentOf(await cluster.get(child)), contentOf(wanted)),
          mostMs,
        ).catch(async (error) => {
          // A diff of the whole would be too long to be shown.
          const now = contentOf(await cluster.get(child));
          const differing =
            firstDifference(now, contentOf(wanted)) ?? firstDifference(contentOf(wanted), now);
          throw new Error(`${(error as Error).message}; ${differing}`, { cause: error });
        });
      }
      console.log(`      ${child.kind} ${child.metadata.name}: ${JSON.stringify(took)}`);
    });

    /** The Deployment is written twice at first. */
    const isHandedOver = async () => {
      const { metadata } = await cluster.get(named('apps/v1', 'Deployment', 'edited'));
      return metadata.managedFields?.some(
        ({ manager }) => manager === 'llm-schema-registry-operator-handover',
      );
    };

    /** What the API server makes of it all, written at once by another client; undefined: it refuses it. */
    const written = async (
      object: KubeObject,
      additions: readonly Addition[],
      paths: readonly FieldPath[],
    ): Promise<KubeObject | undefined> => {
      let changed = additions.reduce((sum, { patch }) => merged(sum, patch), object);
      for (const path of paths) changed = spoiled(changed, path)[0] ?? changed;
      for (;;) {
        const { resourceVersion } = (await cluster.get(child)).metadata;
        try {
          return await cluster.update({
            ...changed,
            metadata: { ...changed.metadata, resourceVersion },
          } as KubeObject);
        } catch (error) {
          if (isConflict(error)) continue;
          if (!(error instanceof ApiError)) throw error;
          return undefined;
        }
      }
    };

    /** Whether the API server took one of the edits. */
    const isSpoiled = async (path: FieldPath, wanted: unknown): Promise<boolean> => {
      const tries = spoiled(await cluster.get(child), path).length;
      for (let index = 0; index < tries; index += 1) {
        for (;;) {
          const edited = spoiled(await cluster.get(child), path)[index];
          if (edited === undefined) break;
          try {
            const taken = await cluster.update(edited);
            if (isDeepStrictEqual(readField(taken, path), wanted)) break;
            return true;
          } catch (error) {
            // The operator or the server wrote it meanwhile.
            if (isConflict(error)) continue;
            if (!(error instanceof ApiError)) throw error;
            break;
          }
        }
      }
      return false;
    };
  }
});
