// An origin has one wildcard at most, as the first label of its host.
const origin = /^https?:\/\/(\*\.)?(\[[0-9a-f:]+\]|[a-z0-9]([a-z0-9.-]*[a-z0-9])?)(:\d{1,5})?$/;

/** Reads origins with commas between, as a browser sends them; throws with the one that is none. */
export function parseOrigins(given: string): readonly string[] {
  const origins = given.split(',').map((one) => one.trim());
  const wrong = origins.find((one) => one !== '*' && !origin.test(one));
  if (wrong === undefined) return origins;
  throw new Error(
    `has "${wrong}", which is no origin; write *, https://app.example.com or https://*.example.com, in lower case and without a path`,
  );
}

/** A wildcard stands for one label: https://*.example.com is neither https://example.com nor https://a.b.example.com. */
export function isAllowed(origins: readonly string[], asked: string): boolean {
  return origins.some((allowed) => {
    const [before, after] = allowed.split('*.');
    if (allowed === '*' || after === undefined) return allowed === '*' || allowed === asked;
    if (!asked.startsWith(before as string) || !asked.endsWith(`.${after}`)) return false;
    return /^[a-z0-9_-]+$/.test(asked.slice((before as string).length, -after.length - 1));
  });
}
