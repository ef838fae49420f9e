import { execFile } from 'node:child_process';
import { copyFileSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { get } from 'node:https';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { expect } from 'chai';
import { makeCertificate, missingOpenssl, type TestCertificate } from '../../build/certificate.ts';
import { eventually } from '../../build/eventually.ts';
import { openGrpcClient } from '../../build/grpc.ts';
import { startServer, type TestServer } from '../../build/server.ts';

const main = new URL('../../../registry-server/main.ts', import.meta.url).pathname;
const run = promisify(execFile);

/** One request over a connection of its own: its status, and who issued the certificate in force. */
function ask(url: string, caPath: string): Promise<{ status: number | undefined; serial: string }> {
  return new Promise((resolve, reject) => {
    const options = { ca: readFileSync(caPath), agent: false } as const;
    get(`${url}/subjects`, options, (response) => {
      const { serialNumber } = (
        response.socket as unknown as { getPeerCertificate(): { serialNumber: string } }
      ).getPeerCertificate();
      response.resume();
      resolve({ status: response.statusCode, serial: serialNumber });
    }).on('error', reject);
  });
}

describe('a server with a certificate', () => {
  let folder: string;
  let first: TestCertificate;
  let second: TestCertificate;
  let server: TestServer;
  const log: string[] = [];
  const [certFile, keyFile] = ['tls.crt', 'tls.key'];
  const path = (file: string) => join(folder, file);
  const put = ({ certPath, keyPath }: TestCertificate) => {
    copyFileSync(keyPath, path(keyFile));
    copyFileSync(certPath, path(certFile));
  };

  async function askGrpc(caPath?: string): Promise<string> {
    const client = openGrpcClient(server.grpcAddress, caPath);
    const { code } = await client.call('SchemaService/ListSchemaTypes');
    client.close();
    return code;
  }

  before(async function () {
    if (missingOpenssl !== undefined) {
      process.stderr.write(`    skipped: ${missingOpenssl}\n`);
      return this.skip();
    }
    folder = mkdtempSync(join(tmpdir(), 'registry-tls-'));
    [first, second] = [makeCertificate('IP:127.0.0.1'), makeCertificate('IP:127.0.0.1')];
    put(first);
    server = await startServer({ TLS_CERT_FILE: path(certFile), TLS_KEY_FILE: path(keyFile) }, (line) =>
      log.push(line),
    );
    await server.ready;
  });
  after(async () => {
    await server?.stop();
    for (const certificate of [first, second]) certificate?.remove();
    if (folder) rmSync(folder, { recursive: true, force: true });
  });

  it('speaks HTTPS, to those who trust it', async () => {
    expect(server.url).to.match(/^https:/);
    expect((await ask(server.url, first.caPath)).status).to.equal(200);
    const error = await ask(server.url, second.caPath).catch((reason: unknown) => reason);
    expect(error).to.be.instanceOf(Error).with.property('code').that.contains('VERIFY');
  });

  it('speaks gRPC with the same certificate, to those who trust it', async () => {
    expect(await askGrpc(first.caPath)).to.equal('OK');
    expect(await askGrpc(second.caPath)).to.equal('UNAVAILABLE');
    expect(await askGrpc()).to.equal('UNAVAILABLE');
  });

  it('answers nobody in plain HTTP', async () => {
    const error = await fetch(server.url.replace('https:', 'http:')).catch((reason: unknown) => reason);
    expect(error).to.be.instanceOf(Error);
  });

  it('is found healthy by its own health command', async () => {
    const { port } = new URL(server.url);
    const env = { SERVER_PORT: port, TLS_CERT_FILE: path(certFile), TLS_KEY_FILE: path(keyFile) };
    await run(process.execPath, [main, 'health'], { env });
  });

  it('goes on with what it has when the files are no good, and says so', async () => {
    const { serial } = await ask(server.url, first.caPath);
    writeFileSync(path(certFile), 'nonsense');
    await eventually(async () => expect(log.join('')).to.include('cannot be used'), 20_000);
    expect((await ask(server.url, first.caPath)).serial).to.equal(serial);
  });

  it('takes up another certificate without a restart', async () => {
    put(second);
    await eventually(async () => expect((await ask(server.url, second.caPath)).status).to.equal(200), 20_000);
    await eventually(async () => expect(await askGrpc(second.caPath)).to.equal('OK'), 20_000);
  });

  it('does not start without one that can be used: the variables and the cause', async () => {
    const start = (environment: Record<string, string>) =>
      startServer(environment).then(
        () => undefined,
        (error: Error) => error.message,
      );
    expect(await start({ TLS_CERT_FILE: path('none.crt'), TLS_KEY_FILE: path(keyFile) })).to.match(
      /^TLS_CERT_FILE and TLS_KEY_FILE: ".*none.crt" .* cannot be used: ENOENT/,
    );
    expect(await start({ TLS_CERT_FILE: first.certPath, TLS_KEY_FILE: second.keyPath })).to.include(
      'key values mismatch',
    );
    expect(await start({ TLS_CERT_FILE: path(certFile) })).to.equal(
      'TLS_CERT_FILE and TLS_KEY_FILE: set both, or neither',
    );
  });
});
