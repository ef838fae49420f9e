import { readMode } from '../reading/read-mode.ts';
import { changeMode, deleteMode, getMode } from '../services/change-mode.ts';
import type { ModeService } from './generated/registry.ts';
import { subjectOf, writableSubjectOf } from './read-message.ts';

export const modeService: ModeService = {
  GetMode: {
    async unary({ store }, request) {
      return { mode: await getMode(store, subjectOf(request), request.defaultToGlobal ?? false) };
    },
  },

  UpdateMode: {
    async unary({ store }, request, signal) {
      const name = writableSubjectOf(request, 'settings');
      const mode = readMode(request.mode);
      await changeMode(store, name, mode, request.force ?? false, signal);
      // Only a body can say null, which removes it.
      return { mode: mode ?? 'MODE_UNSPECIFIED' };
    },
  },

  DeleteMode: {
    async unary({ store }, request) {
      return { mode: await deleteMode(store, subjectOf(request), request.recursive ?? false) };
    },
  },
};
