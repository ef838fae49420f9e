import type { ProtoFile, ProtoMessage } from '../../schema-types/protobuf/model.ts';
import type { Incompatibility } from '../../schema-types/schema-type.ts';
import { brokenRules } from '../broken-rules.ts';
import { Budget } from '../budget.ts';
import { describe } from './describe.ts';
import { compareEnums } from './enum.ts';
import { compareFields } from './field.ts';
import { compareMessages } from './message.ts';
import { compareOneofs } from './oneof.ts';
import { breaks, type ProtobufChange, Walk } from './walk.ts';

/** What is compared in two messages that stand for each other, in this order. */
const inMessages: readonly ((walk: Walk, before: ProtoMessage, after: ProtoMessage) => void)[] = [
  compareOneofs,
  compareFields,
  (walk, before, after) => compareMessages(walk, before.messages, after.messages),
  (walk, before, after) => compareEnums(walk, before.enums, after.enums),
];

/** What is compared in two files, in this order. Services, extensions and options are nothing that data holds. */
const inFiles: readonly ((walk: Walk, before: ProtoFile, after: ProtoFile) => void)[] = [
  (walk, before, after) => {
    if (before.package !== after.package) walk.add('PACKAGE_CHANGED');
  },
  (walk, before, after) => compareMessages(walk, before.messages, after.messages),
  (walk, before, after) => compareEnums(walk, before.enums, after.enums),
];

/** Every change from one file to the next, harmless ones too unless they are not to be kept. */
export function protobufChanges(
  before: ProtoFile,
  after: ProtoFile,
  maxSteps = Infinity,
  keeps: (change: ProtobufChange) => boolean = () => true,
): readonly ProtobufChange[] {
  const walk = new Walk(before, after, new Budget(maxSteps), keeps, (here, was, is) => {
    for (const compare of inMessages) compare(here, was, is);
  });
  for (const compare of inFiles) compare(walk, before, after);
  return walk.changes;
}

/** The changes that a reader minds when data was written for another schema. */
export function protobufBreaks(
  reader: ProtoFile,
  writer: ProtoFile,
  maxSteps?: number,
): readonly Incompatibility[] {
  return brokenRules(protobufChanges(writer, reader, maxSteps, breaks), describe);
}
