import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { expect } from 'chai';
import { makeCertificate, type TestCertificate } from '../build/certificate.ts';
import { runProcess } from '../build/command.ts';
import { type Block, blocksOf, read, root } from '../build/pages.ts';
import { findOnPath } from '../build/process.ts';
import { findPython } from '../build/python.ts';
import { startServer, type TestServer } from '../build/server.ts';

const key = 'w'.repeat(32);

interface Toolchain {
  /** What has to be on the PATH. */
  readonly needs: readonly string[];
  /** Where the program is written. */
  readonly file: string;
  /** What runs it, for a shell in its folder. */
  readonly line: (page: string) => string;
  /** What else has to be there. @returns why it cannot be had */
  readonly prepare?: (folder: string) => Promise<string | undefined>;
  /** What the reader has and we have under another name. */
  readonly change?: (program: string) => string;
}

const blockOf = (page: string, language: string): string => {
  const found = blocksOf(page).find((block) => block.language === language);
  if (found === undefined) throw new Error(`${page} has no block of ${language}`);
  return found.text;
};

const toolchains: Readonly<Record<string, Toolchain>> = {
  python: {
    needs: ['python3'],
    file: 'program.py',
    line: () => './python -W ignore program.py',
    async prepare(folder) {
      const found = await findPython('client');
      if ('reason' in found) return found.reason;
      writeFileSync(join(folder, 'python'), `#!/bin/sh\nexec '${found.python}' "$@"\n`, { mode: 0o755 });
      return undefined;
    },
  },
  js: {
    needs: [],
    file: 'program.mjs',
    line: () => `'${process.execPath}' program.mjs`,
    async prepare(folder) {
      symlinkSync(join(root, 'node_modules'), join(folder, 'node_modules'));
      return undefined;
    },
  },
  go: {
    needs: ['go'],
    file: 'main.go',
    line: (page) => {
      const packages = /^go get (.+)$/m.exec(read(page))?.[1];
      return `go mod init example && go get ${packages} && go run -p 1 .`;
    },
  },
  rust: {
    needs: ['cargo'],
    file: 'src/main.rs',
    line: () => 'cargo run --quiet -j 1',
    async prepare(folder) {
      writeFileSync(join(folder, 'Cargo.toml'), blockOf('docs/clients/rust.md', 'toml'));
      return undefined;
    },
  },
  java: {
    needs: ['mvn', 'java'],
    file: 'src/main/java/Example.java',
    line: () => 'mvn -q -B compile org.codehaus.mojo:exec-maven-plugin:3.5.0:java -Dexec.mainClass=Example',
    async prepare(folder) {
      writeFileSync(join(folder, 'pom.xml'), blockOf('docs/clients/flink.md', 'xml'));
      return undefined;
    },
    // Confluent's client comes from a repository of its own; Flink's jar, on Maven Central, has it under this name.
    change: (program) =>
      program.replaceAll('io.confluent.', 'org.apache.flink.avro.registry.confluent.shaded.io.confluent.'),
  },
};

const names = ['python', 'node', 'go', 'rust', 'java', 'flink'] as const;

/** Not part of `npm test`: packages are fetched and compiled. */
describe('the page of', function () {
  this.timeout(30 * 60_000);
  let certificate: TestCertificate;
  let folder: string;
  let server: TestServer;

  before(async () => {
    folder = mkdtempSync(join(tmpdir(), 'registry-pages-'));
    certificate = makeCertificate('IP:127.0.0.1,DNS:localhost');
    writeFileSync(join(folder, 'keys.yaml'), `- { name: writer, role: writer, key: ${key} }\n`);
    server = await startServer({
      AUTH_KEYS_FILE: join(folder, 'keys.yaml'),
      TLS_CERT_FILE: certificate.certPath,
      TLS_KEY_FILE: certificate.keyPath,
    });
    await server.ready;
  });
  after(async () => {
    await server?.stop();
    certificate?.remove();
    rmSync(folder, { recursive: true, force: true });
  });

  async function answerOf({ page, language, text }: Block, tools: Toolchain): Promise<string | undefined> {
    const work = mkdtempSync(join(folder, `${language}-`));
    mkdirSync(dirname(join(work, tools.file)), { recursive: true });
    writeFileSync(join(work, tools.file), tools.change?.(text) ?? text);
    const missing = tools.needs.filter((tool) => findOnPath(tool) === undefined);
    const reason = missing.length > 0 ? `no ${missing.join(', ')} on PATH` : await tools.prepare?.(work);
    if (reason !== undefined) {
      process.stderr.write(`    skipped: ${reason}\n`);
      return undefined;
    }
    const { code, out, err } = await runProcess('sh', ['-c', tools.line(page)], {
      folder: work,
      env: {
        ...process.env,
        SCHEMA_REGISTRY_URL: server.url,
        SCHEMA_REGISTRY_API_KEY: key,
        SCHEMA_REGISTRY_SSL_CA_LOCATION: certificate.caPath,
      },
    });
    expect(code, err + out).to.equal(0);
    // Maven colours even silence.
    // biome-ignore lint/suspicious/noControlCharactersInRegex: that is what a colour begins with
    return out.replace(/\u001b\[[0-9;]*m/g, '').trim();
  }

  for (const name of names) {
    const blocks = blocksOf(`docs/clients/${name}.md`);
    const programs = blocks.filter(({ language }) => language in toolchains);
    if (programs.length === 0) throw new Error(`docs/clients/${name}.md has no program`);
    for (const program of programs) {
      it(`${name} has a program that does what it says, from line ${program.line} on`, async function () {
        const said = blocks.slice(blocks.indexOf(program)).find(({ language }) => language === 'text');
        const answer = await answerOf(program, toolchains[program.language] as Toolchain);
        if (answer === undefined) return this.skip();
        expect(answer).to.equal(said?.text);
      });
    }
  }
});
