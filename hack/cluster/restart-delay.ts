/** Short at first, since most crashes are one-off; a component that keeps failing must not take a core. */
export const restartDelayMs = (failures: number): number =>
  Math.min(10_000, 100 * 2 ** Math.max(0, failures - 1));
