import { expect } from 'chai';
import { openLog } from '../../registry-server/log.ts';

describe('the log', () => {
  const written = (format: 'json' | 'text', fields: Readonly<Record<string, unknown>>): string => {
    const lines: string[] = [];
    openLog({ level: 'info', format }, (line) => lines.push(line)).info('request', fields);
    return lines.join('');
  };

  const hidden = [
    '\u001b[2J',
    '\u0007',
    '\r\n',
    '\u009b31m',
    '\u007f',
    '\u202e',
    '\u2028',
    '\u200b',
    '\u0000',
    '\u{e0041}',
  ];
  for (const text of hidden) {
    it(`writes nothing that a terminal carries out or hides: ${JSON.stringify(text)}`, () => {
      for (const path of [text, `/subjects/a${text}b`, `a b${text}`]) {
        const line = written('text', { path, nested: { path }, list: [path] });
        expect(line.slice(0, -1)).to.match(/^[^\p{C}\u2028\u2029]+$/u);
        expect(line.endsWith('\n')).to.equal(true);
        expect(JSON.parse(written('json', { path }))).to.include({ path });
      }
    });
  }

  it('shows what is plain as it is', () => {
    expect(written('text', { path: '/subjects/grün-名/versions', status: 200 })).to.match(
      / info {2}request path=\/subjects\/grün-名\/versions status=200\n$/,
    );
  });

  it('cuts what is long, and says how long it was', () => {
    const path = 'x'.repeat(60_000);
    for (const format of ['json', 'text'] as const) {
      const line = written(format, { path, status: 404 });
      expect(line.length).to.be.below(5_000);
      expect(line).to.include('60000 characters').and.include('404');
    }
    expect(written('json', { path: 'x'.repeat(4_096) })).to.include('x'.repeat(4_096));
    expect(() => JSON.parse(written('json', { path: `${'x'.repeat(4_095)}\u{1f600}` }))).not.to.throw();
  });
});
