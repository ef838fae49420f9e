import type { FileHead, OptionValues, ProtoEnum, SetField } from './model.ts';
import type { Edition } from './written.ts';

/** What editions let a file choose (protobuf.dev, Feature Settings for Editions), by name. */
export interface Features {
  readonly field_presence: string;
  readonly enum_type: string;
  readonly json_format: string;
  readonly enforce_naming_style: string;
  readonly default_symbol_visibility: string;
}

const edition2023: Features = {
  field_presence: 'EXPLICIT',
  enum_type: 'OPEN',
  json_format: 'ALLOW',
  enforce_naming_style: 'STYLE_LEGACY',
  default_symbol_visibility: 'EXPORT_ALL',
};

const defaults: Readonly<Record<Edition, Features>> = {
  proto2: { ...edition2023, enum_type: 'CLOSED', json_format: 'LEGACY_BEST_EFFORT' },
  proto3: { ...edition2023, field_presence: 'IMPLICIT' },
  '2023': edition2023,
  '2024': {
    ...edition2023,
    enforce_naming_style: 'STYLE2024',
    default_symbol_visibility: 'EXPORT_TOP_LEVEL',
  },
};

/** Those that are set right here. */
export function ownFeatures(options: OptionValues): OptionValues {
  const [features] = options.find(({ field }) => field.name === 'features' && !field.extendee)?.values ?? [];
  return Array.isArray(features) ? (features as OptionValues) : [];
}

/** The name of an enum's value. */
export function valueName({ field, values: [value] }: SetField): string {
  const { type } = field;
  if (type.kind !== 'enum') return String(value);
  return type.enum.values.find(({ number }) => BigInt(number) === value)?.name ?? String(value);
}

/** What holds for a thing in a file or in another thing. */
export const withOwn = (outer: Features, options: OptionValues): Features =>
  Object.assign({ ...outer }, ...ownFeatures(options).map((set) => ({ [set.field.name]: valueName(set) })));

export const featuresOf = ({ edition, options }: FileHead): Features => withOwn(defaults[edition], options);

/** A closed enum knows its own values only. */
export const isClosed = ({ home, options }: ProtoEnum): boolean =>
  withOwn(featuresOf(home), options).enum_type === 'CLOSED';
