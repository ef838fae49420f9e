/**
 * Numbers as Java spells them. The reference stores schemas as its libraries print them, and a guid is a digest of that
 * text.
 */

/** How a number that is written in JSON is spelled, as JSON: text that is no number in JSON comes in quotes. */
export type Spelling = (number: string) => string;

export const asWritten: Spelling = (number) => number;

const whole = /^-?\d+$/;

/** As the decimals of `java.math.BigDecimal.toString`; whole numbers keep their digits. */
export function asDecimal(number: string): string {
  if (whole.test(number)) return wholeText(number);
  const [, sign = '', before = '', after = '', power = '0'] =
    /^(-?)(\d+)(?:\.(\d+))?(?:[eE]([+-]?\d+))?$/.exec(number) ?? [];
  const digits = (before + after).replace(/^0+(?=\d)/, '');
  // The value is the digits, divided by ten to the power of the scale.
  const scale = after.length - Number(power);
  const exponent = digits.length - 1 - scale;
  // There is no negative zero.
  const minus = digits === '0' || /^0+$/.test(digits) ? '' : sign;
  if (scale < 0 || exponent < -6) {
    const fraction = digits.length > 1 ? `.${digits.slice(1)}` : '';
    return `${minus}${digits[0]}${fraction}E${exponent < 0 ? '' : '+'}${exponent}`;
  }
  if (scale === 0) return minus + digits;
  const padded = digits.padStart(scale + 1, '0');
  return `${minus}${padded.slice(0, -scale)}.${padded.slice(-scale)}`;
}

/** As `Double.toString`; whole numbers keep their digits, and what is beyond a double becomes a text. */
export function asDouble(number: string): string {
  if (whole.test(number)) return wholeText(number);
  const value = Number(number);
  return Number.isFinite(value) ? fractionText(value, 'double') : JSON.stringify(String(value));
}

const wholeText = (number: string): string => (number === '-0' ? '0' : number);

/** As Double.toString and Float.toString: with a fraction always, and an exponent outside of 10^-3 to 10^7. */
export function fractionText(value: number, type: 'float' | 'double'): string {
  const digits = shortest(value, type);
  if (!Number.isFinite(value)) return digits;
  if (Object.is(value, -0)) return '-0.0';
  const size = Math.abs(value);
  if (size !== 0 && (size < 1e-3 || size >= 1e7)) {
    const [mantissa = '', exponent = ''] = Number(digits).toExponential().split('e');
    return `${mantissa.includes('.') ? mantissa : `${mantissa}.0`}E${exponent.replace('+', '')}`;
  }
  return digits.includes('.') ? digits : `${digits}.0`;
}

/** The fewest digits that are read as the same number again. */
function shortest(value: number, type: 'float' | 'double'): string {
  if (type === 'double') return String(value);
  const float = Math.fround(value);
  for (let digits = 1; digits < 9; digits++) {
    const text = float.toPrecision(digits);
    if (Math.fround(Number(text)) === float) return String(Number(text));
  }
  return String(float);
}
