import { Counter, Gauge, type Registry as MetricRegistry } from 'prom-client';
import type { ThreadUsage } from '../services/schema-threads.ts';
import type { Holdings } from '../store/store.ts';
import { prefix } from './buckets.ts';

export interface SchemaMetrics {
  registration(outcome: 'added' | 'existing' | 'incompatible' | 'invalid' | 'refused'): void;
  compatibilityCheck(isCompatible: boolean): void;
  /** @param type one of the schema types, never what a client made up */
  validation(type: string, isValid: boolean): void;
}

export interface SchemaSources {
  readonly threadUsage?: () => ThreadUsage;
  /** The counts as they were last taken; undefined before that. */
  readonly holdings?: () => Holdings | undefined;
}

/** What becomes of the schemas that clients send, and how many there are. */
export function openSchemaMetrics(
  { threadUsage = () => ({ busy: 0, idle: 0, waiting: 0 }), holdings = () => undefined }: SchemaSources,
  registers: MetricRegistry[],
): SchemaMetrics {
  const registrations = new Counter({
    name: `${prefix}registrations_total`,
    help: 'Schemas that clients asked to register',
    labelNames: ['outcome'],
    registers,
  });
  const checks = new Counter({
    name: `${prefix}compatibility_checks_total`,
    help: 'Compatibility checks, those of registrations too',
    labelNames: ['result'],
    registers,
  });
  const validations = new Counter({
    name: `${prefix}validations_total`,
    help: 'Schemas of clients that were looked at for faults: those to be registered, and those to be checked',
    labelNames: ['type', 'result'],
    registers,
  });
  new Gauge({
    name: `${prefix}schema_threads`,
    help: 'Threads for schemas that are large or intricate',
    labelNames: ['state'],
    registers,
    collect() {
      const { busy, idle } = threadUsage();
      this.set({ state: 'busy' }, busy);
      this.set({ state: 'idle' }, idle);
    },
  });
  new Gauge({
    name: `${prefix}schema_jobs_waiting`,
    help: 'Schemas that wait for a thread',
    registers,
    collect() {
      this.set(threadUsage().waiting);
    },
  });
  // Every replica and every worker counts the same rows: the largest is the newest, not their sum.
  const holdingGauges: readonly [
    string,
    string,
    readonly string[],
    (holdings: Holdings) => readonly HeldValue[],
  ][] = [
    [
      'subjects',
      'Subjects; deleted ones have soft-deleted versions only',
      ['state'],
      ({ subjects }) => byState(subjects),
    ],
    [
      'schemas',
      'Schemas by type, each counted once however many versions hold it',
      ['type'],
      ({ types }) => types.map(({ type, schemas }) => [{ type }, schemas]),
    ],
    [
      'versions',
      'Versions of subjects, by the type of their schema; deleted ones are soft-deleted',
      ['type', 'state'],
      ({ types }) => types.flatMap(({ type, versions }) => byState(versions, { type })),
    ],
  ];
  for (const [name, help, labelNames, read] of holdingGauges) {
    new Gauge({
      name: prefix + name,
      help,
      aggregator: 'max',
      labelNames,
      registers,
      collect() {
        const counted = holdings();
        // The type of which the last schema is gone must not stay.
        this.reset();
        for (const [labels, value] of counted ? read(counted) : []) this.set(labels, value);
      },
    });
  }

  return {
    registration: (outcome) => registrations.inc({ outcome }),
    compatibilityCheck: (isCompatible) =>
      checks.inc({ result: isCompatible ? 'compatible' : 'incompatible' }),
    validation: (type, isValid) => validations.inc({ type, result: isValid ? 'valid' : 'invalid' }),
  };
}

type HeldValue = readonly [Readonly<Record<string, string>>, number];

function byState(
  { live, deleted }: { readonly live: number; readonly deleted: number },
  labels: Readonly<Record<string, string>> = {},
): readonly HeldValue[] {
  return [
    [{ ...labels, state: 'live' }, live],
    [{ ...labels, state: 'deleted' }, deleted],
  ];
}
