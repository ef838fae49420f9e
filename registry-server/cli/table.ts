import type { Verb } from './verb.ts';
import { check } from './verbs/check.ts';
import { completion } from './verbs/completion.ts';
import { configDelete, configGet, configSet } from './verbs/config.ts';
import { copy } from './verbs/copy.ts';
import { deleteSubject } from './verbs/delete.ts';
import { diff } from './verbs/diff.ts';
import { get } from './verbs/get.ts';
import { list } from './verbs/list.ts';
import { login } from './verbs/login.ts';
import { logout } from './verbs/logout.ts';
import { modeDelete, modeGet, modeSet } from './verbs/mode.ts';
import { publish } from './verbs/publish.ts';
import { pull } from './verbs/pull.ts';
import { verify } from './verbs/verify.ts';
import { version } from './verbs/version.ts';

/** All verbs, in the order of `registry --help`. */
export const verbs: readonly Verb[] = [
  get,
  list,
  diff,
  check,
  publish,
  pull,
  verify,
  copy,
  configGet,
  configSet,
  configDelete,
  modeGet,
  modeSet,
  modeDelete,
  deleteSubject,
  login,
  logout,
  completion,
  version,
];

/** What the groups of verbs are about. */
export const groups: Readonly<Record<string, string>> = {
  config: 'the compatibility level and other settings: get, set, delete',
  mode: 'whether schemas may be registered: get, set, delete',
};
