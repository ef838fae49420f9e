import { pick, type Random } from './random.ts';

/** Of at least one, so that no field refuses it for being nothing; below 2^50. */
export function aQuantity(random: Random): string {
  const digits = 1 + random.below(4_000);
  const forms: readonly (() => string)[] = [
    () => String(digits),
    () => `${digits}000m`,
    () => `${digits}.${random.below(10)}`,
    () => `${digits}.`,
    () => `0.${String(digits).padStart(4, '0')}Mi`,
    () => `+${digits}`,
    () => `00${digits}`,
    () => `${digits}${pick(random, ['k', 'M', 'G', 'Ki', 'Mi', 'Gi'])}`,
    () => `${digits}.${random.below(1_000)}${pick(random, ['k', 'M', 'Ki', 'Mi', 'Gi'])}`,
    () => `${digits}${pick(random, ['e', 'E'])}${pick(random, ['0', '3', '+2', '6'])}`,
    () => `${digits}000000e-${pick(random, ['3', '6'])}`,
    () => `${1024 * digits}${pick(random, ['', 'Ki', 'Mi'])}`,
    () => `${digits}000001u`,
    () => `${digits}000000001n`,
    () => `${pick(random, [1, 3, 700, 1500, digits])}m`,
  ];
  return pick(random, forms)();
}

/** What a reference to a resource may be divided by, each in other words. */
export const memoryDivisors = [
  '1',
  '1.0',
  '1000m',
  '1k',
  '1000',
  '1M',
  '1000k',
  '1Ki',
  '1Mi',
  '1024Ki',
  '1Gi',
  '1024Mi',
];
