import type { Step, Tracer } from '../tracing/tracer.ts';
import type { Bucket } from './bucket.ts';
import { type Connection, type Database, operationOf, summaryOf } from './database.ts';
import type { SharedCache } from './redis.ts';

type Trace = Pick<Tracer, 'inStep'>;

/** Makes each statement a step of the trace: its name and what it does, never its values. */
export function tracedDatabase(tracer: Trace, database: Database): Database {
  const isRemote = database.kind === 'postgres';
  return {
    ...database,
    ...tracedConnection(database),
    transaction: (work) =>
      tracer.inStep(stepOf('transaction', 'TRANSACTION'), () =>
        database.transaction((connection) => work(tracedConnection(connection))),
      ),
  };

  function tracedConnection(connection: Connection): Connection {
    return {
      query: (statement, values) =>
        tracer.inStep(stepOf(summaryOf(statement), operationOf(statement)), () =>
          connection.query(statement, values),
        ),
      runScript: (text) => connection.runScript(text),
    };
  }

  function stepOf(name: string, operation: string): Step {
    return {
      name,
      isRemote,
      fields: { 'db.system.name': 'postgresql', 'db.operation.name': operation, 'db.query.summary': name },
    };
  }
}

export function tracedCache(tracer: Trace, cache: SharedCache): SharedCache {
  const fields = { 'db.system.name': 'redis', 'db.operation.name': 'GET' };
  return {
    ...cache,
    // What goes past it takes no time.
    find: (digest) =>
      cache.isUp()
        ? tracer.inStep({ name: 'GET', isRemote: true, fields }, () => cache.find(digest))
        : cache.find(digest),
  };
}

export function tracedBucket(tracer: Trace, bucket: Bucket): Bucket {
  const inStep = <T>(operation: string, work: () => Promise<T>): Promise<T> => {
    const fields = { 'rpc.system': 'aws-api', 'rpc.service': 'S3', 'rpc.method': operation };
    return tracer.inStep({ name: `S3.${operation}`, isRemote: true, fields }, work);
  };
  return {
    ...bucket,
    put: (...given) => inStep('PutObject', () => bucket.put(...given)),
    find: (...given) => inStep('GetObject', () => bucket.find(...given)),
    findBytes: (...given) => inStep('GetObject', () => bucket.findBytes(...given)),
    remove: (...given) => inStep('DeleteObject', () => bucket.remove(...given)),
    list: (...given) => inStep('ListObjectsV2', () => bucket.list(...given)),
  };
}
