import { checkCompatibility } from '../../registry-server/compatibility/check.ts';
import type { SchemaType } from '../../registry-server/schema-types/schema-type.ts';
import { schemaTypes } from '../../registry-server/schema-types/table.ts';
import { aJsonSchema, anAvroSchema } from './schemas.ts';

/**
 * What reading and comparing one unique schema of 50 fields costs beside `JSON.parse` of its text, in one run:
 * `node test/bench/engines.ts`. The ratio is what to compare between two versions of the code.
 */
const ROUNDS = 40;
const TEXTS = 500;

interface Step {
  readonly title: string;
  readonly run: (text: string) => unknown;
}

function stepsOf(type: SchemaType, base: string): readonly Step[] {
  const existing = [{ version: 1, schema: type.parse(base, []) }];
  return [
    { title: 'JSON.parse', run: (text) => JSON.parse(text) },
    { title: 'parse and canonical', run: (text) => type.parse(text, []).canonical() },
    {
      title: 'parse and compare',
      run: (text) =>
        checkCompatibility(type, { compatibility: 'BACKWARD' }, type.parse(text, []), existing, 'quick'),
    },
  ];
}

/** Microseconds of a call of each step: the best of rounds in which they take turns, for others use the machine too. */
function measure(steps: readonly Step[], texts: readonly string[]): readonly number[] {
  const best = steps.map(() => Number.POSITIVE_INFINITY);
  for (let round = 0; round < ROUNDS; round++) {
    for (const [index, { run }] of steps.entries()) {
      const started = performance.now();
      for (const text of texts) run(text);
      const microseconds = ((performance.now() - started) / texts.length) * 1000;
      best[index] = Math.min(best[index] ?? microseconds, microseconds);
    }
  }
  return best;
}

console.log('| type | step | µs | of JSON.parse |\n| --- | --- | --- | --- |');
for (const [type, make] of [
  [schemaTypes.AVRO, anAvroSchema],
  [schemaTypes.JSON, aJsonSchema],
] as const) {
  const texts = Array.from({ length: TEXTS }, (_, n) => make(`number ${n}`));
  const steps = stepsOf(type, make('base'));
  const measured = measure(steps, texts);
  for (const [index, { title }] of steps.entries()) {
    const [plain = 1, microseconds = 0] = [measured[0], measured[index]];
    console.log(
      `| ${type.name} | ${title} | ${microseconds.toFixed(0)} | ${(microseconds / plain).toFixed(2)} |`,
    );
  }
}
