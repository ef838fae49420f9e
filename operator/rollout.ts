import { authorityHashAnnotation } from './desired/certificates.ts';
import { namedSecretsAnnotation } from './desired/named-secrets.ts';
import { overlayHashAnnotation } from './desired/overlay.ts';
import { configHashAnnotation, dataOf, secretHashAnnotation } from './desired/pod.ts';
import { findAnyDifference, findDifference } from './difference.ts';
import type { KubeObject, V1PodTemplateSpec } from './kube/kubernetes.ts';
import { appliedHashAnnotation, type Component } from './labels.ts';

/**
 * Why a change to the Deployment replaces its pods, in words; undefined where it does not. Pure.
 * @param config the server's ConfigMap before and after
 */
export function rolloutCause(
  before: KubeObject,
  after: KubeObject,
  config: { readonly before: KubeObject | undefined; readonly after: KubeObject | undefined },
): string | undefined {
  const old = templateOf(before);
  const fresh = templateOf(after);
  const causes: string[] = [];
  const [oldMain, newMain] = mainOf(old, fresh);
  const [oldImage, newImage] = [oldMain?.image, newMain?.image];
  if (oldImage !== newImage) causes.push(`image ${oldImage} → ${newImage}`);
  if (annotation(old, configHashAnnotation) !== annotation(fresh, configHashAnnotation)) {
    causes.push(`configuration: ${changedKeys(config.before, config.after)}`);
  }
  if (annotation(old, secretHashAnnotation) !== annotation(fresh, secretHashAnnotation))
    causes.push('credentials');
  causes.push(
    ...changedSecrets(annotation(old, namedSecretsAnnotation), annotation(fresh, namedSecretsAnnotation)),
  );
  if (findDifference(newMain?.resources, oldMain?.resources) !== undefined) causes.push('resources');
  const [oldAuthority, newAuthority] = [old, fresh].map((template) =>
    annotation(template, authorityHashAnnotation),
  );
  if (oldAuthority !== newAuthority) causes.push('authority of the certificates');
  if (annotation(old, overlayHashAnnotation) !== annotation(fresh, overlayHashAnnotation))
    causes.push('pod template');
  if (causes.length === 0) causes.push(...otherCauses(before, after));
  return causes.length === 0 ? undefined : causes.join('; ');
}

/** Why a change to a StatefulSet restarts its pod, in words; undefined where it does not. Pure. */
export function restartCause(before: KubeObject, after: KubeObject): string | undefined {
  const [old, fresh] = [templateOf(before), templateOf(after)];
  const others = otherCauses(before, after);
  if (others.length === 0) return undefined;
  const [oldMain, newMain] = mainOf(old, fresh);
  const causes: string[] = [];
  if (oldMain?.image !== newMain?.image) causes.push(`image ${oldMain?.image} → ${newMain?.image}`);
  if (findDifference(newMain?.resources, oldMain?.resources) !== undefined) causes.push('resources');
  if (annotation(old, configHashAnnotation) !== annotation(fresh, configHashAnnotation))
    causes.push('configuration');
  if (annotation(old, overlayHashAnnotation) !== annotation(fresh, overlayHashAnnotation))
    causes.push('pod template');
  return (causes.length === 0 ? others : causes).join('; ');
}

const otherOperator = 'another version of the operator, which makes the pods differently';

/** What is wanted is the same as before: somebody had changed the template, or added to it. */
function otherCauses(before: KubeObject, after: KubeObject): readonly string[] {
  const [old, fresh] = [templateOf(before), templateOf(after)];
  const field = findAnyDifference(fresh, old);
  if (field === undefined) return [];
  const [oldHash, freshHash] = [before, after].map(
    ({ metadata }) => metadata.annotations?.[appliedHashAnnotation],
  );
  return [oldHash === freshHash ? `repair of .spec.template${field}` : otherOperator];
}

function changedKeys(before: KubeObject | undefined, after: KubeObject | undefined): string {
  const old = dataOf(before);
  const fresh = dataOf(after);
  const keys = [...new Set([...Object.keys(old), ...Object.keys(fresh)])].filter(
    (key) => old[key] !== fresh[key],
  );
  return keys.map((key) => `${key} ${old[key] ?? 'unset'} → ${fresh[key] ?? 'unset'}`).join(', ');
}

function changedSecrets(before = '{}', after = '{}'): readonly string[] {
  const old = JSON.parse(before) as Record<string, string>;
  const fresh = JSON.parse(after) as Record<string, string>;
  return [...new Set([...Object.keys(old), ...Object.keys(fresh)])]
    .filter((name) => old[name] !== fresh[name])
    .map((name) => `Secret ${name}`);
}

function templateOf(deployment: KubeObject): V1PodTemplateSpec {
  return (deployment.spec as { template: V1PodTemplateSpec }).template;
}

/** The program's own container; others may have put theirs before it. */
function mainOf(old: V1PodTemplateSpec, fresh: V1PodTemplateSpec) {
  return [old, fresh].map(({ spec }) => spec?.containers.find(({ name }) => mainContainers.has(name)));
}

const mainContainers = new Set<string>(['server', 'postgres', 'redis'] satisfies Component[]);

function annotation(template: V1PodTemplateSpec, name: string): string | undefined {
  return template.metadata?.annotations?.[name];
}
