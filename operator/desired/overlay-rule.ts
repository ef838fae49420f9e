import type { Observed } from '../observed.ts';
import type { Registry } from '../registry.ts';
import { BadSpec } from '../spec.ts';

export type Fields = Readonly<Record<string, unknown>>;

export interface Context {
  readonly registry: Registry;
  readonly observed: Pick<Observed, 'namedSecrets' | 'serviceAccount'>;
  /** The names of the operator's own volumes; `newVolumes` has those that the overlay brings. */
  readonly ownVolumes: ReadonlySet<string>;
  readonly newVolumes: ReadonlySet<string>;
}

/** Throws BadSpec where a value is more than an overlay may have. */
export type Rule = (value: unknown, field: string, context: Context) => void;

/** Why a field is nobody's to set, and what would be right. */
export interface No {
  readonly because: string;
  readonly instead?: string;
}

export type Rules = Readonly<Record<string, Rule | No>>;

export function refuse(field: string, value: unknown, because: string, instead = 'leave it out'): never {
  const text = JSON.stringify(value) ?? '';
  const shown = text.length > 100 ? `${text.slice(0, 100)}…` : text;
  throw new BadSpec(`${field}: ${shown} is not allowed, because ${because}; ${instead}${seeAlso}`);
}

/** Refuses a field without its value, which may be a password. */
export function refuseUnseen(field: string, because: string, instead = 'leave it out'): never {
  throw new BadSpec(`${field} is not allowed, because ${because}; ${instead}${seeAlso}`);
}

const seeAlso = ' (PODTEMPLATE_POLICY of the operator is Restricted)';

export const anything: Rule = () => undefined;

export function isFields(value: unknown): value is Fields {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

export function only(rules: Rules): Rule {
  return (value, field, context) => {
    if (!isFields(value)) refuse(field, value, 'it is no object with fields', 'write one');
    for (const [key, inner] of Object.entries(value)) {
      const rule = Object.hasOwn(rules, key) ? rules[key] : undefined;
      const path = `${field}.${key.slice(0, 100)}`;
      if (rule === undefined) refuse(path, inner, 'it is not among the fields that an overlay may set');
      if (typeof rule === 'function') rule(inner, path, context);
      else refuse(path, inner, rule.because, rule.instead);
    }
  };
}

/** Items are shown by their name where they have one. */
export function listOf(rule: (item: Fields) => Rule): Rule {
  return (value, field, context) => {
    if (!Array.isArray(value)) refuse(field, value, 'it is no list', 'write a list');
    const seen = new Set<unknown>();
    for (const [index, item] of value.entries()) {
      const { name, mountPath } = (item ?? {}) as Fields;
      const key = mountPath ?? name;
      const place = `${field}[${typeof key === 'string' ? key.slice(0, 100) : index}]`;
      if (!isFields(item)) refuse(place, item, 'it is no object with fields', 'write one');
      if (key !== undefined && seen.has(key)) refuse(place, key, 'it stands there twice', 'write it once');
      seen.add(key);
      rule(item)(item, place, context);
    }
  };
}

export function oneOf(...allowed: readonly unknown[]): (because: string) => Rule {
  return (because) => (value, field) => {
    if (allowed.includes(value)) return;
    const words = allowed.map((each) => JSON.stringify(each)).join(' or ');
    refuse(field, value, because, `write ${words}, or leave it out`);
  };
}

export const theNode = "it is the node's, and not the pod's";
