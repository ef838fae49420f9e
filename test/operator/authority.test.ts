import { X509Certificate } from 'node:crypto';
import { once } from 'node:events';
import { connect, createServer } from 'node:tls';
import { expect } from 'chai';
import { renew } from '../../operator/authority.ts';
import { bundleOf } from '../../operator/desired/certificates.ts';
import type { Certificates } from '../../operator/observed.ts';

const dayMs = 86_400_000;
const wanted = { registry: 'sample', leaves: { server: ['sample.team-a.svc', 'localhost', '127.0.0.1'] } };

/** Whether somebody who trusts `ca` takes the server for that name. */
async function handshake({ leaves }: Certificates, ca: string, servername = 'localhost'): Promise<string> {
  const server = createServer(leaves.server ?? { cert: '', key: '' }, (socket) => socket.end());
  server.on('tlsClientError', () => {});
  await once(server.listen(0, '127.0.0.1'), 'listening');
  const { port } = server.address() as { port: number };
  try {
    const socket = connect({ port, host: '127.0.0.1', ca, servername });
    await once(socket, 'secureConnect');
    socket.destroy();
    return 'trusted';
  } catch (error) {
    return (error as { code: string }).code;
  } finally {
    server.close();
  }
}

describe('the certificates of a registry', () => {
  const startMs = Date.now();
  const atDay = (day: number, found: Partial<Certificates>) => renew(wanted, found, startMs + day * dayMs);
  const serial = (cert: string | undefined) => new X509Certificate(cert ?? '').serialNumber;
  let first: Certificates;
  before(async () => {
    first = await renew(wanted, {}, startMs);
  });

  it('are taken by those who trust its authority, for its names alone', async () => {
    const ca = bundleOf(first.authority);
    expect(await handshake(first, ca)).to.equal('trusted');
    expect(await handshake(first, ca, 'elsewhere')).to.equal('ERR_TLS_CERT_ALTNAME_INVALID');
    const other = await renew(wanted, {}, startMs);
    expect(await handshake(first, bundleOf(other.authority))).to.match(/UNABLE_TO_|SELF_SIGNED|SIGNATURE/);
  });

  it('stay as they are while they are good', async () => {
    expect(await atDay(59, first)).to.deep.equal(first);
  });

  it('are followed by others a month before they end, from the same authority', async () => {
    const later = await atDay(61, first);
    expect(later.authority).to.deep.equal(first.authority);
    expect(serial(later.leaves.server?.cert)).not.to.equal(serial(first.leaves.server?.cert));
  });

  it('are made anew for other names, and for a key that is not theirs', async () => {
    const renamed = await renew({ ...wanted, leaves: { server: ['localhost'] } }, first, startMs);
    expect(new X509Certificate(renamed.leaves.server?.cert ?? '').subjectAltName).to.equal('DNS:localhost');
    const server = {
      cert: first.leaves.server?.cert ?? '',
      key: renamed.leaves.server?.key ?? '',
    };
    const mended = await renew(wanted, { ...first, leaves: { server } }, startMs);
    expect(serial(mended.leaves.server?.cert)).not.to.equal(serial(server.cert));
  });

  for (const [title, spoiled] of [
    ['no certificate', { cert: 'nonsense', key: 'nonsense' }],
    ['a certificate without its key', 'of another'],
  ] as const) {
    it(`are made anew when the authority is ${title}`, async () => {
      const other = await renew(wanted, {}, startMs);
      const current =
        spoiled === 'of another'
          ? { cert: first.authority.current.cert, key: other.authority.current.key }
          : spoiled;
      const mended = await renew(wanted, { ...first, authority: { current } }, startMs);
      expect(await handshake(mended, bundleOf(mended.authority))).to.equal('trusted');
    });
  }

  it('have an authority that is followed by the next with overlap: known, then signing, then alone', async () => {
    const endDay = 3 * 365;
    const announced = await atDay(endDay - 179, first);
    expect(announced.authority.current).to.deep.equal(first.authority.current);
    expect(announced.authority.next).not.to.equal(undefined);
    expect(await atDay(endDay - 91, announced))
      .to.have.property('authority')
      .that.deep.equals(announced.authority);

    const taken = await atDay(endDay - 89, announced);
    expect(taken.authority.current).to.deep.equal(announced.authority.next);
    expect(taken.authority.previous).to.equal(first.authority.current.cert);
    // Who has read the bundle at any time since the announcement trusts what is in use now, and before.
    const issuedBy = (certificates: Certificates, { cert }: { cert: string }) =>
      new X509Certificate(certificates.leaves.server?.cert ?? '').verify(new X509Certificate(cert).publicKey);
    expect(issuedBy(taken, taken.authority.current)).to.equal(true);
    expect(bundleOf(announced.authority)).to.include(taken.authority.current.cert);
    expect(bundleOf(taken.authority)).to.include(first.authority.current.cert);

    const alone = await atDay(endDay + 1, taken);
    expect(bundleOf(alone.authority)).to.equal(taken.authority.current.cert);
  });

  it('skip no step when nobody looked for long', async () => {
    const late = await atDay(3 * 365 - 10, first);
    expect(late.authority.current, 'nobody knows the next one yet').to.deep.equal(first.authority.current);
    const next = await atDay(3 * 365 - 9, late);
    expect(next.authority.previous).to.equal(first.authority.current.cert);
    const lost = await atDay(3 * 365 + 10, first);
    expect(serial(lost.authority.current.cert)).not.to.equal(serial(first.authority.current.cert));
  });
});
