import type { Overruled } from './apply.ts';
import { type Difference, holderOf, inWords } from './difference.ts';
import { managedByOthers } from './kube/owners.ts';

const mostFields = 3;
const mostCharacters = 80;

/**
 * What others make of one of our objects: which field is another one, and by whom; undefined where there is nothing to
 * tell. Pure. Who it was is known where somebody wrote the object; what admission makes of our own writes has no name to it.
 */
export function overruledInWords({ object, before, found, vain }: Overruled): string | undefined {
  const holders = managedByOthers(before);
  // What was added, and is there after it was taken out, is what the API server puts there by itself.
  const isTold = ({ wanted, path }: Difference) =>
    vain === 'undone' || wanted !== undefined || holderOf(path, holders) === undefined;
  const shown = found.filter(isTold);
  if (shown.length === 0) return undefined;
  const fields = shown.slice(0, mostFields).map((difference) => {
    const holder = holderOf(difference.path, holders) ?? 'an admission webhook';
    return `${fieldInWords(difference, object.kind === 'Secret')}, by ${holder}`;
  });
  const more = shown.length - fields.length;
  return `${object.kind} ${object.metadata.name}: ${fields.join('; ')}${more === 0 ? '' : `; and ${more} more`}`;
}

/** A field and its value, but nothing of a Secret is shown. */
function fieldInWords({ path, wanted, observed }: Difference, isSecret: boolean): string {
  const field = inWords(path);
  if (isSecret) return `${field} is not as it was written`;
  if (observed === undefined) return `${field} is left out`;
  const now = `${field} is ${shown(observed)}`;
  return wanted === undefined ? `${now} and was not written` : `${now} instead of ${shown(wanted)}`;
}

function shown(value: unknown): string {
  const text = JSON.stringify(value);
  return text.length <= mostCharacters ? text : `${text.slice(0, mostCharacters).toWellFormed()}…`;
}
