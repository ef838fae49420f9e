import { explainAgainst } from '../services/check-against.ts';
import type { Service } from './method.ts';
import { sentSchemaOf, subjectOf, versionOf } from './read-message.ts';

export const compatibilityService = {
  CheckCompatibility: {
    async unary(registry, request) {
      const wanted = versionOf(request, 'all' as const);
      const messages = await explainAgainst(registry, subjectOf(request), sentSchemaOf(request), wanted);
      return { isCompatible: messages.length === 0, messages };
    },
  },
} as const satisfies Service;
