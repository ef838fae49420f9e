import { faultInOwnTypes } from './fault-in-own-types.ts';
import type { AvroNamed, AvroSchema } from './model.ts';

// The specification allows ASCII only; the Java library takes any letter, and registries in use hold such names.
export const nameForm = /^[\p{L}_][\p{L}\p{Nd}_]*$/u;
const asciiForm = /^[A-Za-z_][A-Za-z0-9_]*$/;

/**
 * The first namespace, or alias of a type, that is no dotted sequence of names, in words; of the types that the schema
 * defines itself. Names themselves are looked at where they are parsed. Aliases of fields may be anything, as in Java.
 * @param referred full names of the types that come from references
 */
export function invalidNamespace(schema: AvroSchema, referred: ReadonlySet<string>): string | undefined {
  return faultInOwnTypes(schema, referred, ({ namespace, aliases }) => {
    const isWrong = (name: string) => !name.split('.').every((part) => nameForm.test(part));
    if (namespace !== '' && isWrong(namespace)) {
      return `the namespace "${namespace}" is not a sequence of names with dots between; write com.example`;
    }
    const alias = aliases.find(isWrong);
    return (
      alias && `the alias "${alias}" is not a sequence of names with dots between; write com.example.Name`
    );
  });
}

/** The first name with other characters than those of the specification (1.12, Names), in words. */
export function nameBeyondAscii(schema: AvroSchema, referred: ReadonlySet<string>): string | undefined {
  return faultInOwnTypes(schema, referred, (type) => {
    const found = namesIn(type).find((name) => !name.split('.').every((part) => asciiForm.test(part)));
    return found && `the name "${found}" has other characters than the letters A to Z, a to z, digits and _`;
  });
}

function namesIn(type: AvroNamed): readonly string[] {
  const { fullName, aliases } = type;
  if (type.type === 'record') return [fullName, ...aliases, ...type.fields.map(({ name }) => name)];
  return type.type === 'enum' ? [fullName, ...aliases, ...type.symbols] : [fullName, ...aliases];
}
