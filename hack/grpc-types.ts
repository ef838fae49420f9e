import protobufjs from 'protobufjs';

const { Enum, MapField, Service, Type } = protobufjs;
type Declared = protobufjs.ReflectionObject;

const scalars: Readonly<Record<string, string>> = {
  bool: 'boolean',
  string: 'string',
  int32: 'number',
  // Safe up to 2^53; the loader is told so.
  int64: 'number',
};

/**
 * The messages, enums and services of a .proto as types, in the order of the file. In a message that clients send any
 * field may be missing: the loader leaves out what was left out. In one that only the registry writes every field is
 * given that is not `optional`, so that none is forgotten or misspelt.
 */
export function grpcTypes(proto: string): string {
  const { root, package: name = '' } = protobufjs.parse(proto, { alternateCommentMode: true });
  root.resolveAll();
  const declared = root.lookup(name) as protobufjs.Namespace;
  const services = declared.nestedArray.filter((each) => each instanceof Service);
  const sent = new Set<Declared>();
  for (const { methodsArray } of services)
    for (const { resolvedRequestType } of methodsArray)
      if (resolvedRequestType) addTo(sent, resolvedRequestType);
  const parts = declared.nestedArray.flatMap((each) =>
    each instanceof Service ? [writeService(each)] : writeType(each, sent),
  );
  return [
    '/* Written by `npm run generate` from registry-server/grpc/registry.proto. */',
    "import type { Streaming, Unary } from '../method.ts';\n",
    ...parts,
    block(
      'export interface Services',
      services.map((service) => `readonly ${service.name}: ${service.name};`),
    ),
  ].join('\n');
}

/** Adds a type with all that it holds. */
function addTo(found: Set<Declared>, type: protobufjs.Type): void {
  if (found.has(type)) return;
  found.add(type);
  for (const { resolvedType } of type.fieldsArray)
    if (resolvedType instanceof Type) addTo(found, resolvedType);
}

function writeType(type: Declared, sent: ReadonlySet<Declared>): readonly string[] {
  if (type instanceof Enum) {
    const values = Object.keys(type.values).map((value) => `'${value}'`);
    return [`${doc(type)}export type ${nameOf(type)} = ${values.join(' | ')};\n`];
  }
  if (!(type instanceof Type)) throw new Error(`there is no type for ${type.fullName}`);
  const fields = type.fieldsArray.map((field) => {
    const mayMiss = sent.has(type) || field.options?.proto3_optional === true;
    return `${doc(field)}readonly ${field.name}${mayMiss ? '?' : ''}: ${typeOf(field)};`;
  });
  return [
    `${doc(type)}${block(`export interface ${nameOf(type)}`, fields)}`,
    ...type.nestedArray.flatMap((nested) => writeType(nested, sent)),
  ];
}

function writeService(service: protobufjs.Service): string {
  const methods = service.methodsArray.map((method) => {
    const { resolvedRequestType: request, resolvedResponseType: response } = method;
    if (!request || !response || method.requestStream) throw new Error(`no type for ${method.fullName}`);
    const types = `<${nameOf(request)}, ${nameOf(response)}>`;
    const kind = method.responseStream ? `stream: Streaming${types}` : `unary: Unary${types}`;
    return `${doc(method)}readonly ${method.name}: { readonly ${kind} };`;
  });
  return `${doc(service)}${block(`export interface ${service.name}`, methods)}`;
}

function typeOf(field: protobufjs.Field): string {
  const one = field.resolvedType ? nameOf(field.resolvedType) : scalars[field.type];
  if (one === undefined) throw new Error(`no type for ${field.type} of ${field.fullName}`);
  if (field instanceof MapField) return `Readonly<Record<string, ${one}>>`;
  return field.repeated ? `readonly ${one}[]` : one;
}

/** Rule.Kind is RuleKind. */
function nameOf(type: Declared): string {
  return type.parent instanceof Type ? nameOf(type.parent) + type.name : type.name;
}

function doc({ comment }: Declared): string {
  return comment ? `/** ${comment.replaceAll('\n', ' ')} */\n` : '';
}

function block(head: string, lines: readonly string[]): string {
  if (lines.length === 0) return `${head} {}\n`;
  const body = lines.map((line) => `${line.replace(/^/gm, '  ')}\n`);
  return `${head} {\n${body.join('')}}\n`;
}
