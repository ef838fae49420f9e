import { apiGroup } from '../kube/kinds.ts';
import type { V1Container, V1PodTemplateSpec } from '../kube/kubernetes.ts';
import type { Observed } from '../observed.ts';
import type { Registry } from '../registry.ts';
import { BadSpec } from '../spec.ts';
import { mustBeAllowedImage } from './allowed-images.ts';
import { serverConfig } from './config-map.ts';
import { mustBeAllowed } from './overlay-policy.ts';
import { containerSecurity, contentHash } from './pod.ts';

export const overlayHashAnnotation = 'llm-schema-registry.io/pod-template-hash';

/**
 * The pod template with spec.podTemplate laid over it, as a strategic merge does: maps key by key, lists with a key item
 * by item, other lists as a whole.
 * @throws BadSpec that names the field, what was found and where it belongs
 */
export function withOverlay(
  registry: Registry,
  observed: Observed,
  template: V1PodTemplateSpec,
): V1PodTemplateSpec {
  const { podTemplate, policy } = registry;
  if (podTemplate === undefined) return template;
  mustBeFree(registry, template);
  const images = ['containers', 'initContainers'].flatMap((list) =>
    itemsAt(podTemplate, ['spec', list], `spec.${list}`).map(({ name, image }) => ({ list, name, image })),
  );
  for (const { list, name, image } of images)
    if (image !== undefined)
      mustBeAllowedImage(registry, `spec.podTemplate.spec.${list}[${name}].image`, String(image));
  const isRestricted = policy.podTemplate === 'Restricted';
  if (isRestricted) mustBeAllowed(registry, observed, template);
  const overlaid = merged(template, withPresentNames(podTemplate), podTemplate);
  return isRestricted ? secured(overlaid) : overlaid;
}

/** @param noted what is told from others by a hash on the pods */
export function merged(template: V1PodTemplateSpec, overlay: Fields, noted = overlay): V1PodTemplateSpec {
  const overlaid = merge(template, overlay, '') as V1PodTemplateSpec;
  const annotations = { ...overlaid.metadata?.annotations, [overlayHashAnnotation]: contentHash(noted) };
  return { ...overlaid, metadata: { ...overlaid.metadata, annotations } };
}

const serverField = 'spec.podTemplate';

type Fields = Readonly<Record<string, unknown>>;

/** `serviceAccount` is the former name of a field: the API server takes the present one where both are there, and mirrors it. */
function withPresentNames(overlay: Fields): Fields {
  const { serviceAccount, ...spec } = (overlay.spec ?? {}) as Fields;
  if (serviceAccount === undefined) return overlay;
  return { ...overlay, spec: { serviceAccountName: serviceAccount, ...spec } };
}

/** Containers of the overlay have what Pod Security restricted asks for, whether they say so or not. */
function secured(template: V1PodTemplateSpec): V1PodTemplateSpec {
  const { allowPrivilegeEscalation, capabilities } = containerSecurity;
  const secure = (container: V1Container): V1Container => {
    const given = container.securityContext;
    return {
      ...container,
      securityContext: {
        ...given,
        allowPrivilegeEscalation,
        capabilities: { ...given?.capabilities, ...capabilities },
      },
    } as V1Container;
  };
  const { initContainers, containers = [] } = template.spec ?? {};
  return {
    ...template,
    spec: {
      ...template.spec,
      ...(initContainers === undefined ? {} : { initContainers: initContainers.map(secure) }),
      containers: containers.map((container) =>
        container.name === 'server' ? container : secure(container),
      ),
    },
  } as V1PodTemplateSpec;
}

/** What the operator itself has to decide, and where a user says it instead. */
const ownedByOperator: readonly { readonly path: readonly string[]; readonly instead: string }[] = [
  { path: ['spec', 'terminationGracePeriodSeconds'], instead: 'write spec.config.shutdownTimeout' },
  { path: ['spec', 'securityContext'], instead: 'leave it out; every pod passes Pod Security restricted' },
];
const ownedInServer: Readonly<Record<string, string>> = {
  image: 'write spec.image',
  imagePullPolicy: 'write spec.image.pullPolicy',
  resources: 'write spec.resources',
  ports: 'leave it out; the Services lead to the ports as they are',
  command: 'leave it out; add a container of your own for other programs',
  args: 'leave it out; spec.config has what the server can be told',
  securityContext: 'leave it out; every pod passes Pod Security restricted',
};

function mustBeFree(registry: Registry, template: V1PodTemplateSpec): void {
  const overlay = registry.podTemplate as Fields;
  for (const { path, instead } of ownedByOperator)
    refuse(`${serverField}.${path.join('.')}`, at(overlay, path), instead);
  mustKeepMetadata(overlay, template, serverField);
  const containers = itemsAt(overlay, ['spec', 'containers'], 'spec.containers');
  const server = containers.find(({ name }) => name === 'server') ?? {};
  for (const [field, instead] of Object.entries(ownedInServer))
    refuse(`${serverField}.spec.containers[server].${field}`, server[field], instead);
  const ours = new Set([
    ...Object.keys(serverConfig(registry)),
    ...(template.spec?.containers[0]?.env ?? []).map(({ name }) => name),
  ]);
  for (const { name, value, valueFrom } of itemsAt(server, ['env'], 'spec.containers[server].env'))
    if (ours.has(String(name)))
      refuse(
        `${serverField}.spec.containers[server].env[${name}]`,
        value ?? valueFrom ?? '',
        'leave it out; it follows from the other fields of the spec',
      );
}

/** Labels by which pods are found, and what the operator notes on them, stay. */
export function mustKeepMetadata(overlay: Fields, template: V1PodTemplateSpec, field: string): void {
  const labels = (at(overlay, ['metadata', 'labels']) ?? {}) as Record<string, string>;
  for (const [key, value] of Object.entries(labels)) {
    const ours = template.metadata?.labels?.[key];
    if (ours !== undefined && ours !== value)
      refuse(
        `${field}.metadata.labels[${key}]`,
        value,
        `leave it out; it is "${ours}", by which the pods are found`,
      );
  }
  const annotations = (at(overlay, ['metadata', 'annotations']) ?? {}) as Record<string, string>;
  for (const [key, value] of Object.entries(annotations))
    if (key.startsWith(`${apiGroup}/`))
      refuse(
        `${field}.metadata.annotations[${key}]`,
        value,
        'leave it out; the operator notes there what the pods run',
      );
}

function refuse(field: string, found: unknown, instead: string): void {
  if (found === undefined) return;
  const text = JSON.stringify(found);
  const shown = text.length > 100 ? `${text.slice(0, 100)}…` : text;
  throw new BadSpec(`${field}: ${shown} is not for an overlay to say; ${instead}`);
}

/** The items of a list; none where there is no list. */
function itemsAt(fields: Fields, path: readonly string[], field: string): readonly Fields[] {
  const found = at(fields, path) ?? [];
  const isList = Array.isArray(found) && found.every((item) => typeof item === 'object' && item !== null);
  if (!isList) throw new BadSpec(`spec.podTemplate.${field}: this is no list of objects; write one`);
  return found;
}

function at(fields: Fields, path: readonly string[]): unknown {
  return path.reduce<unknown>((found, key) => (found as Fields | undefined)?.[key], fields);
}

/** As in the Kubernetes API: what tells the items of these lists apart. */
const keyOfList: Readonly<Record<string, string>> = {
  containers: 'name',
  initContainers: 'name',
  env: 'name',
  volumes: 'name',
  volumeMounts: 'mountPath',
  imagePullSecrets: 'name',
  hostAliases: 'ip',
};

function merge(base: unknown, overlay: unknown, field: string): unknown {
  if (overlay === null || base === undefined) return overlay ?? undefined;
  if (Array.isArray(base) && Array.isArray(overlay)) return mergeLists(base, overlay, field);
  if (typeof base !== 'object' || base === null || typeof overlay !== 'object') return overlay;
  const fresh = Object.entries(overlay).map(([key, value]) => [
    key,
    merge((base as Fields)[key], value, key),
  ]);
  return { ...base, ...Object.fromEntries(fresh) };
}

function mergeLists(base: readonly Fields[], overlay: readonly Fields[], field: string): readonly unknown[] {
  // Of two sources the later one wins: ours.
  if (field === 'envFrom') return [...overlay, ...base];
  const key = keyOfList[field];
  if (key === undefined) return overlay;
  const merged = base.map((item) => {
    const over = overlay.find((candidate) => candidate[key] === item[key]);
    return over === undefined ? item : merge(item, over, '');
  });
  const names = new Set(base.map((item) => item[key]));
  return [...merged, ...overlay.filter((item) => !names.has(item[key]))];
}
