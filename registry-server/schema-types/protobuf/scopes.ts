import type { ProtoEnum, ProtoField, ProtoMessage, ProtoSymbol, Symbols } from './model.ts';
import { isScalar } from './written.ts';

/**
 * What a name stands for in a scope, from the innermost scope outwards (language guide, Packages and Name Resolution).
 * @param isStrict as protoc: the first part decides on the scope. Otherwise, as the reference, an outer scope is tried
 *   when the rest of the name is not there.
 */
export function resolveName(
  name: string,
  scope: string,
  symbols: Symbols,
  isWanted: (symbol: ProtoSymbol) => boolean,
  isStrict = false,
): ProtoSymbol | undefined {
  if (name.startsWith('.')) return wanted(symbols.get(name.slice(1)));
  const dot = name.indexOf('.');
  const first = dot < 0 ? name : name.slice(0, dot);
  for (let at = scope; ; at = outerScope(at)) {
    const prefix = at === '' ? '' : `${at}.`;
    const found = symbols.get(prefix + first);
    if (found !== undefined) {
      const whole =
        dot < 0 ? wanted(found) : isAggregate(found) ? wanted(symbols.get(prefix + name)) : undefined;
      if (whole !== undefined) return whole;
      if (isStrict && dot >= 0 && isAggregate(found)) return undefined;
    }
    if (at === '') return undefined;
  }

  function wanted(symbol: ProtoSymbol | undefined): ProtoSymbol | undefined {
    return symbol !== undefined && isWanted(symbol) ? symbol : undefined;
  }
}

export const isType = (symbol: ProtoSymbol): symbol is ProtoMessage | ProtoEnum =>
  symbol.kind === 'message' || symbol.kind === 'enum';
export const isMessage = (symbol: ProtoSymbol): symbol is ProtoMessage => symbol.kind === 'message';
export const isExtension = (symbol: ProtoSymbol): symbol is ProtoField => symbol.kind === 'field';

const isAggregate = ({ kind }: ProtoSymbol): boolean =>
  kind === 'package' || kind === 'message' || kind === 'enum';

export const outerScope = (scope: string): string => scope.slice(0, Math.max(0, scope.lastIndexOf('.')));

export const joinName = (scope: string, name: string): string => (scope === '' ? name : `${scope}.${name}`);

/**
 * The shortest name by which a scope reaches a symbol: without the package where it is the scope's own, else in full.
 * So a text and a descriptor, which holds full names only, are printed alike.
 */
export function shortName(
  target: { readonly fullName: string },
  targetPackage: string,
  scope: { readonly name: string; readonly package: string },
  symbols: Symbols,
): string {
  const { fullName } = target;
  const isTarget = (symbol: ProtoSymbol) => symbol === target;
  const isRight = (candidate: string): boolean =>
    !reserved.has(candidate.split('.', 1)[0] as string) &&
    !isScalar(candidate) &&
    resolveName(candidate, scope.name, symbols, isAny, true) === target;
  if (targetPackage === scope.package) {
    const local = targetPackage === '' ? fullName : fullName.slice(targetPackage.length + 1);
    for (let at = local.length; at > 0; ) {
      at = local.lastIndexOf('.', at - 1);
      const candidate = local.slice(at + 1);
      if (isRight(candidate)) return candidate;
    }
  }
  return isRight(fullName) && symbols.has(fullName) && isTarget(symbols.get(fullName) as ProtoSymbol)
    ? fullName
    : `.${fullName}`;
}

const isAny = (symbol: ProtoSymbol): boolean => symbol.kind !== 'package' && symbol.kind !== 'other';

/** Where a field's type is expected, these begin something else. */
const reserved: ReadonlySet<string> = new Set(
  'message enum extend option oneof reserved extensions optional required repeated group map stream export local'.split(
    ' ',
  ),
);
