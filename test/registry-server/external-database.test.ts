import { expect } from 'chai';
import { makeCertificate, missingOpenssl, type TestCertificate } from '../build/certificate.ts';
import { eventually } from '../build/eventually.ts';
import { missingPostgres, startPostgres, type TestPostgres } from '../build/postgres.ts';
import { anAvroRecord } from '../build/schema.ts';
import { startServer, type TestServer } from '../build/server.ts';

const missing = missingPostgres ?? missingOpenssl;

/** What a password may hold, and a URL, a shell or a decoder would stumble over. */
const password = 'a b@c/d:e#f?g%41&h=i+j\\k"l\'m$n`o{}[]|<>ü€';
const sqlText = (text: string) => `'${text.replaceAll("'", "''")}'`;

describe(`a PostgreSQL in parts, with a password and TLS${missing ? `: ${missing}` : ''}`, () => {
  let postgres: TestPostgres;
  let own: TestCertificate;
  let other: TestCertificate;
  let server: TestServer | undefined;

  before(async function () {
    if (missing) this.skip();
    own = makeCertificate('DNS:localhost');
    other = makeCertificate('DNS:elsewhere.example');
    postgres = await startPostgres({
      rules: ['hostssl all app 127.0.0.1/32 scram-sha-256', 'host all open 127.0.0.1/32 scram-sha-256'].join(
        '\n',
      ),
      certificate: own,
    });
    for (const user of ['app', 'open'])
      await postgres.run(`create role ${user} login password ${sqlText(password)}`);
    await postgres.run('create database "team a/b?c#d" owner app');
  });
  afterEach(async () => {
    await server?.stop();
    server = undefined;
  });
  after(async () => {
    await postgres?.stop();
    own?.remove();
    other?.remove();
  });

  const start = async (environment: Readonly<Record<string, string>> = {}) => {
    server = await startServer({
      DATABASE_HOST: 'localhost',
      DATABASE_PORT: new URL(postgres.url).port,
      DATABASE_NAME: 'team a/b?c#d',
      DATABASE_USER: 'app',
      DATABASE_PASSWORD: password,
      DATABASE_TLS: 'verify-full',
      DATABASE_CA_FILE: own.caPath,
      ...environment,
    });
    return server;
  };

  for (const [title, environment] of [
    ['verify-full', {}],
    ['verify-ca, under another name', { DATABASE_TLS: 'verify-ca', DATABASE_HOST: '127.0.0.1' }],
    ['require, of whoever is there', { DATABASE_TLS: 'require', DATABASE_CA_FILE: '' }],
  ] as const) {
    it(`is used: ${title}`, async () => {
      const { ready, ask } = await start(environment);
      await ready;
      const reply = await ask('POST', '/subjects/orders/versions', { schema: anAvroRecord('Order', ['id']) });
      expect(reply.status).to.equal(200);
    });
  }

  const refused: readonly {
    title: string;
    environment: Record<string, string>;
    reason: string;
    cause: RegExp;
  }[] = [
    {
      title: 'a wrong password',
      environment: { DATABASE_PASSWORD: 'wrong' },
      reason: 'CredentialsRefused',
      cause: /^the database refuses the user name or password$/,
    },
    {
      title: 'an unknown user',
      environment: { DATABASE_USER: 'nobody' },
      reason: 'CredentialsRefused',
      cause: /^the database refuses this user from this address$/,
    },
    {
      title: 'an unknown database',
      environment: { DATABASE_NAME: 'nowhere' },
      reason: 'DatabaseUnknown',
      cause: /^the database of that name does not exist$/,
    },
    {
      title: 'an unknown host',
      environment: { DATABASE_HOST: 'no-such-host.invalid' },
      reason: 'HostUnknown',
      cause: /host name (is not known|cannot be looked up)$/,
    },
    {
      title: 'no TLS where it is asked for',
      environment: { DATABASE_TLS: 'disable' },
      reason: 'TlsFailed',
      cause: /^the database takes no connection of this user without TLS$/,
    },
    {
      title: 'an authority that is not trusted',
      environment: { DATABASE_CA_FILE: 'other' },
      reason: 'TlsFailed',
      cause: /its certificate is not from an authority that is trusted$/,
    },
    {
      title: 'a certificate for another host',
      environment: { DATABASE_HOST: '127.0.0.1' },
      reason: 'TlsFailed',
      cause: /its certificate is for another host name$/,
    },
  ];
  for (const { title, environment, reason, cause } of refused) {
    it(`is out, with its cause: ${title}`, async () => {
      const file: TestCertificate = environment.DATABASE_CA_FILE === 'other' ? other : own;
      const { getReadiness } = await start({ ...environment, DATABASE_CA_FILE: file.caPath });
      await eventually(async () => {
        const { status, body } = await getReadiness();
        expect(status).to.equal(503);
        expect(body.checks.database).to.include({ status: 'down', reason });
        expect(body.cause).to.match(cause);
        expect(JSON.stringify(body)).not.to.include('a b@c');
      });
    });
  }

  it('goes on with the connections it has once the password is another, whatever the number of requests', async () => {
    const { ready, ask, getReadiness } = await start({ DATABASE_MIN_CONNECTIONS: '2' });
    await ready;
    await ask('POST', '/subjects/rotated/versions', { schema: anAvroRecord('Rotated', ['id']) });
    await postgres.run(`alter role app password 'another'`);
    try {
      const replies = await Promise.all(
        Array.from({ length: 40 }, (_, i) =>
          ask('POST', `/subjects/rotated-${i}/versions`, { schema: anAvroRecord('Rotated', [`f${i}`]) }),
        ),
      );
      expect(new Set(replies.map(({ status }) => status))).to.deep.equal(new Set([200]));
      await eventually(async () => expect((await getReadiness()).status).to.equal(200));
    } finally {
      await postgres.run(`alter role app password ${sqlText(password)}`);
    }
  });

  it('says which file holds no certificate, before it starts', async () => {
    await start({ DATABASE_CA_FILE: own.keyPath }).then(
      () => expect.fail('it started'),
      (error: Error) =>
        expect(error.message).to.match(/^DATABASE_CA_FILE: ".*" cannot be used: holds no certificate/),
    );
  });
});
