import type { ProtoMessage } from '../../schema-types/protobuf/model.ts';
import type { Walk } from './walk.ts';

/** Messages of one scope, by name. Moving one is harmless: indexes on the wire belong to the schema of the data's id. */
export function compareMessages(
  walk: Walk,
  before: readonly ProtoMessage[],
  after: readonly ProtoMessage[],
): void {
  walk.spendOnLookUps(before.length + after.length);
  const later = new Map(after.map((message, index) => [message.name, { message, index }]));
  const earlier = new Set(before.map(({ name }) => name));
  for (const [index, message] of before.entries()) {
    const same = later.get(message.name);
    if (same === undefined) {
      walk.add('MESSAGE_REMOVED', message.name);
      continue;
    }
    if (same.index !== index) walk.add('MESSAGE_MOVED', message.name);
    walk.at(message.name, () => walk.compare(message, same.message));
  }
  for (const { name } of after) if (!earlier.has(name)) walk.add('MESSAGE_ADDED', name);
}
