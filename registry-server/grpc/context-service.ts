import { deleteContext } from '../services/delete-context.ts';
import type { Service } from './method.ts';
import { text } from './read-message.ts';

export const contextService = {
  ListContexts: {
    async unary({ store }, request) {
      const prefix = text(request, 'contextPrefix');
      return { contexts: (await store.listContexts()).filter((context) => context.startsWith(prefix)) };
    },
  },

  DeleteContext: {
    async unary({ store }, request) {
      await deleteContext(store, text(request, 'context'));
      return {};
    },
  },
} as const satisfies Service;
