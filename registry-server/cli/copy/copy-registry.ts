import { Problem } from '../problem.ts';
import type { RegistryClient } from '../registry-client.ts';
import type { Terminal } from '../terminal.ts';
import { compareRegistries, isOf } from './compare-registries.ts';
import { planCopy } from './copy-plan.ts';
import type { CopyReport } from './copy-report.ts';
import { readSettings, type Settings, writeConfigs, writeModes } from './copy-settings.ts';
import { deleteVersions, idsGivenBeyond, writeVersions } from './copy-versions.ts';
import { beginImport } from './import-mode.ts';
import { readRegistry } from './read-registry.ts';
import { contextOf, type NotTaken, type RegistryContent, scopeOf } from './registry-content.ts';

export interface CopyOrder {
  readonly source: RegistryClient;
  readonly target: RegistryClient;
  /** Undefined: all. */
  readonly contexts: ReadonlySet<string> | undefined;
  readonly requestsAtOnce: number;
  /** Reads both, and writes nothing. */
  readonly isDryRun: boolean;
  readonly holdInterrupts: () => AbortSignal;
  readonly terminal: Terminal;
}

/**
 * Reads both registries, writes what the target lacks, and holds the two against each other. It keeps no state but what the
 * target tells: begun again, it goes on where it was.
 * @throws Problem where one of them cannot be asked; modes are set back then
 */
export async function copyRegistry(order: CopyOrder): Promise<CopyReport> {
  const { source, target, contexts, requestsAtOnce, terminal } = order;
  const reading = (what: string) => ({ contexts, requestsAtOnce, onProgress: progressOf(terminal, what) });
  terminal.say(`Reading ${source.address}.`);
  const found = await readRegistry(source, reading('subjects read'));
  const settings = await readSettings(source, found, contexts === undefined, reading('settings read'));
  terminal.say(`${found.versions.size} versions are there. Reading ${target.address}.`);
  const before = await readRegistry(target, reading('subjects read'));
  const plan = planCopy(found, before);
  const beyond = await idsGivenBeyond(source, found.versions.values(), contextOf);
  const outcome =
    order.isDryRun || plan.conflicts.length > 0
      ? undefined
      : await write(order, { found, before, settings, plan });
  const notTaken = [...found.unreadable, ...settings.unreadable, ...(outcome?.notTaken ?? [])];
  const comparison = outcome && (await compareAgain(found, target, reading('subjects read'), notTaken));
  return {
    ok: plan.conflicts.length + notTaken.length + (comparison?.differences.length ?? 0) === 0,
    source: source.address,
    target: target.address,
    subjects: new Set([...found.versions.values()].map(({ subject }) => subject)).size,
    versions: {
      source: found.versions.size,
      there: plan.there,
      copied: outcome?.copied ?? 0,
      deleted: outcome?.deleted ?? 0,
    },
    settings: { configs: outcome?.configs ?? 0, modes: outcome?.modes ?? 0 },
    conflicts: plan.conflicts,
    notTaken,
    comparison,
    notes: [
      ...(order.isDryRun && plan.conflicts.length === 0
        ? [`Nothing was written. ${plan.missing.length} versions would be copied.`]
        : []),
      ...(plan.conflicts.length > 0 ? ['Nothing was written: what is in the way has to go first.'] : []),
      ...beyond.map(
        ({ context, highest, given }) =>
          `In the context ${context} the source has given ids up to ${given}, and the highest that is left is ${highest}: those between belonged to schemas that were deleted for good, and the target would give them again.`,
      ),
      ...notedModes(settings, source),
      ...(comparison?.rewritten
        ? [
            `${comparison.rewritten} versions are the same schema written otherwise, as the target writes it; their guids follow from the text.`,
          ]
        : []),
      ...(comparison?.more ? [`The target has ${comparison.more} versions that the source has not.`] : []),
    ],
  };
}

/** The way to freeze a registry while it is copied is the mode of its contexts. */
const notedModes = ({ contextModes }: Settings, source: RegistryClient): string[] =>
  [...contextModes]
    .filter(([scope, mode]) => isAboveSubjects(scope) && mode !== 'READWRITE')
    .map(
      ([scope, mode]) =>
        `The mode ${mode} of ${scope === '' ? 'the default context' : 'all contexts'} of ${source.address} is not copied.`,
    );

const isAboveSubjects = (scope: string): boolean => scope === '' || scope === ':.__GLOBAL:';

interface Found {
  readonly found: RegistryContent;
  readonly before: RegistryContent;
  readonly settings: Settings;
  readonly plan: ReturnType<typeof planCopy>;
}

interface Outcome {
  readonly copied: number;
  readonly deleted: number;
  readonly configs: number;
  readonly modes: number;
  readonly notTaken: readonly NotTaken[];
}

async function write(
  { target, requestsAtOnce, holdInterrupts, terminal }: CopyOrder,
  { before, settings, plan: { missing, toDelete } }: Found,
): Promise<Outcome> {
  const interrupted = holdInterrupts();
  const writing = (what: string) => ({
    requestsAtOnce,
    interrupted,
    onProgress: progressOf(terminal, what),
  });
  terminal.say(`${missing.length} versions are to be copied.`);
  const work = [...missing, ...toDelete];
  const known = new Set([...before.versions.values()].map(({ subject }) => subject));
  const setBack = await beginImport(
    target,
    [...new Set(work.map(({ subject }) => scopeOf(contextOf(subject))))],
    [...new Set(work.map(({ subject }) => subject))].filter((subject) => known.has(subject)),
  );
  let isSetBack = false;
  const finish = async () => {
    if (isSetBack) return;
    isSetBack = true;
    await setBack();
  };
  try {
    const versions = await writeVersions(target, missing, writing('versions copied'));
    const deletions = await deleteVersions(target, toDelete, writing('versions soft-deleted'));
    // An alias leads what is asked of a subject to another, and a mode may refuse it: they come last.
    const configs = await writeConfigs(target, settings.configs, requestsAtOnce);
    interrupted.throwIfAborted();
    await finish();
    const modes = await writeModes(target, ownModes(settings), requestsAtOnce);
    return {
      copied: versions.copied,
      deleted: deletions.copied,
      configs: configs.written,
      modes: modes.written,
      notTaken: [versions, deletions, configs, modes].flatMap(({ notTaken }) => notTaken),
    };
  } catch (error) {
    await finish().catch((cause) => {
      throw new Problem(
        `The modes of ${target.address} could not be set back: contexts are still in IMPORT. Run the command again, or \`registry mode set READWRITE\`. What ended it: ${(error as Error).message}`,
        { cause },
      );
    });
    throw error;
  }
}

/** Of subjects, and of contexts that are one among several. */
const ownModes = ({ modes, contextModes }: Settings): Map<string, string> =>
  new Map([
    ...modes,
    ...[...contextModes].filter(([scope, mode]) => !isAboveSubjects(scope) && mode !== 'IMPORT'),
  ]);

async function compareAgain(
  found: RegistryContent,
  target: RegistryClient,
  reading: Parameters<typeof readRegistry>[1],
  notTaken: readonly NotTaken[],
): Promise<CopyReport['comparison']> {
  const comparison = compareRegistries(found, await readRegistry(target, reading));
  // It is said already, with its reason.
  const differences = comparison.differences.filter(
    (difference) => !notTaken.some((each) => isOf(difference, each)),
  );
  return { ...comparison, differences };
}

const linesOfProgress = 10;
/** Fewer are done before somebody asks. */
const leastForLines = 1_000;

/** On one line that is overwritten where a person looks on, else in ten lines for what takes long. */
function progressOf(terminal: Terminal, what: string): (done: number, total: number) => void {
  let said = 0;
  return (done, total) => {
    terminal.progress(done, total, what);
    const tenth = Math.floor((done / total) * linesOfProgress);
    if (total < leastForLines || tenth <= said) return;
    said = tenth;
    if (!terminal.showsProgress) terminal.say(`${done} of ${total} ${what}.`);
  };
}
