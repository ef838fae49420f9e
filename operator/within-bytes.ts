/** As much of a text as has room, without a part of a character. */
export function withinBytes(text: string, most: number): string {
  const bytes = Buffer.from(text);
  if (bytes.length <= most) return text.toWellFormed();
  let end = most;
  // A byte that continues a character is none to begin with.
  while (end > 0 && ((bytes[end] ?? 0) & 0b1100_0000) === 0b1000_0000) end -= 1;
  return bytes.subarray(0, end).toString();
}

/** As much of a text as has room; where something is left out, it says so. */
export function shortened(text: string, most: number): string {
  const whole = withinBytes(text, most);
  return whole.length < text.length ? `${withinBytes(text, most - ellipsis.length)}${ellipsis}` : whole;
}

/** Three characters of ASCII, so that bytes and characters are the same number. */
const ellipsis = '...';
