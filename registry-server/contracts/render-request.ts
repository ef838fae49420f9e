import { InvalidSchema } from '../schema-types/invalid-schema.ts';
import { clip } from './notes.ts';
import { isTreeArray, isTreeObject, readOrderedJson, type Tree, type TreeObject } from './ordered-json.ts';
import type { Profile } from './profile.ts';
import { profiles } from './profiles/table.ts';

/** A tool as MCP lists it, or a schema for an answer, which is one of these without a title. */
export interface Item {
  readonly name: string;
  readonly title?: string;
  readonly description?: string;
  readonly schema: Tree;
  readonly outputSchema?: Tree;
  readonly annotations?: Tree;
}

export interface RenderRequest {
  readonly profile: Profile;
  readonly isTools: boolean;
  readonly items: readonly Item[];
}

export const MAX_TOOLS = 512;
const MAX_NAME = 1_024;

/**
 * `{profile, schema, name?, description?}` or `{profile, tools}`.
 * @throws InvalidSchema that names the field
 */
export function readRenderRequest(text: string): RenderRequest {
  const body = readOrderedJson(text);
  if (!isTreeObject(body)) throw new InvalidSchema('the body is no JSON object');
  const profile = readProfile(body.get('profile'));
  const [schema, tools] = [body.get('schema'), body.get('tools')];
  if ((schema === undefined) === (tools === undefined)) {
    throw new InvalidSchema('the body has to have one of schema and tools');
  }
  if (schema !== undefined) {
    if (profile.envelope.output === undefined) {
      throw new InvalidSchema(`schema: the profile ${profile.name} is for tools; send tools`);
    }
    return { profile, isTools: false, items: [readItem(body, schema, '', 'output')] };
  }
  if (!isTreeArray(tools) || tools.length === 0 || tools.length > MAX_TOOLS) {
    throw new InvalidSchema(`tools: it has to be a list of 1 to ${MAX_TOOLS} tools`);
  }
  return { profile, isTools: true, items: tools.map(readTool) };
}

function readProfile(name: Tree | undefined): Profile {
  const found = profiles.find((profile) => profile.name === name);
  if (found) return found;
  const names = profiles.map((profile) => profile.name).join(', ');
  throw new InvalidSchema(`profile: it has to be one of ${names}`);
}

function readTool(tool: Tree, i: number): Item {
  const at = `tools[${i}]`;
  if (!isTreeObject(tool)) throw new InvalidSchema(`${at}: it is no JSON object`);
  const schema = tool.get('inputSchema');
  if (schema === undefined) throw new InvalidSchema(`${at}.inputSchema: it is missing`);
  const outputSchema = tool.get('outputSchema');
  return {
    ...readItem(tool, schema, `${at}.`),
    ...(outputSchema === undefined ? {} : { outputSchema: readSchema(outputSchema, `${at}.outputSchema`) }),
    ...(tool.has('annotations') ? { annotations: tool.get('annotations') as Tree } : {}),
  };
}

function readItem(from: TreeObject, schema: Tree, at: string, otherwise?: string): Item {
  const name = readText(from, 'name', at) ?? otherwise;
  if (name === undefined || name === '' || name.length > MAX_NAME) {
    throw new InvalidSchema(`${at}name: it has to be a text of 1 to ${MAX_NAME} characters`);
  }
  const [title, description] = [readText(from, 'title', at), readText(from, 'description', at)];
  return {
    name,
    ...(title === undefined ? {} : { title }),
    ...(description === undefined ? {} : { description }),
    schema: readSchema(schema, `${at}${otherwise === undefined ? 'inputSchema' : 'schema'}`),
  };
}

function readText(from: TreeObject, field: string, at: string): string | undefined {
  const value = from.get(field);
  if (value === undefined || value === null) return undefined;
  if (typeof value !== 'string') throw new InvalidSchema(`${at}${field}: it has to be a text`);
  return value;
}

/** As it stands, or as a text, which is how the rest of the API has schemas. */
function readSchema(value: Tree, at: string): Tree {
  const schema = typeof value === 'string' ? parseSchema(value, at) : value;
  if (isTreeObject(schema) || typeof schema === 'boolean') return schema;
  throw new InvalidSchema(`${at}: it has to be a JSON Schema, an object or a boolean`);
}

function parseSchema(text: string, at: string): Tree {
  try {
    return readOrderedJson(text);
  } catch (error) {
    if (!(error instanceof InvalidSchema)) throw error;
    throw new InvalidSchema(`${at}: ${clip(error.message, 200)}`, { cause: error });
  }
}
