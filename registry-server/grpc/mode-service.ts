import { readMode } from '../reading/read-mode.ts';
import { changeMode, deleteMode, getMode } from '../services/change-mode.ts';
import type { Service } from './method.ts';
import { flagAt, nameIn, writableNameIn } from './read-message.ts';

export const modeService = {
  GetMode: {
    async unary({ store }, request) {
      return { mode: await getMode(store, nameIn(request), flagAt(request, 'defaultToGlobal')) };
    },
  },

  UpdateMode: {
    async unary({ store }, request, signal) {
      const name = writableNameIn(request, 'settings');
      const mode = readMode(request.mode);
      await changeMode(store, name, mode, flagAt(request, 'force'), signal);
      return { mode };
    },
  },

  DeleteMode: {
    async unary({ store }, request) {
      return { mode: await deleteMode(store, nameIn(request), flagAt(request, 'recursive')) };
    },
  },
} as const satisfies Service;
