import type { KubeObject, V1Secret } from '../kube/kubernetes.ts';
import type { Component } from '../labels.ts';
import type { Registry } from '../registry.ts';
import { meta } from './child.ts';
import { dataOf } from './pod.ts';

/** A Secret of ours. */
export function secret(
  registry: Registry,
  component: Component,
  name: string,
  values: Readonly<Record<string, string>>,
  {
    type = 'Opaque',
    annotations = {},
  }: { type?: string; annotations?: Readonly<Record<string, string>> } = {},
): KubeObject {
  const data = Object.entries(values).map(([key, value]) => [key, Buffer.from(value).toString('base64')]);
  const object = meta(registry, 'Secret', component, name);
  return {
    ...object,
    metadata: { ...object.metadata, ...(Object.keys(annotations).length === 0 ? {} : { annotations }) },
    type,
    data: Object.fromEntries(data) as Record<string, string>,
  } satisfies V1Secret;
}

/** What is under a key; '' where nothing is. */
export function textOf(object: KubeObject | undefined, key: string): string {
  return Buffer.from(dataOf(object)[key] ?? '', 'base64').toString();
}
