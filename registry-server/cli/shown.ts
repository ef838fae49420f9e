// What could move the cursor, change the title of a window or turn the order of what follows.
const unseen = /[\p{Cc}\p{Cf}\p{Zl}\p{Zp}\p{Cs}]/gu;

const escaped = (character: string): string =>
  `\\u${(character.codePointAt(0) ?? 0).toString(16).padStart(4, '0')}`;

/** Text of others on one line of a terminal: nothing in it is obeyed, and no more than `max` characters are shown. */
export const shown = (text: string, max = 2_000): string => {
  const safe = text.slice(0, max).replace(unseen, escaped);
  return text.length > max ? `${safe}…` : safe;
};

/** The same for text of several lines. */
export const shownLines = (text: string): string =>
  text.replace(unseen, (character) => (/[\n\t]/.test(character) ? character : escaped(character)));
