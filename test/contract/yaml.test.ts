import { readdirSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { expect } from 'chai';
import { parseAllDocuments } from 'yaml';
import { run } from '../../hack/cluster/run.ts';
import { findPython } from '../build/python.ts';

const root = fileURLToPath(new URL('../../', import.meta.url));

/** All that somebody may give to a tool of theirs. Templates of the chart are no YAML before Helm has read them. */
const files = ['crds', 'config', 'hack']
  .flatMap((folder) =>
    readdirSync(`${root}${folder}`, { recursive: true, encoding: 'utf8' }).map((file) => `${folder}/${file}`),
  )
  .filter(
    (file) =>
      file.endsWith('.yaml') &&
      !['crds/source/', 'config/chart/templates/'].some((folder) => file.startsWith(folder)),
  );

const program = `
import json, sys, yaml
print(json.dumps([list(yaml.safe_load_all(open(path))) for path in sys.argv[1:]]))
`;

describe('the manifests', () => {
  it('mean the same to PyYAML, as Ansible and Checkov read them, as they do to kubectl', async function () {
    this.timeout(5 * 60_000); // It may have to be installed.
    const found = await findPython('yaml');
    if ('reason' in found) {
      process.stderr.write(`    skipped: ${found.reason}\n`);
      return this.skip();
    }
    expect(files.length).to.be.above(15);
    const said = await run(found.python, ['-c', program, ...files.map((file) => `${root}${file}`)]);
    const theirs = JSON.parse(said) as unknown[];
    for (const [index, file] of files.entries()) {
      const ours = parseAllDocuments(readFileSync(`${root}${file}`, 'utf8')).map((document) =>
        document.toJS(),
      );
      expect(theirs[index], file).to.deep.equal(ours);
    }
  });

  it('have no anchors, which some readers do not follow', () => {
    for (const file of files)
      for (const line of readFileSync(`${root}${file}`, 'utf8').split('\n'))
        expect(line, file).not.to.match(/^[^#'"]*[:-] [&*][A-Za-z]\w*( |$)/);
  });
});
