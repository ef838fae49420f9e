import type { Registry } from '../registry.ts';
import { consentCommand, isAllowedFor } from './consent.ts';
import { type Fields, type Rule, refuse } from './overlay-rule.ts';

/** The Secrets that an overlay names: their labels say whether it may. */
export function overlaySecrets({ podTemplate, policy }: Registry): readonly string[] {
  if (podTemplate?.spec === undefined || policy.podTemplate === 'Unrestricted') return [];
  const found = new Set<string>();
  const walk = (value: unknown, key: string): void => {
    if (Array.isArray(value)) for (const item of value) walk(item, key);
    if (typeof value !== 'object' || value === null || Array.isArray(value)) return;
    const { name, secretName } = value as Fields;
    if (['secretKeyRef', 'secretRef', 'secret'].includes(key))
      for (const text of [name, secretName]) if (isNameOfObject(text)) found.add(text);
    for (const [inner, item] of Object.entries(value)) walk(item, inner);
  };
  walk(podTemplate.spec, '');
  return [...found].slice(0, mostSecrets);
}

/** The most Secrets that are looked at, since each is read and watched by itself. */
const mostSecrets = 32;

/** The ServiceAccount that an overlay names; undefined where it is the registry's own. */
export function overlayServiceAccount({ podTemplate, policy }: Registry): string | undefined {
  const name = (podTemplate?.spec as Fields | undefined)?.serviceAccountName;
  return policy.podTemplate === 'Restricted' && isNameOfObject(name) ? name : undefined;
}

function isNameOfObject(text: unknown): text is string {
  return typeof text === 'string' && /^[a-z0-9]([-a-z0-9.]{0,251}[a-z0-9])?$/.test(text);
}

export const secretRule: Rule = (name, field, { registry, observed }) => {
  if (!isNameOfObject(name)) refuse(field, name, 'it is no name of a Secret', 'write the name of one');
  const secret = observed.namedSecrets.find(({ metadata }) => metadata.name === name);
  if (secret !== undefined && isAllowedFor(secret, registry)) return;
  const because =
    secret === undefined ? 'there is no such Secret' : 'the Secret does not say that it may be used here';
  refuse(field, name, because, `its owner allows it by: ${consentCommand('secret', name, registry)}`);
};

export const serviceAccountRule: Rule = (name, field, { registry, observed }) => {
  const account = observed.serviceAccount;
  if (account !== undefined && account.metadata.name === name && isAllowedFor(account, registry)) return;
  if (!isNameOfObject(name)) refuse(field, name, 'it is no name of a ServiceAccount');
  const because =
    'a pod has all the rights of its ServiceAccount, and this one does not say that it may be used here';
  refuse(field, name, because, `its owner allows it by: ${consentCommand('serviceaccount', name, registry)}`);
};

/** Only the rights of a ServiceAccount whose owner has agreed come with a token. */
export const tokenRule: Rule = (value, field, context) => {
  if (value === false) return;
  const spec = context.registry.podTemplate?.spec as Fields | undefined;
  if (value === true && spec?.serviceAccountName !== undefined) return;
  refuse(
    field,
    value,
    'the server needs no token of the API server',
    'write false, or name a serviceAccountName that is allowed here',
  );
};
