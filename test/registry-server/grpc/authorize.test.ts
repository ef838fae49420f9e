import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'chai';
import { type Role, roles } from '../../../registry-server/authentication/key-list.ts';
import { services } from '../../../registry-server/grpc/table.ts';
import { type GrpcClient, openGrpcClient } from '../../build/grpc.ts';
import { startServer, type TestServer } from '../../build/server.ts';

const keys: Readonly<Record<Role, string>> = {
  reader: 'reader-key-0123456789abcdef',
  writer: 'writer-key-0123456789abcdef',
  admin: 'admin-key-0123456789abcdef',
};

/** What changes something; the rest is read. */
const needed: Readonly<Record<string, Role>> = {
  'SchemaService/RegisterSchema': 'writer',
  'SubjectService/DeleteSubject': 'admin',
  'SubjectService/DeleteVersion': 'admin',
  'ConfigService/UpdateConfig': 'admin',
  'ConfigService/DeleteConfig': 'admin',
  'ModeService/UpdateMode': 'admin',
  'ModeService/DeleteMode': 'admin',
  'ContextService/DeleteContext': 'admin',
};

describe('the gRPC API of a server with API keys', () => {
  let folder: string;
  let server: TestServer;
  let client: GrpcClient;
  const lines: string[] = [];

  before(async () => {
    folder = mkdtempSync(join(tmpdir(), 'registry-grpc-keys-'));
    const file = join(folder, 'keys.yaml');
    const entries = roles.map((role) => ({ name: `the-${role}`, role, key: keys[role] }));
    writeFileSync(file, JSON.stringify(entries));
    server = await startServer({ AUTH_KEYS_FILE: file }, (line) => lines.push(line));
    await server.ready;
    client = openGrpcClient(server.grpcAddress);
  });
  after(async () => {
    client.close();
    await server.stop();
    rmSync(folder, { recursive: true, force: true });
  });

  const codeOf = async (method: string, headers: Readonly<Record<string, string>>) =>
    (await client.call(method, { subject: 'nobody' }, { headers })).code;

  for (const [service, methods] of Object.entries(services)) {
    for (const name of Object.keys(methods)) {
      const method = `${service}/${name}`;
      const need = needed[method] ?? 'reader';
      it(`${method} lets in whom it should: ${need}`, async () => {
        expect(await codeOf(method, {})).to.equal('UNAUTHENTICATED');
        for (const [at, role] of roles.entries()) {
          const code = await codeOf(method, { 'x-api-key': keys[role] });
          expect(code === 'PERMISSION_DENIED', `${role}: ${code}`).to.equal(at < roles.indexOf(need));
          expect(code).not.to.equal('UNAUTHENTICATED');
        }
      });
    }
  }

  it('says which role is needed, and what credentials are', async () => {
    const headers = { 'x-api-key': keys.reader };
    const denied = await client.call('SubjectService/DeleteSubject', { subject: 'a' }, { headers });
    expect(denied.details).to.equal(
      'User is denied operation SubjectService/DeleteSubject: this needs the role admin',
    );
    expect(denied.trailers.get('error-code')).to.deep.equal(['40301']);
    const anonymous = await client.call('SubjectService/ListSubjects');
    expect(anonymous.details).to.include('an API key in X-API-Key');
    expect(anonymous.trailers.get('error-code')).to.deep.equal(['401']);
  });

  it('takes a key as the password of basic authentication, and no other', async () => {
    const basic = (key: string) => ({
      authorization: `Basic ${Buffer.from(`me:${key}`).toString('base64')}`,
    });
    expect(await codeOf('SubjectService/ListSubjects', basic(keys.reader))).to.equal('OK');
    expect(await codeOf('SubjectService/ListSubjects', basic('another-key-0123456789abcdef'))).to.equal(
      'UNAUTHENTICATED',
    );
  });

  it('logs who called, and no key', async () => {
    const headers = { 'x-api-key': keys.writer, 'x-request-id': 'by-the-writer' };
    const schema = { schema: '"int"' };
    await client.call('SchemaService/RegisterSchema', { subject: 'logged', schema }, { headers });
    const line = lines.find((text) => text.includes('by-the-writer')) ?? '{}';
    expect(JSON.parse(line)).to.include({ principal: 'the-writer', code: 'OK' });
    expect(lines.join('')).not.to.include('-key-0123456789');
  });

  it('lists nothing to whom it does not know', async () => {
    const error = await client.list('SchemaService/ListSchemas').catch((reason: unknown) => reason);
    expect(error).to.be.instanceOf(Error).with.property('message').that.includes('UNAUTHENTICATED');
  });
});
