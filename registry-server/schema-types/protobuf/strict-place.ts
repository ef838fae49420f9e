import type { Features } from './features.ts';
import type {
  NumberRange,
  ProtoEnum,
  ProtoEnumValue,
  ProtoField,
  ProtoFile,
  ProtoMessage,
  ProtoMethod,
  ProtoOneof,
  ProtoService,
} from './model.ts';

/** What a rule sees beside the thing itself. */
export interface Place {
  readonly file: ProtoFile;
  readonly features: Features;
  /** Undefined at the top of a file. */
  readonly message: ProtoMessage | undefined;
  readonly imported: (path: string) => ProtoFile | undefined;
}

export interface Things {
  readonly file: ProtoFile;
  readonly message: ProtoMessage;
  readonly field: ProtoField;
  readonly oneof: ProtoOneof;
  readonly range: NumberRange;
  readonly enum: ProtoEnum;
  readonly 'enum value': ProtoEnumValue;
  readonly service: ProtoService;
  readonly method: ProtoMethod;
}

export const isEdition = ({ edition }: ProtoFile): boolean => !edition.startsWith('proto');
