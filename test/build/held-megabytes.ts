import type { RegistryProcess } from './registry-process.ts';

/** What a server holds in V8's heap and outside of it (bodies, messages), by its own metrics. */
export async function heldMegabytes(server: RegistryProcess): Promise<number> {
  const metrics = await (await fetch(server.metricsUrl)).text();
  const bytes = (name: string) =>
    Number(new RegExp(`^schema_registry_nodejs_${name}_bytes(?:\\{.*\\})? (\\S+)`, 'm').exec(metrics)?.[1]);
  return (bytes('heap_size_used') + bytes('external_memory')) / 2 ** 20;
}
