import { deleteContext } from '../services/delete-context.ts';
import type { ContextService } from './generated/registry.ts';

export const contextService: ContextService = {
  ListContexts: {
    async unary({ store }, request) {
      const prefix = request.contextPrefix ?? '';
      return { contexts: (await store.listContexts()).filter((context) => context.startsWith(prefix)) };
    },
  },

  DeleteContext: {
    async unary({ store }, request) {
      await deleteContext(store, request.context ?? '');
      return {};
    },
  },
};
