/** Rules that clients carry out on what they write and read (Confluent's rule). The server keeps them. */
export interface RuleSet {
  readonly migrationRules?: readonly Rule[];
  readonly domainRules?: readonly Rule[];
  readonly encodingRules?: readonly Rule[];
  readonly enableAt?: string;
}

export interface Rule {
  readonly name: string;
  readonly doc?: string;
  readonly kind: RuleKind;
  readonly mode: RuleMode;
  /** Which engine of the client: CEL, CEL_FIELD, JSONATA, ENCRYPT, … */
  readonly type: string;
  readonly tags?: readonly string[];
  readonly params?: Readonly<Record<string, string>>;
  readonly expr?: string;
  readonly onSuccess?: string;
  readonly onFailure?: string;
  readonly disabled: boolean;
}

/** Clients that carry such a rule out ask a DEK registry for their keys. */
const encryptingTypes: ReadonlySet<string> = new Set(['ENCRYPT', 'ENCRYPT_PAYLOAD']);

/** Names of the rules that encrypt and are not disabled. */
export function encryptingRules(ruleSet: RuleSet | undefined): readonly string[] {
  return ruleListNames.flatMap((list) =>
    (ruleSet?.[list] ?? [])
      .filter(({ type, disabled }) => encryptingTypes.has(type) && !disabled)
      .map(({ name }) => name),
  );
}

export const ruleKinds = ['TRANSFORM', 'CONDITION'] as const;
export type RuleKind = (typeof ruleKinds)[number];

export const ruleModes = ['UPGRADE', 'DOWNGRADE', 'UPDOWN', 'WRITE', 'READ', 'WRITEREAD'] as const;
export type RuleMode = (typeof ruleModes)[number];

/** The lists of a rule set, and the modes that each takes. */
export const ruleLists = {
  migrationRules: ['UPGRADE', 'DOWNGRADE', 'UPDOWN'],
  domainRules: ['WRITE', 'READ', 'WRITEREAD'],
  encodingRules: ['WRITE', 'READ', 'WRITEREAD'],
} as const satisfies Record<string, readonly RuleMode[]>;

export type RuleList = keyof typeof ruleLists;
export const ruleListNames = Object.keys(ruleLists) as readonly RuleList[];

// "none,error": the first for writing or upgrading, the second for the way back.
const pairedModes: readonly RuleMode[] = ['WRITEREAD', 'UPDOWN'];

/** Why clients could not use the rules; undefined when they can. */
export function ruleFault(ruleSet: RuleSet): string | undefined {
  const names = new Set<string>();
  for (const list of ruleListNames) {
    for (const rule of ruleSet[list] ?? []) {
      const fault = faultOf(rule, list, names);
      if (fault !== undefined) return fault;
      names.add(rule.name);
    }
  }
  return undefined;
}

function faultOf(rule: Rule, list: RuleList, names: ReadonlySet<string>): string | undefined {
  const { name, mode, onSuccess, onFailure } = rule;
  const allowed: readonly RuleMode[] = ruleLists[list];
  if (name === '') return `a rule in ${list} has no name`;
  if (!/^[\p{L}_][\p{L}\p{Nd}_-]*$/u.test(name)) {
    return `the rule name '${name}' must begin with a letter or _ and go on with letters, digits, _ and -`;
  }
  if (names.has(name)) return `found rule with duplicate name '${name}'`;
  if (rule.type === '') return `rule '${name}' has no type`;
  if (!allowed.includes(mode)) return `rule '${name}' is ${mode}; ${list} can only be ${allowed.join(', ')}`;
  if (!pairedModes.includes(mode) && [onSuccess, onFailure].some((action) => action?.includes(','))) {
    return `rule '${name}' is ${mode}: only ${pairedModes.join(' and ')} take two actions in onSuccess and onFailure`;
  }
  return undefined;
}

/** Both; where they name the same rule, the newer. */
export function mergeRuleSets(older: RuleSet | undefined, newer: RuleSet | undefined): RuleSet | undefined {
  if (!older || !newer) return newer ?? older;
  return canonicalRuleSet({
    ...eachList((list) => mergeRules(older[list] ?? [], newer[list] ?? [])),
    enableAt: newer.enableAt ?? older.enableAt,
  });
}

function mergeRules(older: readonly Rule[], newer: readonly Rule[]): readonly Rule[] {
  const replaced = new Set(newer.map(({ name }) => name));
  return [...older.filter(({ name }) => !replaced.has(name)), ...newer];
}

export function withoutRules(ruleSet: RuleSet | undefined, names: readonly string[]): RuleSet | undefined {
  if (!ruleSet) return undefined;
  return canonicalRuleSet({
    ...eachList((list) => (ruleSet[list] ?? []).filter(({ name }) => !names.includes(name))),
    enableAt: ruleSet.enableAt,
  });
}

/** The one form of equal rule sets, empty lists left out; undefined when nothing is left. */
export function canonicalRuleSet(ruleSet: RuleSet): RuleSet | undefined {
  const lists = ruleListNames
    .map((list) => [list, ruleSet[list] ?? []] as const)
    .filter(([, rules]) => rules.length > 0);
  const { enableAt } = ruleSet;
  if (lists.length === 0 && enableAt === undefined) return undefined;
  return { ...Object.fromEntries(lists), ...(enableAt === undefined ? {} : { enableAt }) };
}

export function isSameRuleSet(a: RuleSet | undefined, b: RuleSet | undefined): boolean {
  return JSON.stringify(a) === JSON.stringify(b);
}

function eachList(rulesOf: (list: RuleList) => readonly Rule[]): RuleSet {
  return Object.fromEntries(ruleListNames.map((list) => [list, rulesOf(list)]));
}
