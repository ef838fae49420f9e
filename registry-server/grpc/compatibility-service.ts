import { explainAgainst } from '../services/check-against.ts';
import type { CompatibilityService } from './generated/registry.ts';
import { sentSchemaOf, subjectOf, versionOf } from './read-message.ts';

export const compatibilityService: CompatibilityService = {
  CheckCompatibility: {
    async unary(registry, request) {
      const wanted = versionOf(request, 'all' as const);
      const messages = await explainAgainst(registry, subjectOf(request), sentSchemaOf(request), wanted);
      return { isCompatible: messages.length === 0, messages };
    },
  },
};
