/** The volume of a PostgreSQL that the operator runs. */
export interface Volume {
  readonly sizeBytes: number;
  readonly freeBytes: number;
}

/**
 * What the operator's PostgreSQL says of its volume: SQL knows of no disk, so a script beside it writes a comment on the
 * database (operator/desired/postgres-scripts.ts). Undefined where nobody does.
 */
export function readVolume(comment: unknown): Volume | undefined {
  const [, size, free] = /^volume: (\d{1,12}) KiB, (\d{1,12}) KiB free$/.exec(String(comment)) ?? [];
  if (size === undefined || free === undefined) return undefined;
  return { sizeBytes: Number(size) * 1024, freeBytes: Number(free) * 1024 };
}
