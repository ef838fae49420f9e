import { compatibilityService } from './compatibility-service.ts';
import { configService } from './config-service.ts';
import { contextService } from './context-service.ts';
import type { Services } from './generated/registry.ts';
import type { Service } from './method.ts';
import { modeService } from './mode-service.ts';
import { schemaService } from './schema-service.ts';
import { subjectService } from './subject-service.ts';

const served: Services = {
  SubjectService: subjectService,
  SchemaService: schemaService,
  CompatibilityService: compatibilityService,
  ConfigService: configService,
  ModeService: modeService,
  ContextService: contextService,
};

/** The services of registry.proto, by name. The loader gives each method the messages that it is for. */
export const services = served as object as Readonly<Record<string, Service>>;
