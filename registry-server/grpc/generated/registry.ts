/* Written by `npm run generate` from registry-server/grpc/registry.proto. */
import type { Streaming, Unary } from '../method.ts';

export interface SubjectService {
  /** Lists the names of subjects, ascending by context and then by subject, a page at a time. */
  readonly ListSubjects: { readonly unary: Unary<ListSubjectsRequest, ListSubjectsResponse> };
  /** Deletes a subject softly: it is no longer listed, and its schemas are still found by id. Once that was done it can be deleted permanently. */
  readonly DeleteSubject: { readonly unary: Unary<DeleteSubjectRequest, DeleteSubjectResponse> };
  /** Lists the versions of a subject, oldest first. */
  readonly ListVersions: { readonly unary: Unary<ListVersionsRequest, ListVersionsResponse> };
  /** Gets a version of a subject with its schema. */
  readonly GetVersion: { readonly unary: Unary<GetVersionRequest, SchemaVersion> };
  /** Deletes a version of a subject, as DeleteSubject deletes all of them. */
  readonly DeleteVersion: { readonly unary: Unary<DeleteVersionRequest, DeleteVersionResponse> };
  /** Lists the ids of the schemas that refer to a version, ascending. */
  readonly ListReferencedBy: { readonly unary: Unary<ListReferencedByRequest, ListReferencedByResponse> };
}

export interface SchemaService {
  /** Registers a schema. One that is there already keeps its id and version; else it becomes the next version, if it is compatible. */
  readonly RegisterSchema: { readonly unary: Unary<RegisterSchemaRequest, RegisterSchemaResponse> };
  /** Finds the newest version of a subject that holds this very schema. */
  readonly LookupSchema: { readonly unary: Unary<LookupSchemaRequest, SchemaVersion> };
  /** Gets a schema by its id. */
  readonly GetSchema: { readonly unary: Unary<GetSchemaRequest, StoredSchema> };
  /** Gets a schema by its GUID, which is the same in every context and registry. */
  readonly GetSchemaByGuid: { readonly unary: Unary<GetSchemaByGuidRequest, StoredSchema> };
  /** Lists every version that matches, ascending by context, subject and version, in a message each. */
  readonly ListSchemas: { readonly stream: Streaming<ListSchemasRequest, SchemaVersion> };
  /** Lists the subjects and versions that hold a schema. */
  readonly ListSchemaVersions: { readonly unary: Unary<ListSchemaVersionsRequest, ListSchemaVersionsResponse> };
  /** Lists the types of schemas that the registry knows. */
  readonly ListSchemaTypes: { readonly unary: Unary<ListSchemaTypesRequest, ListSchemaTypesResponse> };
}

export interface CompatibilityService {
  /** Says whether a schema could be registered, and why not. */
  readonly CheckCompatibility: { readonly unary: Unary<CheckCompatibilityRequest, CheckCompatibilityResponse> };
}

/** An empty subject is the default context; ":.context:" is another one, ":.__GLOBAL:" what stands above all. */
export interface ConfigService {
  /** Gets the config of a subject or a context. */
  readonly GetConfig: { readonly unary: Unary<GetConfigRequest, Config> };
  /** Changes some fields of a config, and answers what is stored now. */
  readonly UpdateConfig: { readonly unary: Unary<UpdateConfigRequest, Config> };
  /** Deletes a config, and answers what it was. */
  readonly DeleteConfig: { readonly unary: Unary<DeleteConfigRequest, Config> };
}

/** Subjects are named as in ConfigService. */
export interface ModeService {
  /** Gets the mode of a subject or a context. */
  readonly GetMode: { readonly unary: Unary<GetModeRequest, ModeResponse> };
  /** Changes a mode, and answers the new one. */
  readonly UpdateMode: { readonly unary: Unary<UpdateModeRequest, ModeResponse> };
  /** Deletes a mode, and answers what it was. */
  readonly DeleteMode: { readonly unary: Unary<DeleteModeRequest, ModeResponse> };
}

export interface ContextService {
  /** Lists the contexts; the default one, ".", comes first. */
  readonly ListContexts: { readonly unary: Unary<ListContextsRequest, ListContextsResponse> };
  /** Deletes a context that has no subject left. */
  readonly DeleteContext: { readonly unary: Unary<DeleteContextRequest, DeleteContextResponse> };
}

export interface Schema {
  /** AVRO, JSON or PROTOBUF; AVRO where it is left out. */
  readonly schemaType?: string;
  /** The schema as text. */
  readonly schema?: string;
  readonly references?: readonly Reference[];
  /** Left out of a registration, metadata and rules are those of the latest version; empty ones are none. */
  readonly metadata?: Metadata;
  readonly ruleSet?: RuleSet;
}

export interface Reference {
  /** The name by which the schema refers to it. */
  readonly name?: string;
  readonly subject?: string;
  /** -1 is the latest. */
  readonly version?: number;
}

export interface Metadata {
  /** The tags of a field, by the path of the field. */
  readonly tags?: Readonly<Record<string, Tags>>;
  readonly properties?: Readonly<Record<string, string>>;
  /** The names of properties whose values are not to be shown around. */
  readonly sensitive?: readonly string[];
}

export interface Tags {
  readonly values?: readonly string[];
}

/** Rules that clients carry out. */
export interface RuleSet {
  readonly migrationRules?: readonly Rule[];
  readonly domainRules?: readonly Rule[];
  readonly encodingRules?: readonly Rule[];
  readonly enableAt?: string;
}

export interface Rule {
  readonly name?: string;
  readonly doc?: string;
  /** TRANSFORM where it is unspecified. */
  readonly kind?: RuleKind;
  /** WRITEREAD where it is unspecified. */
  readonly mode?: RuleMode;
  /** The engine of the client that carries it out: CEL, CEL_FIELD, JSONATA, ENCRYPT. */
  readonly type?: string;
  readonly tags?: readonly string[];
  readonly params?: Readonly<Record<string, string>>;
  readonly expr?: string;
  readonly onSuccess?: string;
  readonly onFailure?: string;
  readonly disabled?: boolean;
}

export type RuleKind = 'KIND_UNSPECIFIED' | 'TRANSFORM' | 'CONDITION';

export type RuleMode = 'MODE_UNSPECIFIED' | 'UPGRADE' | 'DOWNGRADE' | 'UPDOWN' | 'WRITE' | 'READ' | 'WRITEREAD';

export interface StoredSchema {
  /** 0 where it was asked for by its GUID: one schema may have an id in several contexts. */
  readonly id: number;
  readonly guid: string;
  readonly schema: Schema;
  /** The subject that was named, and its newest version that holds the schema; empty where none was named. */
  readonly subject: string;
  readonly version: number;
  /** When it was registered, in milliseconds since 1970. */
  readonly createTimeMs: number;
  readonly deleted: boolean;
}

export interface SchemaVersion {
  readonly subject: string;
  readonly version: number;
  readonly id: number;
  readonly guid: string;
  readonly schema: Schema;
  /** When it was registered, in milliseconds since 1970. */
  readonly createTimeMs: number;
  readonly deleted: boolean;
}

export interface ListSubjectsRequest {
  /** How the names begin: "orders-", ":.context:orders-", or ":*:orders-" in all contexts; all subjects of all contexts when empty. */
  readonly subjectPrefix?: string;
  /** Shows the soft-deleted ones, too. */
  readonly deleted?: boolean;
  readonly deletedOnly?: boolean;
  /** How many to list: 1000 when 0, at most 10000. */
  readonly pageSize?: number;
  readonly pageToken?: string;
}

export interface ListSubjectsResponse {
  readonly subjects: readonly string[];
  /** The token of the next page; empty where this is the last one. */
  readonly nextPageToken: string;
}

export interface DeleteSubjectRequest {
  readonly subject?: string;
  readonly permanent?: boolean;
}

export interface DeleteSubjectResponse {
  /** The versions that were deleted, ascending. */
  readonly versions: readonly number[];
}

export interface ListVersionsRequest {
  readonly subject?: string;
  /** Shows the soft-deleted ones, too. */
  readonly deleted?: boolean;
  readonly deletedOnly?: boolean;
}

export interface ListVersionsResponse {
  readonly versions: readonly ListVersionsResponseVersion[];
}

export interface ListVersionsResponseVersion {
  readonly version: number;
  readonly id: number;
  /** When it was registered, in milliseconds since 1970. */
  readonly createTimeMs: number;
  readonly deleted: boolean;
}

export interface GetVersionRequest {
  readonly subject?: string;
  /** The latest where it is left out or -1. */
  readonly version?: number;
  /** Finds a soft-deleted one, too. */
  readonly deleted?: boolean;
  /** The format of the text: "resolved", "serialized", "ignore_extensions". */
  readonly format?: string;
  /** Shows the subjects of references with their context. */
  readonly qualifiedReferences?: boolean;
}

export interface DeleteVersionRequest {
  readonly subject?: string;
  /** -1 is the latest. */
  readonly version?: number;
  readonly permanent?: boolean;
}

export interface DeleteVersionResponse {
  readonly version: number;
}

export interface ListReferencedByRequest {
  readonly subject?: string;
  /** The latest where it is left out or -1. */
  readonly version?: number;
  /** Lists schemas of which all versions are soft-deleted, too. */
  readonly deleted?: boolean;
}

export interface ListReferencedByResponse {
  readonly ids: readonly number[];
}

export interface RegisterSchemaRequest {
  readonly subject?: string;
  readonly schema?: Schema;
  readonly normalize?: boolean;
  /** The number that the version must get; with -1 only the latest version counts as already there. */
  readonly version?: number;
  /** The id that the schema must get, in import mode. */
  readonly id?: number;
  readonly format?: string;
}

export interface RegisterSchemaResponse {
  readonly id: number;
  readonly version: number;
  readonly guid: string;
  readonly schema: Schema;
}

export interface LookupSchemaRequest {
  readonly subject?: string;
  readonly schema?: Schema;
  readonly normalize?: boolean;
  /** Looks into soft-deleted versions, too. */
  readonly deleted?: boolean;
  readonly format?: string;
  readonly qualifiedReferences?: boolean;
}

export interface GetSchemaRequest {
  readonly id?: number;
  /** Its context is the one in which the id counts; the default one when empty. */
  readonly subject?: string;
  readonly format?: string;
  readonly qualifiedReferences?: boolean;
}

export interface GetSchemaByGuidRequest {
  readonly guid?: string;
  readonly format?: string;
  readonly qualifiedReferences?: boolean;
}

export interface ListSchemasRequest {
  /** How the names begin, as in ListSubjectsRequest; the default context alone when empty. */
  readonly subjectPrefix?: string;
  readonly deleted?: boolean;
  readonly latestOnly?: boolean;
  /** Lists only schemas with a rule of this type. */
  readonly ruleType?: string;
  /** How many to list at most; all when 0. */
  readonly limit?: number;
}

export interface ListSchemaVersionsRequest {
  readonly id?: number;
  /** Its context is the one in which the id counts; the default one when empty. */
  readonly subject?: string;
  readonly deleted?: boolean;
}

export interface ListSchemaVersionsResponse {
  readonly versions: readonly ListSchemaVersionsResponseUse[];
}

export interface ListSchemaVersionsResponseUse {
  readonly subject: string;
  readonly version: number;
}

export interface ListSchemaTypesRequest {}

export interface ListSchemaTypesResponse {
  readonly schemaTypes: readonly string[];
}

export interface CheckCompatibilityRequest {
  readonly subject?: string;
  readonly schema?: Schema;
  /** The version to compare with, of which -1 is the latest; all that the level of the subject demands where it is left out. */
  readonly version?: number;
}

export interface CheckCompatibilityResponse {
  readonly isCompatible: boolean;
  /** Why it is not compatible. */
  readonly messages: readonly string[];
}

export interface Config {
  readonly compatibility?: ConfigLevel;
  /** A metadata property. Only versions with the same value of it are compared. */
  readonly compatibilityGroup?: string;
  readonly compatibilityPolicy?: ConfigPolicy;
  readonly normalize?: boolean;
  readonly validateFields?: boolean;
  readonly validateNewSchemas?: boolean;
  readonly validateRules?: boolean;
  /** The subject that this one stands for. */
  readonly alias?: string;
  readonly aliasForDeks?: string;
  readonly defaultMetadata?: Metadata;
  readonly overrideMetadata?: Metadata;
  readonly defaultRuleSet?: RuleSet;
  readonly overrideRuleSet?: RuleSet;
}

export type ConfigLevel = 'LEVEL_UNSPECIFIED' | 'NONE' | 'BACKWARD' | 'BACKWARD_TRANSITIVE' | 'FORWARD' | 'FORWARD_TRANSITIVE' | 'FULL' | 'FULL_TRANSITIVE';

export type ConfigPolicy = 'POLICY_UNSPECIFIED' | 'STRICT' | 'LENIENT' | 'LOGICAL';

export interface GetConfigRequest {
  readonly subject?: string;
  /** Answers what applies to it, where it has none of its own. */
  readonly defaultToGlobal?: boolean;
}

export interface UpdateConfigRequest {
  readonly subject?: string;
  /** The fields that change; those that are left out keep their value. */
  readonly config?: Config;
  /** The names of the fields that are to have no value, such as "alias". */
  readonly clear?: readonly string[];
}

export interface DeleteConfigRequest {
  readonly subject?: string;
}

export type Mode = 'MODE_UNSPECIFIED' | 'READWRITE' | 'READONLY' | 'READONLY_OVERRIDE' | 'IMPORT' | 'FORWARD';

export interface GetModeRequest {
  readonly subject?: string;
  readonly defaultToGlobal?: boolean;
}

export interface UpdateModeRequest {
  readonly subject?: string;
  readonly mode?: Mode;
  /** Enters IMPORT although there are schemas. */
  readonly force?: boolean;
}

export interface DeleteModeRequest {
  readonly subject?: string;
  /** Deletes those of all subjects in the context, too. */
  readonly recursive?: boolean;
}

export interface ModeResponse {
  readonly mode: Mode;
}

export interface ListContextsRequest {
  readonly contextPrefix?: string;
}

export interface ListContextsResponse {
  readonly contexts: readonly string[];
}

export interface DeleteContextRequest {
  readonly context?: string;
}

export interface DeleteContextResponse {}

export interface Services {
  readonly SubjectService: SubjectService;
  readonly SchemaService: SchemaService;
  readonly CompatibilityService: CompatibilityService;
  readonly ConfigService: ConfigService;
  readonly ModeService: ModeService;
  readonly ContextService: ContextService;
}
