import { isArray, isObject, type Json, stableJson } from './json-text.ts';

/**
 * One number for all JSON values that are equal. Each array and object is looked at once, however many others it is
 * in: the texts of alternatives inside alternatives would be written again at every level.
 */
export class JsonIdentities {
  readonly #byText = new Map<string, number>();
  readonly #byObject = new WeakMap<object, number>();

  of(value: Json): number {
    if (!isArray(value) && !isObject(value)) return this.#ofText(stableJson(value));
    const known = this.#byObject.get(value);
    if (known !== undefined) return known;
    const identity = this.#ofText(
      isArray(value)
        ? `[${value.map((item) => this.of(item)).join(',')}]`
        : `{${Object.keys(value)
            .sort()
            .map((key) => `${JSON.stringify(key)}:${this.of(value[key] as Json)}`)
            .join(',')}}`,
    );
    this.#byObject.set(value, identity);
    return identity;
  }

  #ofText(text: string): number {
    const known = this.#byText.get(text);
    if (known !== undefined) return known;
    const identity = this.#byText.size;
    this.#byText.set(text, identity);
    return identity;
  }
}
