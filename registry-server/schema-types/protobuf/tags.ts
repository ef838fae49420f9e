import { applyTagChanges, keyOf, type SchemaTags, type TagChanges } from '../tags.ts';
import type { OptionValues, ProtoField, ProtoFile, ProtoMessage, SetField } from './model.ts';
import { printFile } from './print.ts';

interface Entity extends Pick<SchemaTags, 'schemaEntity'> {
  readonly target: ProtoMessage | ProtoField;
  /** With the name of the oneof before that of the field: the reference takes both. */
  readonly pathByOneof?: string;
}

/** Messages by their names without the package, fields by that of their message and their own. */
export function protobufTags(file: ProtoFile): readonly SchemaTags[] {
  const found: SchemaTags[] = [];
  visitEntities(file, ({ schemaEntity, target }) => {
    const tags = tagsOf(target.options);
    if (tags.length > 0) found.push({ schemaEntity, tags });
  });
  return found;
}

/** @param extensions those of Confluent's meta.proto, which a file that imports it may hold already */
export function retagProtobuf(
  file: ProtoFile,
  changes: TagChanges,
  extensions: readonly ProtoField[],
): string {
  const targets = new Map<string, ProtoMessage | ProtoField>();
  visitEntities(file, ({ schemaEntity, target, pathByOneof }) => {
    targets.set(keyOf(schemaEntity), target);
    if (pathByOneof !== undefined) targets.set(keyOf({ ...schemaEntity, entityPath: pathByOneof }), target);
  });
  const retagged = new Map<ProtoMessage | ProtoField, OptionValues>();
  applyTagChanges(changes, (entity, change) => {
    const target = targets.get(keyOf(entity));
    if (target === undefined) return false;
    const options = retagged.get(target) ?? target.options;
    const extension = extensions.find(({ name }) => name === `${target.kind}_meta`);
    if (extension === undefined) return false;
    retagged.set(target, withTags(options, extension, change(tagsOf(options))));
    return true;
  });
  return printFile(file, { isNormalized: false, leavesOutExtensions: false, options: retagged });
}

function visitEntities({ messages }: ProtoFile, found: (entity: Entity) => void): void {
  for (const message of messages) visit(message, message.name);

  function visit(message: ProtoMessage, path: string): void {
    found({ target: message, schemaEntity: { entityPath: path, entityType: 'sr_record' } });
    for (const field of message.fields) {
      const schemaEntity = { entityPath: `${path}.${field.name}`, entityType: 'sr_field' } as const;
      const { oneof } = field;
      if (oneof === undefined) found({ target: field, schemaEntity });
      else found({ target: field, schemaEntity, pathByOneof: `${path}.${oneof}.${field.name}` });
    }
    for (const inner of message.messages) visit(inner, `${path}.${inner.name}`);
  }
}

const isMeta = ({ field }: SetField): boolean => /^confluent\.(message|field)_meta$/.test(field.fullName);

function tagsOf(options: OptionValues): readonly string[] {
  const [meta] = options.find(isMeta)?.values ?? [];
  if (!Array.isArray(meta)) return [];
  const tags = (meta as OptionValues).find(({ field }) => field.name === 'tags')?.values ?? [];
  return tags.filter((tag) => typeof tag === 'string');
}

function withTags(options: OptionValues, extension: ProtoField, tags: readonly string[]): OptionValues {
  const known = options.find(isMeta);
  const field = known?.field ?? extension;
  if (field.type.kind !== 'message') return options;
  const tagsField = field.type.message.fields.find(({ name }) => name === 'tags');
  if (tagsField === undefined) return options;
  const [meta = []] = (known?.values ?? []) as readonly OptionValues[];
  const others = meta.filter((set) => set.field.name !== tagsField.name);
  const changed = tags.length === 0 ? others : inOrder([...others, { field: tagsField, values: tags }]);
  const rest = options.filter((set) => set !== known);
  return changed.length === 0 ? rest : inOrder([...rest, { field, values: [changed] }]);
}

const inOrder = (fields: OptionValues): OptionValues =>
  fields.toSorted((a, b) => a.field.number - b.field.number);
