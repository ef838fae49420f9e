/** Powers of ten, so that none of them needs a fraction: "n" is the least that a quantity can tell. */
const decimalExponents: Readonly<Record<string, number>> = {
  '': 0,
  n: -9,
  u: -6,
  m: -3,
  k: 3,
  K: 3,
  M: 6,
  G: 9,
  T: 12,
  P: 15,
  E: 18,
};
const binaryExponents: Readonly<Record<string, number>> = { Ki: 10, Mi: 20, Gi: 30, Ti: 40, Pi: 50, Ei: 60 };

const nanosInOne = 10n ** 9n;
/** The greatest quantity there is: the API server caps what is more. */
const mostNanos = (2n ** 63n - 1n) * nanosInOne;
/** An exponent far beyond what a quantity can be, so that no text makes a number of megabytes. */
const largestExponent = 100;

/**
 * A Kubernetes quantity as a whole number of billionths, rounded away from zero and capped as the API server does;
 * undefined where it is none.
 */
export function parseNanos(text: string): bigint | undefined {
  const match = /^([+-]?)(\d*)\.?(\d*)(?:[eE]([+-]?\d{1,9}))?([a-zA-Z]*)$/.exec(text);
  if (match === null || text.length > 1_000) return undefined;
  const [, sign = '', whole = '', fraction = '', exponent, suffix = ''] = match;
  if (whole === '' && fraction === '') return undefined;
  if (exponent !== undefined && suffix !== '') return undefined;
  const decimal = decimalExponents[suffix];
  const binary = binaryExponents[suffix];
  if (decimal === undefined && binary === undefined) return undefined;
  const digits = BigInt(whole + fraction);
  const power = Number(exponent ?? 0) + (decimal ?? 0) + 9 - fraction.length;
  const shifted = digits << BigInt(binary ?? 0);
  const nanos = capped(shifted, power);
  return sign === '-' ? -nanos : nanos;
}

function capped(digits: bigint, power: number): bigint {
  if (digits === 0n) return 0n;
  const text = digits.toString();
  if (text.length + power > largestExponent) return mostNanos;
  if (power >= 0) return least(digits * 10n ** BigInt(power), mostNanos);
  // All its digits stand behind the ninth.
  if (-power > text.length + 1) return 1n;
  return least(dividedUp(digits, 10n ** BigInt(-power)), mostNanos);
}

const least = (one: bigint, other: bigint) => (one < other ? one : other);

/** The quotient of two numbers that are not negative, rounded up. */
const dividedUp = (value: bigint, by: bigint) => (value + by - 1n) / by;

/** A Kubernetes quantity as a number: "500m" is 0.5, "1Gi" is 1073741824. NaN where it is none. */
export function parseQuantity(text: string): number {
  const nanos = parseNanos(text);
  if (nanos === undefined) return Number.NaN;
  return nanos % nanosInOne === 0n ? Number(nanos / nanosInOne) : Number(nanos) / Number(nanosInOne);
}

/** Whether the first quantity is greater than the second, told exactly; false where one of them is none. */
export function isAbove(one: string, other: string): boolean {
  const [left, right] = [parseNanos(one), parseNanos(other)];
  return left !== undefined && right !== undefined && left > right;
}

/**
 * Whether two texts are one quantity in two spellings.
 * @param isResource in lists of resources the API server keeps thousandths, and rounds what is finer up
 */
export function isSameQuantity(
  one: unknown,
  other: unknown,
  { isResource }: { isResource: boolean },
): boolean {
  const [left, right] = [one, other].map((value) => {
    const nanos = parseNanos(String(value));
    if (nanos === undefined || !isResource) return nanos;
    const size = dividedUp(nanos < 0n ? -nanos : nanos, 1_000_000n);
    return nanos < 0n ? -size : size;
  });
  return left !== undefined && left === right;
}

const seconds: Readonly<Record<string, number>> = { s: 1, m: 60, h: 3600, d: 86_400 };

/** The seconds of a duration: "1h30m" is 5400. NaN where the text is none. */
export function parseDurationSeconds(text: string): number {
  if (!/^([0-9]+[smhd])+$/.test(text)) return Number.NaN;
  let sum = 0;
  for (const [, amount = '', unit = ''] of text.matchAll(/([0-9]+)([smhd])/g))
    sum += Number(amount) * (seconds[unit] ?? 0);
  return sum;
}
