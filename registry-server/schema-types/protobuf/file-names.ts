import type { FaultRecord } from './fault-record.ts';
import { featuresOf } from './features.ts';
import type { LinkedFile, Surroundings } from './linked-file.ts';
import {
  emptyMessage,
  type ProtoEnum,
  type ProtoField,
  type ProtoMessage,
  type ProtoSymbol,
} from './model.ts';
import { checkName } from './rules.ts';
import { isType, joinName, outerScope, resolveName } from './scopes.ts';
import { maxNameLength, maxPackageParts, type Where, type WrittenFile } from './written.ts';

/** Every name that a file defines or sees, by its full name. */
export class FileNames {
  readonly own = new Map<string, ProtoSymbol>();
  readonly symbols = new Map<string, ProtoSymbol>();
  /** Paths of imports of which nothing is known. */
  readonly openImports = new Set<string>();
  /** Paths of files that are used without an import. */
  readonly impliedImports = new Set<string>();
  readonly #imports: WrittenFile['imports'];
  readonly #edition: WrittenFile['edition'];
  readonly #surroundings: Surroundings;
  readonly #faults: FaultRecord;
  /** Seen through `import option`: extensions are all that it is for. */
  readonly #optionImports = new Set<ProtoSymbol>();

  constructor({ imports, edition }: WrittenFile, surroundings: Surroundings, faults: FaultRecord) {
    this.#imports = imports;
    this.#edition = edition;
    this.#surroundings = surroundings;
    this.#faults = faults;
  }

  /** Takes in what the imports define, and gives those that are passed on. */
  addImports(): readonly LinkedFile[] {
    const seen = new Set<LinkedFile>();
    const publicImports: LinkedFile[] = [];
    const add = (linked: LinkedFile): void => {
      if (seen.has(linked)) return;
      seen.add(linked);
      for (const [name, symbol] of linked.file.own) this.symbols.set(name, symbol);
      for (const further of linked.publicImports) add(further);
    };
    const paths = new Set<string>();
    for (const { path, kind, where } of this.#imports) {
      if (kind === 'weak' && this.#edition === '2024')
        this.#faults.mind(where, 'edition 2024 has no weak imports');
      if (kind === 'option' && this.#edition !== '2024') {
        this.#faults.mind(where, '"import option" begins with edition 2024');
      }
      if (kind !== 'option' && this.#optionImports.size > 0) {
        this.#faults.mind(where, 'an import comes before those of options');
      }
      if (paths.has(path)) this.#faults.mind(where, `"${path}" is imported twice`);
      paths.add(path);
      const linked = this.#surroundings.imports.get(path);
      if (linked === undefined) {
        this.openImports.add(path);
        this.#faults.mind(where, openImport(path));
        continue;
      }
      if (kind === 'option') for (const symbol of linked.file.own.values()) this.#optionImports.add(symbol);
      add(linked);
      if (kind === 'public') publicImports.push(linked);
    }
    return publicImports;
  }

  addPackage(name: string): void {
    if (name === '') return;
    let full = '';
    const parts = name.split('.');
    if (parts.length > maxPackageParts) {
      throw this.#faults.fail('package', `the package has more than ${maxPackageParts} parts`);
    }
    for (const part of parts) {
      checkName(part, 'package', (words) => this.#faults.fail('package', words));
      full = joinName(full, part);
      if (this.symbols.get(full)?.kind === 'package') this.own.set(full, { kind: 'package' });
      else this.define(full, { kind: 'package' }, 'package');
    }
  }

  define(fullName: string, symbol: ProtoSymbol, where: Where): void {
    if (fullName.length > maxNameLength) {
      throw this.#faults.fail(
        where,
        `the full name "${fullName.slice(0, 60)}…" has more than ${maxNameLength} characters`,
      );
    }
    const isFree = this.#faults.attempt(() => {
      if (!this.own.has(fullName) && !this.symbols.has(fullName)) return;
      throw this.#faults.fail(where, `"${fullName}" is defined twice`);
    });
    if (!isFree) return;
    this.own.set(fullName, symbol);
    this.symbols.set(fullName, symbol);
  }

  declare(name: string, scope: string, symbol: ProtoSymbol, where: Where): void {
    checkName(name, scope, (words) => this.#faults.fail(where, words));
    this.define(joinName(scope, name), symbol, where);
  }

  /** In the file and its imports, else in any file that was given or is known. */
  resolve(
    name: string,
    scope: string,
    isWanted: (symbol: ProtoSymbol) => boolean,
    where: Where,
  ): ProtoSymbol | undefined {
    const found = resolveName(name, scope, this.symbols, isWanted);
    if (found === undefined) return this.#findElsewhere(name, scope, isWanted, where);
    if (resolveName(name, scope, this.symbols, isWanted, true) !== found) {
      this.#faults.mind(
        where,
        `the first part of "${name}" means something nearer by; begin the name with a dot`,
      );
    }
    if (isType(found) && this.own.get(found.fullName) !== found) {
      const { fullName } = found;
      if (isLocal(found))
        this.#faults.mind(where, `the type "${fullName}" is local to the file that defines it`);
      if (this.#optionImports.has(found))
        this.#faults.mind(where, `"import option" does not give the type "${fullName}"`);
    }
    return found;
  }

  #findElsewhere(
    name: string,
    scope: string,
    isWanted: (symbol: ProtoSymbol) => boolean,
    where: Where,
  ): ProtoSymbol | undefined {
    const { symbols, paths } = this.#surroundings.elsewhere();
    const found = resolveName(name, scope, symbols, isWanted);
    const path = found && paths.get(found);
    if (found === undefined || path === undefined) return undefined;
    // The tag API writes Confluent's own options without their import.
    if (!isType(found) && found.kind === 'field' && found.fullName.startsWith('confluent.')) return found;
    this.#faults.mind(where, `"${name}" is defined in "${path}", which is not imported`);
    if (!isType(found)) return found;
    this.impliedImports.add(path);
    // From here on the file sees it, as if it had been imported.
    for (let at = found.fullName; at !== ''; at = outerScope(at)) {
      const symbol = symbols.get(at);
      if (symbol !== undefined && !this.symbols.has(at)) this.symbols.set(at, symbol);
    }
    return found;
  }

  /** The extensions that the file sees, by the message that they extend. */
  extensionsByNumber(): Map<string, Map<number, ProtoField>> {
    const found = new Map<string, Map<number, ProtoField>>();
    for (const symbol of this.symbols.values()) {
      if (symbol.kind !== 'field' || symbol.extendee === undefined) continue;
      const row = found.get(symbol.extendee.fullName) ?? new Map<number, ProtoField>();
      found.set(symbol.extendee.fullName, row.set(symbol.number, symbol));
    }
    return found;
  }

  /** A message that is nowhere: a fault, in whose place stands one that knows its name alone. */
  unknown(name: string, where: Where, words: string): ProtoMessage {
    const [open] = this.openImports;
    this.#faults.note(where, open === undefined ? words : `${words}; ${openImport(open)}`);
    const fullName = name.replace(/^\./, '');
    return { ...emptyMessage, name: fullName, fullName, unknownAs: name };
  }
}

/** Whether only its own file may use a type: it says so itself, or a feature of the file does. */
function isLocal({ visibility, fullName, package: home, home: head }: ProtoMessage | ProtoEnum): boolean {
  if (visibility !== undefined) return visibility === 'local';
  const { default_symbol_visibility: usual } = featuresOf(head);
  const isInside = fullName.slice(home === '' ? 0 : home.length + 1).includes('.');
  return usual === 'LOCAL_ALL' || usual === 'STRICT' || (usual === 'EXPORT_TOP_LEVEL' && isInside);
}

const openImport = (path: string): string =>
  `nothing is known of the import "${path}"; give a reference of that name`;
