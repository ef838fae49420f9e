const factors: Readonly<Record<string, number>> = {
  '': 1,
  n: 1e-9,
  u: 1e-6,
  m: 1e-3,
  k: 1e3,
  K: 1e3,
  M: 1e6,
  G: 1e9,
  T: 1e12,
  P: 1e15,
  E: 1e18,
  Ki: 2 ** 10,
  Mi: 2 ** 20,
  Gi: 2 ** 30,
  Ti: 2 ** 40,
  Pi: 2 ** 50,
  Ei: 2 ** 60,
};

/** A Kubernetes quantity as a number: "500m" is 0.5, "1Gi" is 1073741824. NaN where it is none. */
export function parseQuantity(text: string): number {
  const match = /^([+-]?[0-9.]+)(?:[eE]([+-]?[0-9]+))?([a-zA-Z]*)$/.exec(text);
  if (match === null) return Number.NaN;
  const [, digits = '', exponent = '0', suffix = ''] = match;
  return Number(digits) * 10 ** Number(exponent) * (factors[suffix] ?? Number.NaN);
}

const seconds: Readonly<Record<string, number>> = { s: 1, m: 60, h: 3600, d: 86_400 };

/** "1h30m" is 5400. NaN where it is no such time. */
export function parseDurationSeconds(text: string): number {
  if (!/^([0-9]+[smhd])+$/.test(text)) return Number.NaN;
  let sum = 0;
  for (const [, amount = '', unit = ''] of text.matchAll(/([0-9]+)([smhd])/g))
    sum += Number(amount) * (seconds[unit] ?? 0);
  return sum;
}
