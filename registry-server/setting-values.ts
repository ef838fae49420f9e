import { availableParallelism } from 'node:os';
import { type CompatibilityLevel, compatibilityLevels } from './compatibility/modes.ts';

export function text(given: string): string {
  return given;
}

/** Nothing, or with a slash at its end and none at its beginning. */
export function prefix(given: string): string {
  const trimmed = given.replace(/^\/+|\/+$/g, '');
  return trimmed === '' ? '' : `${trimmed}/`;
}

export function whole(least: number, most: number) {
  return (given: string): number => {
    const number = /^\d+$/.test(given) ? Number(given) : Number.NaN;
    if (number >= least && number <= most) return number;
    throw new Error(`is not a whole number from ${least} to ${most}`);
  };
}

// 0 lets the system choose one, for tests.
export function port(given: string): number {
  return whole(0, 65_535)(given);
}

export function workerCount(given: string): number {
  if (given === 'auto') return availableParallelism();
  try {
    return whole(1, 256)(given);
  } catch (error) {
    throw new Error('is neither auto nor a whole number from 1 to 256', { cause: error });
  }
}

export function flag(given: string): boolean {
  if (given === 'true' || given === 'false') return given === 'true';
  throw new Error('is neither true nor false');
}

export function oneOf<T extends string>(...allowed: readonly T[]) {
  return (given: string): T => {
    const found = allowed.find((value) => value === given);
    if (found === undefined) throw new Error(`is none of ${allowed.join(', ')}`);
    return found;
  };
}

/** `host:port` with commas between; an IPv6 address is in brackets. */
export function nodes(given: string): readonly { readonly host: string; readonly port: number }[] {
  return given.split(',').map((node) => {
    const [, bracketed, plain, number = ''] =
      /^(?:\[([0-9a-fA-F:.]+)\]|([^\s:/@]+)):(\d{1,5})$/.exec(node.trim()) ?? [];
    const host = bracketed ?? plain;
    if (host === undefined || Number(number) > 65_535)
      throw new Error('is not host:port, or several with commas');
    return { host, port: Number(number) };
  });
}

export function headerName(given: string): string {
  if (/^[\w!#$%&'*+.^`|~-]+$/.test(given) && given.toLowerCase() !== 'authorization') return given;
  throw new Error('is not the name of a header that is free, such as X-API-Key');
}

export function ratio(given: string): number {
  if (/^(0|1|0?\.\d+|1\.0+)$/.test(given)) return Number(given);
  throw new Error('is not a number from 0 to 1, such as 0.01');
}

/** Values are percent-encoded, as OpenTelemetry has it. */
export function attributes(given: string): Readonly<Record<string, string>> {
  const pairs = given.split(',').filter((pair) => pair.trim() !== '');
  return Object.fromEntries(
    pairs.map((pair) => {
      const [, name, value] = /^\s*([^\s=]+)\s*=\s*(.*?)\s*$/.exec(pair) ?? [];
      if (name === undefined || value === undefined)
        throw new Error('is not name=value, with commas between');
      return [name, decodeURIComponent(value)];
    }),
  );
}

export function url(...schemes: readonly string[]) {
  return (given: string): string => {
    const parsed = URL.parse(given);
    if (!parsed || !schemes.includes(parsed.protocol)) {
      throw new Error(
        `is not a URL like ${schemes[0]}//user:password@host:port/…; characters such as @ / # in a password are percent-encoded`,
      );
    }
    return given;
  };
}

export function level(given: string): CompatibilityLevel {
  return oneOf(...compatibilityLevels)(given.toUpperCase());
}
