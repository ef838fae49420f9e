import { explainAgainst } from '../services/check-against.ts';
import type { Service } from './method.ts';
import { nameIn, schemaIn, versionIn } from './read-message.ts';

export const compatibilityService = {
  CheckCompatibility: {
    async unary(registry, request) {
      const wanted = versionIn(request, 'all' as const);
      const messages = await explainAgainst(registry, nameIn(request), schemaIn(request), wanted);
      return { isCompatible: messages.length === 0, messages };
    },
  },
} as const satisfies Service;
