import { readdirSync, readFileSync } from 'node:fs';
import { expect } from 'chai';
import { eventually } from '../build/eventually.ts';
import { startRegistryProcess } from '../build/registry-process.ts';

const root = new URL('../../', import.meta.url);
const page = readFileSync(new URL('docs/logging.md', root), 'utf8');

/** The events that a program logs as warnings and errors, wherever its code has the words. */
function eventsOf(folder: string): readonly string[] {
  const files = readdirSync(new URL(folder, root), { recursive: true, encoding: 'utf8' });
  const texts = files
    .filter((file) => file.endsWith('.ts'))
    .map((file) => readFileSync(new URL(`${folder}/${file}`, root), 'utf8'));
  return texts.flatMap((text) =>
    [...text.matchAll(/\blog\??\.(?:warn|error)\(\s*'([^']+)'/g)].map(([, event = '']) => event),
  );
}

describe('docs/logging.md', () => {
  const parts = page.split(/^## /m);
  const partOf = (title: string) => parts.find((part) => part.startsWith(title)) ?? '';

  for (const [folder, title] of [
    ['registry-server', 'What needs a look: the server'],
    ['operator', 'What needs a look: the operator'],
  ] as const) {
    it(`lists each warning and each error of ${folder}, and none that there is not`, () => {
      const listed = [...partOf(title).matchAll(/^\| (?:warn|error) \| `([^`]+)`/gm)].map(
        ([, event]) => event,
      );
      expect(listed.sort()).to.deep.equal([...new Set(eventsOf(folder))].sort());
    });
  }

  it('names each field of the line of a request', async () => {
    const server = await startRegistryProcess({ LOG_LEVEL: 'debug' });
    try {
      await fetch(`${server.url}/subjects`);
      await fetch(`${server.url}/subjects/a/versions`, {
        method: 'POST',
        headers: { 'Content-Type': 'application/json' },
        body: JSON.stringify({ schema: '"int"' }),
      });
      const written = await eventually(async () => {
        const lines = server
          .output()
          .split('\n')
          .filter((line) => line.startsWith('{') && line.endsWith('}'))
          .map((line) => JSON.parse(line) as Readonly<Record<string, unknown>>)
          .filter(({ event, path }) => event === 'request' && String(path).startsWith('/subjects'));
        expect(lines.map(({ method }) => method)).to.include.members(['GET', 'POST']);
        return lines;
      });
      for (const line of written)
        for (const field of Object.keys(line)) expect(page, field).to.include(`\`${field}\``);
    } finally {
      await server.stop();
    }
  });
});
