import { RegistryError } from '../errors.ts';
import { configFields, readConfigChange } from '../reading/read-config-change.ts';
import { type ConfigChange, changeConfig, deleteConfig, getConfig } from '../services/change-config.ts';
import type { Config } from '../store/store.ts';
import type { Config as ConfigMessage, ConfigService, UpdateConfigRequest } from './generated/registry.ts';
import { metadataFrom, subjectOf, writableSubjectOf } from './read-message.ts';
import { writeMetadata } from './write-message.ts';

export const configService: ConfigService = {
  GetConfig: {
    async unary(registry, request) {
      return writeConfig(await getConfig(registry, subjectOf(request), request.defaultToGlobal ?? false));
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
};

function changeIn({ config = {}, clear = [] }: UpdateConfigRequest): ConfigChange {
  const { defaultMetadata, overrideMetadata, ...rest } = config;
  const change = readConfigChange({
    ...rest,
    defaultMetadata: metadataFrom(defaultMetadata),
    overrideMetadata: metadataFrom(overrideMetadata),
  });
  const cleared = clear.map((name) => [fieldOf(name), null]);
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

function writeConfig({ defaultMetadata, overrideMetadata, ...rest }: Config): ConfigMessage {
  return {
    ...rest,
    defaultMetadata: writeMetadata(defaultMetadata),
    overrideMetadata: writeMetadata(overrideMetadata),
  };
}
