import { expect } from 'chai';
import { RegistryError } from '../../../registry-server/errors.ts';
import { openLog } from '../../../registry-server/log.ts';
import { openMetrics } from '../../../registry-server/metrics/metrics.ts';
import type { Registry } from '../../../registry-server/registry.ts';
import { inTime } from '../../../registry-server/requests/in-time.ts';
import { changeMode } from '../../../registry-server/services/change-mode.ts';
import { openSchemaParser } from '../../../registry-server/services/parse-schema.ts';
import { type Registration, registerSchema } from '../../../registry-server/services/register-schema.ts';
import { sqlStore } from '../../../registry-server/store/sql-store.ts';
import type { Store } from '../../../registry-server/store/store.ts';
import { databases } from '../../../registry-server/store/table.ts';
import { eventually } from '../../build/eventually.ts';
import { idleSources } from '../../build/metrics.ts';

const name = { context: '.', subject: 's' };

describe('a registration whose client waits no longer', () => {
  const bare = sqlStore(databases.embedded());
  let tries = 0;
  const store: Store = {
    ...bare,
    async addVersion(added) {
      tries += 1;
      // As a database does, which is elsewhere.
      await new Promise((resolve) => setImmediate(resolve));
      // The subject moves each time.
      return added.name.subject === 'moving' ? undefined : bare.addVersion(added);
    },
  };
  const parser = openSchemaParser(1_000);
  const registry = {
    store,
    parser,
    log: openLog({ level: 'silent', format: 'json' }),
    metrics: openMetrics(idleSources),
    defaultCompatibility: 'BACKWARD',
    validateNewSchemas: true,
    maxSchemaBytes: 1_000_000,
    maxBodyBytes: 1_000_000,
    credentials: undefined,
  } satisfies Registry;

  before(() => bare.migrate());
  after(async () => {
    await parser.close();
    await bare.close();
  });
  beforeEach(() => {
    tries = 0;
  });

  const registration = (subject: string, signal: AbortSignal): Registration => ({
    name: { context: '.', subject },
    sent: { schemaType: 'AVRO', schema: '"int"', references: [] },
    version: 0,
    id: undefined,
    normalize: false,
    force: false,
    signal,
  });

  it('is not tried again', async () => {
    let ended = false;
    const late = await inTime(
      (signal) =>
        registerSchema(registry, registration('moving', signal)).finally(() => {
          ended = true;
        }),
      300,
      () => new RegistryError('STORE_TIMEOUT'),
      (error) => expect.fail(String(error)),
    ).catch((error: RegistryError) => error.kind);
    expect(late).to.equal('STORE_TIMEOUT');
    await eventually(() => expect(ended).to.equal(true));
    expect(tries).to.be.greaterThan(1);
  });

  it('writes nothing that it has not begun to write', async () => {
    const giving = new AbortController();
    const reason = new RegistryError('STORE_TIMEOUT');
    // Its time ends while it parses.
    const waits = new Proxy(parser, {
      get(target, property, receiver) {
        if (property === 'parse') giving.abort(reason);
        return Reflect.get(target, property, receiver);
      },
    });
    const failure = await registerSchema(
      { ...registry, parser: waits },
      registration('s', giving.signal),
    ).catch((error: unknown) => error);
    expect(failure).to.equal(reason);
    expect(tries).to.equal(0);
    expect((await bare.readSubject(name, 'now')).versions).to.deep.equal([]);
  });

  it('says to whoever asks what became of it later', async () => {
    const heard: unknown[] = [];
    const lost = new Error('the connection broke');
    const gate = Promise.withResolvers<never>();
    const answered = await inTime(
      () => gate.promise,
      10,
      () => new RegistryError('STORE_TIMEOUT'),
      (error) => heard.push(error),
    ).catch((error: RegistryError) => error.kind);
    gate.reject(lost);
    await eventually(() => expect(heard).to.deep.equal([lost]));
    expect(answered).to.equal('STORE_TIMEOUT');
  });

  it('removes no further subject for a mode that nobody waits for', async () => {
    for (const subject of ['one', 'two', 'three']) {
      const at = { context: '.old', subject };
      const judgedAgainst = await bare.readSubject(at, 'now');
      const content = { schemaType: 'AVRO', schema: '"int"', references: [] };
      await bare.addVersion({ name: at, judgedAgainst, content, targets: [] });
      await bare.removeVersions(at, () => ({ versions: [1], isPermanent: false }));
    }
    const giving = new AbortController();
    const failing: Store = {
      ...bare,
      async removeVersions(...given) {
        await bare.removeVersions(...given);
        giving.abort(new RegistryError('STORE_TIMEOUT'));
      },
    };
    const at = { context: '.old', subject: '' };
    const failure = await changeMode(failing, at, 'IMPORT', false, giving.signal).catch(
      (error: unknown) => error,
    );
    expect(failure).to.equal(giving.signal.reason);
    const filter = { context: '.old', prefix: '', show: 'all' } as const;
    expect(await bare.listSubjects(filter, { offset: 0, limit: 9 })).to.have.length(2);
  });
});
