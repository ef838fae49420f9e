import { createHash } from 'node:crypto';

const maxLength = 180;
/** Names that Windows keeps for devices, with any ending. */
const reserved = /^(con|prn|aux|nul|com[0-9]|lpt[0-9])(\.|$)/i;

const percent = (text: string): string =>
  [...Buffer.from(text)].map((byte) => `%${byte.toString(16).toUpperCase().padStart(2, '0')}`).join('');

/**
 * A name for the file of a subject, for every file system and inside its folder: letters, digits, "_", "-" and "." stay, all
 * else is percent-encoded. A long one is cut and ends in a part of its digest.
 */
export function fileNameOf(subject: string): string {
  const name = subject
    .replace(/[^A-Za-z0-9_.-]+/g, percent)
    .replace(/^[.-]/, percent)
    .replace(/\.$/, percent)
    .replace(reserved, (device) => `${percent(device.charAt(0))}${device.slice(1)}`);
  return name.length <= maxLength ? name : `${name.slice(0, maxLength)}~${digestOf(subject)}`;
}

/** For names that a file system may take for one another, such as Orders and orders. */
export const distinctFileNameOf = (subject: string): string =>
  `${fileNameOf(subject).slice(0, maxLength)}~${digestOf(subject)}`;

const digestOf = (subject: string): string => createHash('sha256').update(subject).digest('hex').slice(0, 12);
