/** Where, in the schema that was sent: a JSON Pointer, cut at 500 characters. */
interface At {
  readonly path: string;
  readonly rule: string;
}

export interface Change extends At {
  readonly change: 'added' | 'dropped' | 'moved' | 'rewritten';
  readonly why: string;
}

/** A rule of the schema that the provider does not hold the model to: what comes back is to be validated. */
export interface NotEnforced extends At {
  /** As JSON, cut at 200 characters. */
  readonly value: string;
}

export interface Refusal extends At {
  readonly reason: string;
  /** What would be right. */
  readonly right: string;
}

// What is left out is counted.
const MAX_LISTED = 500;
const MAX_REFUSALS = 20;
const MAX_PATH = 500;
const MAX_VALUE = 200;

export const clip = (text: string, most: number): string =>
  text.length > most ? `${text.slice(0, most).toWellFormed()}…` : text;

/** All that is to be said of one rendering, in the order in which it was found. */
export class Notes {
  readonly changes: Change[] = [];
  readonly notEnforced: NotEnforced[] = [];
  readonly refusals: Refusal[] = [];
  /** How many found no room in the lists. */
  omitted = 0;

  changed(path: string, rule: string, change: Change['change'], why: string): void {
    this.#add(
      this.changes,
      { path: clip(path, MAX_PATH), rule: clip(rule, MAX_VALUE), change, why },
      MAX_LISTED,
    );
  }

  unenforced(path: string, rule: string, value: string): void {
    const note = { path: clip(path, MAX_PATH), rule: clip(rule, MAX_VALUE), value: clip(value, MAX_VALUE) };
    this.#add(this.notEnforced, note, MAX_LISTED);
  }

  refuse(path: string, rule: string, reason: string, right: string): void {
    const note = { path: clip(path, MAX_PATH), rule, reason, right };
    this.#add(this.refusals, note, MAX_REFUSALS);
  }

  #add<T>(list: T[], note: T, most: number): void {
    if (list.length < most) list.push(note);
    else this.omitted++;
  }
}
