import type { Tracer } from '../tracing/tracer.ts';
import type { SchemaThreads } from './schema-threads.ts';

/** What a thread does is a step, from its wait for a thread on. */
export function tracedThreads(tracer: Pick<Tracer, 'inStep'>, threads: SchemaThreads): SchemaThreads {
  return {
    run(kind, input) {
      const step = { name: `schema ${kind}`, isRemote: false, fields: { 'schema.job': kind } };
      return tracer.inStep(step, () => threads.run(kind, input));
    },
    usage: () => threads.usage(),
    close: () => threads.close(),
  };
}
