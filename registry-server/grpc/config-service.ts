import { RegistryError } from '../errors.ts';
import { configFields, readConfigChange } from '../reading/read-config-change.ts';
import { type ConfigChange, changeConfig, deleteConfig, getConfig } from '../services/change-config.ts';
import type { Config } from '../store/store.ts';
import type { Message, Service } from './method.ts';
import { flag, metadataFrom, subjectOf, writableSubjectOf } from './read-message.ts';
import { writeMetadata } from './write-message.ts';

export const configService = {
  GetConfig: {
    async unary(registry, request) {
      return writeConfig(await getConfig(registry, subjectOf(request), flag(request, 'defaultToGlobal')));
    },
  },

  UpdateConfig: {
    async unary({ store }, request) {
      const name = writableSubjectOf(request, 'settings');
      return writeConfig(await changeConfig(store, name, changeIn(request)));
    },
  },

  DeleteConfig: {
    async unary(registry, request) {
      return writeConfig(await deleteConfig(registry, subjectOf(request)));
    },
  },
} as const satisfies Service;

function changeIn({ config = {}, clear = [] }: Message): ConfigChange {
  const { defaultMetadata, overrideMetadata, ...rest } = config as Message;
  const change = readConfigChange({
    ...rest,
    defaultMetadata: metadataFrom(defaultMetadata),
    overrideMetadata: metadataFrom(overrideMetadata),
  });
  const cleared = (clear as readonly string[]).map((name) => [fieldOf(name), null]);
  return { ...change, ...Object.fromEntries(cleared) };
}

/** As registry.proto writes it, or as the REST API does. */
function fieldOf(name: string): string {
  const field = name.replace(/_([a-z])/g, (_, letter: string) => letter.toUpperCase());
  if (Object.hasOwn(configFields, field)) return field;
  throw new RegistryError('BAD_REQUEST', {
    detail: `"clear" names "${name}", which is no field of Config; write alias, for instance`,
  });
}

function writeConfig({ defaultMetadata, overrideMetadata, ...rest }: Config) {
  return {
    ...rest,
    defaultMetadata: writeMetadata(defaultMetadata),
    overrideMetadata: writeMetadata(overrideMetadata),
  };
}
