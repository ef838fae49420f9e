import type { IncomingHttpHeaders } from 'node:http';
import type { Log } from '../log.ts';
import { BadSettings, type ServerSettings } from '../settings.ts';
import type { ApiKeys } from './api-keys.ts';
import { type Outcome, refuse } from './outcome.ts';
import type { Tokens } from './tokens.ts';

/** What a server takes. */
export interface Credentials {
  /** Undefined where no API keys are taken. */
  readonly apiKeyHeader: string | undefined;
  readonly takesTokens: boolean;
}

/** Who sent a request, by its headers. REST and gRPC ask here. */
export interface Authenticator {
  /** At once for API keys and for tokens that came before. Names of headers are in lower case, as Node has them. */
  authenticate(headers: IncomingHttpHeaders): Outcome | Promise<Outcome>;
  /** What credentials may be sent, each as a value of WWW-Authenticate. */
  readonly challenges: readonly string[];
  readonly credentials: Credentials;
  close(): void;
}

const REALM = 'realm="schema-registry"';

/** undefined: whoever reaches the server may do everything. @throws BadSettings */
export async function openAuthenticator(
  settings: ServerSettings,
  log: Log,
): Promise<Authenticator | undefined> {
  const { authKeysFile, apiKeyHeader, jwtSecretFile, jwtJwksUrl } = settings;
  if (authKeysFile === undefined && jwtSecretFile === undefined && jwtJwksUrl === undefined) return undefined;
  const keys = await openKeys(settings, log);
  const tokens = await openTokensOf(settings, log).catch((error) => {
    keys?.close();
    throw error;
  });
  const header = apiKeyHeader.toLowerCase();
  const wanted = [
    ...(keys ? [`an API key in ${apiKeyHeader}, or as the password of basic authentication`] : []),
    ...(tokens ? ['a token in Authorization: Bearer'] : []),
  ].join('; or ');

  return {
    authenticate(headers) {
      const key = keys && headers[header];
      // A key that was sent is meant, even where a proxy has added an Authorization of its own.
      if (key !== undefined) return byKey(String(key));
      const { authorization } = headers;
      if (authorization === undefined) return refuse('no-credentials', `send ${wanted}`);
      const [, scheme = '', credentials = ''] = /^([a-z]+) +([^\s]+)$/i.exec(authorization) ?? [];
      if (keys && scheme.toLowerCase() === 'basic') return byKey(passwordIn(credentials));
      if (tokens && scheme.toLowerCase() === 'bearer') return tokens.verify(credentials);
      return refuse('unreadable-header', `send ${wanted}`);
    },
    challenges: [
      ...(keys ? [`Basic ${REALM}, charset="UTF-8"`] : []),
      ...(tokens ? [`Bearer ${REALM}`] : []),
    ],
    credentials: { apiKeyHeader: keys && apiKeyHeader, takesTokens: tokens !== undefined },
    close() {
      keys?.close();
      tokens?.close();
    },
  };

  function byKey(key: string | undefined): Outcome {
    if (key === undefined) return refuse('unreadable-header', `send ${wanted}`);
    return keys?.find(key) ?? refuse('unknown-key');
  }
}

async function openKeys({ authKeysFile }: ServerSettings, log: Log): Promise<ApiKeys | undefined> {
  if (authKeysFile === undefined) return undefined;
  // Only now: most servers that are tried out need neither a parser of YAML nor one of tokens.
  const { openApiKeys } = await import('./api-keys.ts');
  return from('AUTH_KEYS_FILE', authKeysFile, () => openApiKeys(authKeysFile, log));
}

async function openTokensOf(settings: ServerSettings, log: Log): Promise<Tokens | undefined> {
  const { jwtSecretFile: secretFile, jwtJwksUrl: jwksUrl, jwtIssuer, jwtAudience, jwtRoleClaim } = settings;
  if (secretFile === undefined && jwksUrl === undefined) return undefined;
  const { openTokens } = await import('./tokens.ts');
  const wanted = { secretFile, jwksUrl, issuer: jwtIssuer, audience: jwtAudience, roleClaim: jwtRoleClaim };
  return from('JWT_SECRET_FILE', secretFile, () => openTokens(wanted, log));
}

function from<T>(variable: string, file: string | undefined, open: () => T): T {
  try {
    return open();
  } catch (error) {
    throw new BadSettings(`${variable}: "${file}" cannot be used: ${(error as Error).message}`);
  }
}

/** Of basic authentication. Whose name stands before it does not matter: the key says who it is. */
function passwordIn(credentials: string): string | undefined {
  const text = Buffer.from(credentials, 'base64').toString('utf8');
  const colon = text.indexOf(':');
  return colon < 0 ? undefined : text.slice(colon + 1);
}
