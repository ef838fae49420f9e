import { context } from './context.ts';
import { kindCluster } from './kind.ts';
import { local } from './local.ts';
import { Problem } from './problem.ts';
import type { Provider } from './provider.ts';

export const providerNames = ['context', 'kind', 'local'] as const;

export type ProviderName = (typeof providerNames)[number];

export type Choice = {
  readonly name: ProviderName;
  readonly provider: Provider;
  /** Why this one: what stood against those before it. */
  readonly reason: string;
};

export type Wishes = {
  /** A context of the user's kubeconfig; only then is a cluster that exists already touched. */
  readonly context?: string;
  /** Take this one or fail. */
  readonly provider?: ProviderName;
};

type Table = Readonly<Record<ProviderName, Provider>>;

/** The first of the table that can be used: the user's own cluster if asked for, else kind, else the local one. */
export const chooseProvider = async (
  wishes: Wishes,
  table: Table = { context: context(wishes.context), kind: kindCluster, local },
): Promise<Choice> => {
  const wanted = wishes.provider ?? (wishes.context === undefined ? undefined : 'context');
  const passedOver: string[] = [];
  for (const name of wanted ? [wanted] : providerNames) {
    const against = await table[name].whyNot();
    if (against === undefined) {
      const reason = wanted
        ? 'as asked for'
        : passedOver.filter((line) => !line.startsWith('context')).join('; ');
      return { name, provider: table[name], reason };
    }
    passedOver.push(`${name}: ${against}`);
  }
  throw new Problem(`No cluster can be had. ${passedOver.join('; ')}.`);
};
