/** Told of each stage as it begins, and of its progress in `detail`. */
export type Report = (stage: string, detail?: string) => void;

/** In a file or a log, a detail is worth a line now and then. */
const quietMs = 5_000;

/** One line per stage with the seconds since the start; details overwrite each other on a terminal. */
export const reportTo = (out: NodeJS.WriteStream, now = () => performance.now()): Report => {
  const startedAt = now();
  let shown = '';
  let shownAt = Number.NEGATIVE_INFINITY;
  return (stage, detail) => {
    const seconds = ((now() - startedAt) / 1000).toFixed(1).padStart(6);
    if (detail === undefined) shownAt = Number.NEGATIVE_INFINITY;
    if (detail === undefined) out.write(`${out.isTTY && shown !== '' ? '\n' : ''}${seconds} s  ${stage}\n`);
    else if (out.isTTY) out.write(`\r\x1b[K${seconds} s    ${stage}: ${detail}`);
    else if (detail !== shown && now() - shownAt > quietMs) {
      out.write(`${seconds} s    ${stage}: ${detail}\n`);
      shownAt = now();
    }
    shown = detail ?? '';
  };
};
