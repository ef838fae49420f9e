import { ApiException, HttpMethod, KubeConfig, RequestContext, Watch } from '@kubernetes/client-node';
import { type Dispatcher, request as undiciRequest } from 'undici';
import { groupPath, type Kind } from './kinds.ts';
import type { KubeObject } from './kubernetes.ts';
import type { Metrics } from './metrics.ts';

/** Owner of every field that the operator applies. */
export const fieldManager = 'llm-schema-registry-operator';

const requestTimeoutMs = 15_000;

/** What the API server said no to. `code` is the HTTP status, `reason` the API's own word for it. */
export class ApiError extends Error {
  override readonly name = 'ApiError';
  readonly code: number;
  readonly reason: string;

  constructor(code: number, reason: string, message: string) {
    super(message);
    this.code = code;
    this.reason = reason;
  }
}

export const isNotFound = (error: unknown) => error instanceof ApiError && error.code === 404;
export const isConflict = (error: unknown) => error instanceof ApiError && error.code === 409;
/** 410: the resource version is too old; list again. */
export const isExpired = (error: unknown) =>
  (error instanceof ApiError && error.code === 410) || (error instanceof ApiException && error.code === 410);
/** The object itself is refused: another try with the same one is refused as well. */
export const isRefused = (error: unknown): error is ApiError =>
  error instanceof ApiError && (error.code === 422 || error.code === 400 || error.code === 403);

export interface ListPage {
  readonly items: readonly KubeObject[];
  readonly resourceVersion: string;
}

interface RawPage {
  readonly metadata: { readonly resourceVersion: string; readonly continue?: string };
  readonly items: readonly Omit<KubeObject, 'apiVersion' | 'kind'>[];
}

export interface WatchEvent {
  readonly type: 'ADDED' | 'MODIFIED' | 'DELETED' | 'BOOKMARK';
  readonly object: KubeObject;
}

/**
 * The API server, as plain JSON over client-node's configuration. The generated clients are left aside: they turn
 * times into Date objects, which makes what comes back differ from what was sent.
 */
export class Cluster {
  readonly #config: KubeConfig;
  readonly #metrics: Metrics;
  readonly #fence: AbortSignal | undefined;
  #dispatcher: Dispatcher | undefined;

  /** @param fence once it is aborted nothing more is written, and what is under way is given up */
  constructor(config: KubeConfig, metrics: Metrics, fence?: AbortSignal) {
    this.#config = config;
    this.#metrics = metrics;
    this.#fence = fence;
  }

  /** The same API server, for as long as the signal allows. */
  fenced(fence: AbortSignal): Cluster {
    return new Cluster(this.#config, this.#metrics, fence);
  }

  async list(kind: Kind, query: Readonly<Record<string, string>>, namespace?: string): Promise<ListPage> {
    const items: KubeObject[] = [];
    let resourceVersion = '';
    let more: string | undefined;
    do {
      const path = withQuery(collection(kind, namespace), { ...query, limit: '500', continue: more });
      const page = (await this.request('GET', path)) as RawPage;
      // Items of a list leave out what the list says once.
      for (const item of page.items)
        items.push({ ...item, apiVersion: kind.apiVersion, kind: kind.kind } as KubeObject);
      more = page.metadata.continue || undefined;
      resourceVersion = page.metadata.resourceVersion;
    } while (more !== undefined);
    return { items, resourceVersion };
  }

  /**
   * Calls `onEvent` until the watch ends; resolves when the server closes it, rejects when it breaks.
   * A watch on which nothing is heard for `silenceMs`, not even a bookmark, is taken for dead.
   */
  async watch(
    kind: Kind,
    query: Readonly<Record<string, string>>,
    namespace: string | undefined,
    silenceMs: number,
    signal: AbortSignal,
    onEvent: (event: WatchEvent) => void,
  ): Promise<void> {
    const watch = new Watch(this.#config);
    // Private in its type only; its own 30 s would cut every quiet watch twice a minute.
    Reflect.set(watch, 'requestTimeoutMs', silenceMs);
    const { promise, resolve, reject } = Promise.withResolvers<void>();
    const controller = await watch.watch(
      collection(kind, namespace),
      { ...query, allowWatchBookmarks: 'true' },
      (type, object) => {
        // Nothing may be thrown in here: client-node takes it for a line that it cannot parse.
        if (type === 'ERROR')
          reject(new ApiError(object?.code ?? 500, object?.reason ?? '', object?.message ?? 'watch error'));
        else onEvent({ type, object } as WatchEvent);
      },
      (error) => (error ? reject(asApiError(error)) : resolve()),
    );
    const abort = () => controller.abort();
    signal.addEventListener('abort', abort);
    if (signal.aborted) abort();
    try {
      await promise;
    } finally {
      signal.removeEventListener('abort', abort);
      abort();
    }
  }

  /** Server-side apply: the fields given are ours, whoever had them before. */
  async apply(
    object: KubeObject,
    options: { manager?: string; isDryRun?: boolean; subresource?: string } = {},
  ): Promise<KubeObject> {
    const { manager = fieldManager, isDryRun = false, subresource } = options;
    const query = { fieldManager: manager, force: 'true', dryRun: isDryRun ? 'All' : undefined };
    const path = objectPath(object, subresource);
    return (await this.request(
      'PATCH',
      withQuery(path, query),
      object,
      'application/apply-patch+yaml',
    )) as KubeObject;
  }

  async create(object: KubeObject): Promise<KubeObject> {
    return (await this.request('POST', collectionOf(object), object)) as KubeObject;
  }

  async get(object: KubeObject): Promise<KubeObject> {
    return (await this.request('GET', objectPath(object))) as KubeObject;
  }

  async update(object: KubeObject): Promise<KubeObject> {
    return (await this.request('PUT', objectPath(object), object)) as KubeObject;
  }

  /** Only that very object: one of the same name made since then stays. */
  async delete(object: KubeObject): Promise<void> {
    const { uid } = object.metadata;
    await this.request('DELETE', objectPath(object), {
      propagationPolicy: 'Background',
      preconditions: { uid },
    });
  }

  /** @throws ApiError for every answer that is not 2xx; an Error with its cause where there is no answer */
  async request(
    method: string,
    path: string,
    body?: unknown,
    contentType = 'application/json',
  ): Promise<unknown> {
    this.#fence?.throwIfAborted();
    const server = this.#config.getCurrentCluster()?.server;
    if (server === undefined)
      throw new Error('KUBECONFIG names no current cluster; choose one with kubectl config use-context');
    const url = `${server}${path}`;
    const context = new RequestContext(url, HttpMethod.GET);
    // Called for each request because it renews a service account's token as well.
    await this.#config.applySecurityAuthentication(context);
    this.#dispatcher ??= context.getDispatcher() as Dispatcher | undefined;
    const resource = resourceOf(path);
    let code = '<error>';
    try {
      const response = await undiciRequest(url, {
        method: method as Dispatcher.HttpMethod,
        headers: {
          ...context.getHeaders(),
          accept: 'application/json',
          ...(body === undefined ? {} : { 'content-type': contentType }),
        },
        ...(body === undefined ? {} : { body: JSON.stringify(body) }),
        ...(this.#dispatcher === undefined ? {} : { dispatcher: this.#dispatcher }),
        signal: AbortSignal.any([
          AbortSignal.timeout(requestTimeoutMs),
          ...(this.#fence === undefined ? [] : [this.#fence]),
        ]),
      });
      code = String(response.statusCode);
      const text = await response.body.text();
      if (response.statusCode >= 300) throw statusError(response.statusCode, text);
      return text === '' ? undefined : JSON.parse(text);
    } finally {
      this.#metrics.requests.inc({ method, resource, code });
    }
  }
}

/** @throws Error that says which file or context is wrong */
export function openKubeConfig(): KubeConfig {
  const config = new KubeConfig();
  try {
    config.loadFromDefault();
  } catch (error) {
    throw new Error(`KUBECONFIG (${process.env.KUBECONFIG ?? '~/.kube/config'}) cannot be read`, {
      cause: error,
    });
  }
  return config;
}

/** A GET over a connection of its own: a kept one would go on speaking to a pod that is about to stop. */
export async function getJson(url: string, timeoutMs: number): Promise<{ status: number; body: unknown }> {
  const response = await undiciRequest(url, {
    reset: true,
    signal: AbortSignal.timeout(timeoutMs),
    headers: { accept: 'application/json' },
  });
  return { status: response.statusCode, body: await response.body.json() };
}

/** Holds for every kind that the operator touches. */
function pluralOf(kind: string): string {
  return kind.endsWith('y') ? `${kind.toLowerCase().slice(0, -1)}ies` : `${kind.toLowerCase()}s`;
}

function collection(
  { apiVersion, plural }: Pick<Kind, 'apiVersion' | 'plural'>,
  namespace: string | undefined,
): string {
  return `${groupPath(apiVersion)}${namespace === undefined ? '' : `/namespaces/${namespace}`}/${plural}`;
}

function collectionOf({ apiVersion, kind, metadata }: KubeObject): string {
  return collection({ apiVersion, plural: pluralOf(kind) }, metadata.namespace);
}

function objectPath(object: KubeObject, subresource?: string): string {
  const { name } = object.metadata;
  return `${collectionOf(object)}/${name}${subresource === undefined ? '' : `/${subresource}`}`;
}

function withQuery(path: string, query: Readonly<Record<string, string | undefined>>): string {
  const given = Object.entries(query).filter((entry): entry is [string, string] => entry[1] !== undefined);
  return given.length === 0 ? path : `${path}?${new URLSearchParams(given)}`;
}

/** `pods` of `/api/v1/namespaces/x/pods/y`, `schemaregistries/status` of its status: a label with few values. */
function resourceOf(path: string): string {
  const [bare = ''] = path.split('?');
  const parts = bare.split('/').slice(bare.startsWith('/apis/') ? 4 : 3);
  const [resource = '', , subresource] =
    parts[0] === 'namespaces' && parts.length > 2 ? parts.slice(2) : parts;
  return subresource === undefined ? resource : `${resource}/${subresource}`;
}

function statusError(code: number, text: string): ApiError {
  try {
    const { reason = '', message = text } = JSON.parse(text) as { reason?: string; message?: string };
    return new ApiError(code, reason, message);
  } catch {
    return new ApiError(code, '', text.slice(0, 500));
  }
}

function asApiError(error: unknown): unknown {
  const code = (error as { statusCode?: unknown } | null)?.statusCode;
  return typeof code === 'number' ? new ApiError(code, '', (error as Error).message) : error;
}
