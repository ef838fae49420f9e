/**
 * What is wrong, in sentences, from a registry's messages: those of Confluent and ours are records of a kind, a description and the
 * whole of what it was compared with. What has another form is left as it is.
 */
export function findings(messages: readonly string[]): string[] {
  const told = messages.flatMap((message) => {
    const [, kind, description] = finding.exec(message) ?? [];
    if (kind !== undefined) return [`${description} (${kind})`];
    return surroundings.test(message) ? [] : [message];
  });
  const versions = messages
    .map((message) => /^\{oldSchemaVersion: (\d+)\}$/.exec(message)?.[1])
    .filter(Boolean);
  if (told.length === 0) return [...messages];
  return versions.length === 0
    ? told
    : [...told, `Compared with version ${[...new Set(versions)].join(', ')}.`];
}

const finding = /^\{errorType:\s?'(\w+)', description:\s?'(.*?)'(?:, additionalInfo:\s?'.*')?\}$/s;
const surroundings = /^\{(?:oldSchemaVersion: |oldSchema: |validateFields: |compatibility: )/;
