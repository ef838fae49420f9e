/**
 * A copy of `value` whose parts are those of `model` wherever the two are equal, and in which each text is there once.
 * JSON that was parsed anew shares nothing, and the objects of one registry differ from those of another by little more
 * than a name.
 */
export function share<Value>(value: Value, model: unknown): Value {
  return shareParts(value, model, new Map()) as Value;
}

function shareParts(value: unknown, model: unknown, texts: Map<string, string>): unknown {
  if (value === model) return model;
  if (typeof value === 'string') {
    const first = texts.get(value) ?? value;
    texts.set(first, first);
    return first;
  }
  if (Array.isArray(value)) {
    const like: readonly unknown[] = Array.isArray(model) ? model : [];
    const items = value.map((item, index) => shareParts(item, like[index], texts));
    return items.length === like.length && items.every((item, index) => item === like[index]) ? like : items;
  }
  if (!isFields(value)) return value;
  const like = isFields(model) ? model : {};
  // Spread, so that all its fields are laid out at once.
  const fields: Record<string, unknown> = { ...value };
  const names = Object.keys(fields);
  for (const name of names) fields[name] = shareParts(fields[name], like[name], texts);
  const isLike = (name: string) => Object.hasOwn(like, name) && fields[name] === like[name];
  return names.length === Object.keys(like).length && names.every(isLike) ? like : fields;
}

const isFields = (value: unknown): value is Readonly<Record<string, unknown>> =>
  value !== null && typeof value === 'object' && !Array.isArray(value);
