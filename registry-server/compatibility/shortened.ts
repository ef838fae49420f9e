/** Beginning and end of what is too long to be shown whole. */
export function shortened(text: string, maxCharacters: number): string {
  if (text.length <= maxCharacters) return text;
  const half = Math.floor((maxCharacters - 1) / 2);
  return `${text.slice(0, half)}…${text.slice(-half)}`;
}
