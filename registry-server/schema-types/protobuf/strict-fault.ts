import type { LinkedFile } from './link.ts';

/**
 * What protoc would refuse in a file or in what it imports; undefined when it compiles.
 * @param imports by path
 */
export function strictFault(
  linked: LinkedFile,
  imports: ReadonlyMap<string, LinkedFile>,
): string | undefined {
  const own = faultOf(linked);
  if (own !== undefined) return own;
  for (const [path, imported] of imports) {
    const fault = faultOf(imported);
    if (fault !== undefined) return `in "${path}": ${fault}`;
  }
  return undefined;
}

const faultOf = ({ faults }: LinkedFile): string | undefined => faults.usual ?? faults.strict;
