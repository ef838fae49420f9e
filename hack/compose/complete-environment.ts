import { randomBytes } from 'node:crypto';

/** A password needs no quoting anywhere: neither in .env nor in a URL, a shell or a configuration file. */
const password = (random: typeof randomBytes): string => random(24).toString('base64url');

/** What docker-compose.yml asks for and has no default for. */
const secrets: Readonly<Record<string, (random: typeof randomBytes) => string>> = {
  POSTGRES_PASSWORD: password,
  DATABASE_PASSWORD: password,
  DATABASE_MONITOR_PASSWORD: password,
  REDIS_PASSWORD: password,
  S3_ACCESS_KEY_ID: (random) => random(10).toString('hex').toUpperCase(),
  S3_SECRET_ACCESS_KEY: password,
  GRAFANA_PASSWORD: password,
};

/** So that `docker compose up` is the whole command. */
const monitoring: Readonly<Record<string, string>> = {
  COMPOSE_PROFILES: 'monitoring',
  OTEL_EXPORTER_OTLP_ENDPOINT: 'http://jaeger:4318',
};

/** The names that a text in the form of .env gives a value. */
function givenNames(text: string): ReadonlySet<string> {
  const lines = text.matchAll(/^[ \t]*(?:export[ \t]+)?([A-Za-z_]\w*)[ \t]*=[ \t]*(.*?)[ \t]*$/gm);
  return new Set(
    [...lines].filter(([, , value]) => !/^(?:|''|""|#.*)$/.test(value ?? '')).map(([, name = '']) => name),
  );
}

/**
 * `text` with what is missing at its end. What is given stays as it is: the volumes hold data under those passwords.
 * Of a name that is there twice Compose takes the last, so an empty one is overruled.
 */
export function completeEnvironment(
  text: string,
  { isMonitored = false, random = randomBytes }: { isMonitored?: boolean; random?: typeof randomBytes } = {},
): { readonly text: string; readonly added: readonly string[] } {
  const given = givenNames(text);
  const wanted = [
    ...Object.entries(secrets).map(([name, make]) => [name, () => make(random)] as const),
    ...(isMonitored ? Object.entries(monitoring).map(([name, value]) => [name, () => value] as const) : []),
  ];
  const missing = wanted.filter(([name]) => !given.has(name));
  const before = text === '' || text.endsWith('\n') ? text : `${text}\n`;
  return {
    text: before + missing.map(([name, make]) => `${name}=${make()}\n`).join(''),
    added: missing.map(([name]) => name),
  };
}
