import { isInvalid, isNotFound, Problem, type Refusal } from './problem.ts';
import type { RegistryClient } from './registry-client.ts';
import type { RegisteredSchema, SchemaBody, WantedVersion } from './schema.ts';
import { shown } from './shown.ts';

export interface Judgement {
  readonly verdict: 'compatible' | 'incompatible' | 'invalid';
  /** What is broken, in the registry's words. */
  readonly messages: readonly string[];
}

/**
 * Whether a schema may follow.
 * @param version the one that it is compared with; undefined: those that the subject's level asks for
 */
export async function judge(
  registry: RegistryClient,
  subject: string,
  version: WantedVersion | undefined,
  schema: SchemaBody,
): Promise<Judgement> {
  const path = [
    'compatibility',
    'subjects',
    subject,
    'versions',
    ...(version === undefined ? [] : [version]),
  ];
  const ask = (verbose: boolean) =>
    registry.ask<{ readonly is_compatible: boolean; readonly messages?: readonly string[] }>('POST', path, {
      isSafe: true,
      query: { verbose },
      body: schema,
    });
  try {
    const { is_compatible: isCompatible, messages = [] } = await ask(true);
    if (isCompatible === true) return { verdict: 'compatible', messages: [] };
    if (isCompatible !== false)
      throw new Problem(
        `${registry.address} does not say whether "${shown(subject)}" is compatible; is it the URL of a schema registry?`,
      );
    // Told all, a registry answers alike for a schema that does not fit and for one that is none; asked plainly, it refuses the latter.
    await ask(false);
    return { verdict: 'incompatible', messages };
  } catch (error) {
    // Older registries say so where ours and newer ones answer yes: nothing is there that could be broken.
    if (isNotFound(error) && version === undefined && error.code === 40401)
      return { verdict: 'compatible', messages: [] };
    if (isInvalid(error)) return { verdict: 'invalid', messages: [error.said] };
    throw error;
  }
}

/** The version of the subject with just this schema; undefined where it has none. @throws Refusal for a schema that is none */
export async function findSame(
  registry: RegistryClient,
  subject: string,
  schema: SchemaBody,
  isNormalized: boolean,
): Promise<RegisteredSchema | undefined> {
  try {
    return await registry.ask<RegisteredSchema>('POST', ['subjects', subject], {
      isSafe: true,
      query: { normalize: isNormalized },
      body: schema,
    });
  } catch (error) {
    if (isNotFound(error)) return undefined;
    throw error;
  }
}

/** The level that holds for the subject; undefined where the registry does not tell. */
export async function findLevel(registry: RegistryClient, subject: string): Promise<string | undefined> {
  try {
    const config = await registry.ask<{ readonly compatibilityLevel?: string }>('GET', ['config', subject], {
      query: { defaultToGlobal: true },
    });
    return config.compatibilityLevel;
  } catch (error) {
    // Whoever may check need not be allowed to read the config.
    if (isNotFound(error) || (error as Partial<Refusal>).status === 403) return undefined;
    throw error;
  }
}
