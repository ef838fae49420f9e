import { type Metadata, mergeMetadata } from '../data-contracts/metadata.ts';
import { mergeRuleSets, type RuleSet } from '../data-contracts/rule-set.ts';
import type { Config, SchemaContent } from '../store/store.ts';

export interface Contract {
  readonly metadata?: Metadata;
  readonly ruleSet?: RuleSet;
}

/**
 * What a schema is registered with: what was sent, or else that of the latest version, between what the config gives
 * as default and as override (Confluent's rule).
 */
export function inheritContract(sent: Contract, latest: SchemaContent | undefined, config: Config): Contract {
  return {
    metadata: mergeMetadata(
      mergeMetadata(config.defaultMetadata, sent.metadata ?? latest?.metadata),
      config.overrideMetadata,
    ),
    ruleSet: mergeRuleSets(
      mergeRuleSets(config.defaultRuleSet, sent.ruleSet ?? latest?.ruleSet),
      config.overrideRuleSet,
    ),
  };
}

export function hasDefaultsOrOverrides(config: Config): boolean {
  return (
    (config.defaultMetadata ?? config.overrideMetadata ?? config.defaultRuleSet ?? config.overrideRuleSet) !==
    undefined
  );
}
