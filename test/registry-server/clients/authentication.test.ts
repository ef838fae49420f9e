import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import confluent from '@confluentinc/schemaregistry';
import kafkajs from '@kafkajs/confluent-schema-registry';
import { expect } from 'chai';
import { aTokenWithSecret } from '../../build/identity-provider.ts';
import { findPython } from '../../build/python.ts';
import { type RegistryProcess, startRegistryProcess } from '../../build/registry-process.ts';
import { anAvroRecord } from '../../build/schema.ts';

const script = fileURLToPath(new URL('../../clients/authenticated.py', import.meta.url));
const secret = 's'.repeat(48);
const keys = { reader: 'r'.repeat(32), writer: 'w'.repeat(32) };

describe('clients with credentials', function () {
  this.timeout(600_000);
  let folder: string;
  let server: RegistryProcess;
  let issuer: Server;
  let token: string;

  before(async () => {
    // It is not valid for long, and other files may come first.
    token = aTokenWithSecret(secret, { role: 'writer' });
    folder = mkdtempSync(join(tmpdir(), 'registry-clients-'));
    const path = (name: string) => join(folder, name);
    const list = Object.entries(keys).map(([role, key]) => ({ name: role, role, key }));
    writeFileSync(path('keys.yaml'), JSON.stringify(list));
    writeFileSync(path('secret'), secret);
    server = await startRegistryProcess({
      AUTH_KEYS_FILE: path('keys.yaml'),
      JWT_SECRET_FILE: path('secret'),
    });
    issuer = createServer((request, response) => {
      request.resume();
      response.setHeader('Content-Type', 'application/json');
      response.end(JSON.stringify({ access_token: token, token_type: 'Bearer', expires_in: 600 }));
    }).listen(0, '127.0.0.1');
    await once(issuer, 'listening');
  });
  after(async () => {
    await server?.stop();
    issuer?.close();
    rmSync(folder, { recursive: true, force: true });
  });

  describe('@confluentinc/schemaregistry', () => {
    const { SchemaRegistryClient } = confluent;
    type Config = ConstructorParameters<typeof SchemaRegistryClient>[0];
    const register = (credentials: Partial<Config>) =>
      new SchemaRegistryClient({ baseURLs: [server.url], maxRetries: 0, ...credentials })
        .register('confluent', { schemaType: 'AVRO', schema: '"int"' })
        .catch(({ status, errorCode }: { status: number; errorCode: number }) => [status, errorCode]);
    const basic = (key: string): Partial<Config> => ({
      basicAuthCredentials: { credentialsSource: 'USER_INFO', userInfo: `any:${key}` },
    });

    it('sends keys as the password', async () => {
      expect(await register({})).to.deep.equal([401, 401]);
      expect(await register(basic(keys.reader))).to.deep.equal([403, 40301]);
      expect(await register(basic(keys.writer))).to.be.a('number');
    });

    it('sends tokens', async () => {
      const bearerAuthCredentials = {
        credentialsSource: 'STATIC_TOKEN',
        token,
        logicalCluster: 'any',
      } as const;
      expect(await register({ bearerAuthCredentials })).to.be.a('number');
    });
  });

  it('@kafkajs/confluent-schema-registry sends keys as the password', async () => {
    const { SchemaRegistry, SchemaType } = kafkajs;
    const schema = anAvroRecord('Payload', ['a']);
    const register = (
      auth?: { username: string; password: string },
      options: { updateConfig?: boolean } = {},
    ) =>
      new SchemaRegistry({ host: server.url, retry: { retries: 0 }, ...(auth ? { auth } : {}) })
        .register({ type: SchemaType.AVRO, schema }, { subject: 'kafkajs', ...options })
        .then(
          ({ id }) => id,
          ({ status }: { status: number }) => status,
        );
    const auth = { username: 'any', password: keys.writer };
    expect(await register()).to.equal(401);
    // With the first schema of a subject it sends a config unless it is told not to, and that is an admin's to do.
    expect(await register(auth)).to.equal(403);
    expect(await register(auth, { updateConfig: false }))
      .to.be.above(0)
      .and.below(400);
  });

  it('confluent-kafka (Python) sends keys as the password, and tokens', async function () {
    const found = await findPython();
    if ('reason' in found) {
      process.stderr.write(`    skipped, no Python client: ${found.reason}\n`);
      return this.skip();
    }
    const { port } = issuer.address() as AddressInfo;
    const child = spawn(found.python, ['-W', 'ignore', script, server.url, `http://127.0.0.1:${port}/token`]);
    child.stdin.end(JSON.stringify({ ...keys, token }));
    const [output, errors] = await Promise.all([child.stdout.toArray(), child.stderr.toArray()]);
    expect(output.join(''), errors.join('')).not.to.equal('');
    const { writer, ...seen } = JSON.parse(output.join(''));
    expect(writer).to.be.a('number');
    expect(seen).to.deep.equal({
      none: [401, 401],
      unknown: [401, 401],
      reader: [403, 40301],
      token: writer,
      fetched: writer,
    });
  });
});
