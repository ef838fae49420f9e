import { readMode } from '../reading/read-mode.ts';
import { changeMode, deleteMode, getMode } from '../services/change-mode.ts';
import type { Service } from './method.ts';
import { flag, subjectOf, writableSubjectOf } from './read-message.ts';

export const modeService = {
  GetMode: {
    async unary({ store }, request) {
      return { mode: await getMode(store, subjectOf(request), flag(request, 'defaultToGlobal')) };
    },
  },

  UpdateMode: {
    async unary({ store }, request, signal) {
      const name = writableSubjectOf(request, 'settings');
      const mode = readMode(request.mode);
      await changeMode(store, name, mode, flag(request, 'force'), signal);
      return { mode };
    },
  },

  DeleteMode: {
    async unary({ store }, request) {
      return { mode: await deleteMode(store, subjectOf(request), flag(request, 'recursive')) };
    },
  },
} as const satisfies Service;
