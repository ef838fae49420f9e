/** Told of each stage as it begins, and of its progress in `detail`. */
export type Report = (stage: string, detail?: string) => void;

/** One line per stage with the seconds since the start; details overwrite each other on a terminal. */
export const reportTo = (out: NodeJS.WriteStream, now = () => performance.now()): Report => {
  const startedAt = now();
  let shown = '';
  return (stage, detail) => {
    const seconds = ((now() - startedAt) / 1000).toFixed(1).padStart(6);
    if (detail === undefined) out.write(`${out.isTTY && shown !== '' ? '\n' : ''}${seconds} s  ${stage}\n`);
    else if (out.isTTY) out.write(`\r\x1b[K${seconds} s    ${stage}: ${detail}`);
    else if (detail !== shown) out.write(`${seconds} s    ${stage}: ${detail}\n`);
    shown = detail ?? '';
  };
};
