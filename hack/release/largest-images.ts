/** Compressed, in bytes, when last looked at: who makes an image larger by more than the tolerance says so here. */
export const usualBytes: Readonly<Record<string, number>> = {
  operator: 52_000_000,
  'schema-registry': 57_000_000,
  'schema-registry-cli': 46_600_000,
};

const toleratedBytes = 5_000_000;

/** @returns what is too large, in words; undefined where nothing is */
export function tooLarge(name: string, bytes: number): string | undefined {
  const usual = usualBytes[name];
  if (usual === undefined || bytes <= usual + toleratedBytes) return undefined;
  const megabytes = (value: number) => `${(value / 1e6).toFixed(1)} MB`;
  return `the image ${name} has ${megabytes(bytes)}, and had ${megabytes(usual)}`;
}
