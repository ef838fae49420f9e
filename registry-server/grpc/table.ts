import { compatibilityService } from './compatibility-service.ts';
import { configService } from './config-service.ts';
import { contextService } from './context-service.ts';
import type { Service } from './method.ts';
import { modeService } from './mode-service.ts';
import { schemaService } from './schema-service.ts';
import { subjectService } from './subject-service.ts';

/** The services of registry.proto, by name. */
export const services: Readonly<Record<string, Service>> = {
  SubjectService: subjectService,
  SchemaService: schemaService,
  CompatibilityService: compatibilityService,
  ConfigService: configService,
  ModeService: modeService,
  ContextService: contextService,
};
