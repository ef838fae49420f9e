/** A time as the fields of our status have it: `2026-01-02T03:04:05Z`. */
export function timeOf(ms: number): string {
  return new Date(ms).toISOString().replace(/\.\d+Z$/, 'Z');
}

/** A time as Leases and Events have it (metav1.MicroTime): `2026-01-02T03:04:05.678000Z`. */
export function microTimeOf(ms: number): string {
  return new Date(ms).toISOString().replace('Z', '000Z');
}
