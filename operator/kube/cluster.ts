import { HttpMethod, KubeConfig, RequestContext } from '@kubernetes/client-node';
import { type Dispatcher, request as undiciRequest } from 'undici';
import type { Metrics } from '../metrics.ts';
import { pause } from '../pause.ts';
import { ApiError, statusError } from './api-error.ts';
import { type JsonAnswer, readForeign } from './get-json.ts';
import { groupPath, type Kind, pluralOf } from './kinds.ts';
import type { KubeObject } from './kubernetes.ts';

/** The manager that owns every field which the operator applies. */
export const fieldManager = 'llm-schema-registry-operator';

const requestTimeoutMs = 15_000;
/** A server that asks for more is asked again after this, so that nobody waits an hour for a slip of a proxy. */
const longestRetryAfterSeconds = 60;

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
  /** The time until which the server wants to be left alone (Retry-After), shared by all that were fenced off from here. */
  readonly #quiet: { untilMs: number };
  #dispatcher: Dispatcher | undefined;

  /** @param fence once it is aborted nothing more is written, and what is under way is given up */
  constructor(config: KubeConfig, metrics: Metrics, fence?: AbortSignal, quiet = { untilMs: 0 }) {
    this.#config = config;
    this.#metrics = metrics;
    this.#fence = fence;
    this.#quiet = quiet;
  }

  /** The same API server, for as long as the signal allows. */
  fenced(fence: AbortSignal): Cluster {
    return new Cluster(this.#config, this.#metrics, fence, this.#quiet);
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
   * Calls `onEvent` until the watch ends; resolves when the server closes it, rejects when it breaks or `signal` ends it.
   * A watch on which nothing is heard for `silenceMs`, not even a bookmark, is taken for dead.
   * @param onOpen called when the server has taken the watch
   */
  async watch(
    kind: Kind,
    query: Readonly<Record<string, string>>,
    namespace: string | undefined,
    silenceMs: number,
    signal: AbortSignal,
    onEvent: (event: WatchEvent) => void,
    onOpen: () => void = () => undefined,
  ): Promise<void> {
    const path = withQuery(collection(kind, namespace), {
      ...query,
      watch: 'true',
      allowWatchBookmarks: 'true',
    });
    await this.#leaveAlone(signal);
    const ending = new AbortController();
    const tooQuiet = () => ending.abort(new DOMException('nothing was heard on the watch', 'TimeoutError'));
    const stop = () => ending.abort(signal.reason);
    let timer = setTimeout(tooQuiet, requestTimeoutMs);
    signal.addEventListener('abort', stop);
    if (signal.aborted) stop();
    try {
      const response = await this.#send('GET', path, undefined, '', ending.signal);
      if (response.statusCode !== 200) throw statusError(response.statusCode, await response.body.text());
      clearTimeout(timer);
      timer = setTimeout(tooQuiet, silenceMs);
      onOpen();
      let begun = '';
      for await (const text of response.body.setEncoding('utf8') as AsyncIterable<string>) {
        timer.refresh();
        const lines = (begun + text).split('\n');
        begun = lines.pop() ?? '';
        for (const line of lines) if (line !== '') onEvent(readEvent(line));
      }
    } finally {
      clearTimeout(timer);
      signal.removeEventListener('abort', stop);
      // Lets go of the connection where the stream was not read to its end.
      ending.abort();
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

  /** A merge patch: lists become those of the change, also where others have put items into them that server-side apply would keep. */
  async merge(
    object: KubeObject,
    { isDryRun = false, manager = fieldManager }: { isDryRun?: boolean; manager?: string } = {},
  ): Promise<KubeObject> {
    const query = { fieldManager: manager, dryRun: isDryRun ? 'All' : undefined };
    const path = withQuery(objectPath(object), query);
    return (await this.request('PATCH', path, object, 'application/merge-patch+json')) as KubeObject;
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

  /** Deletes that very object only: one of the same name that was made since then stays. */
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
    const response = await this.#ask(method, path, body, contentType);
    const text = await response.body.text();
    if (response.statusCode >= 300) throw statusError(response.statusCode, text);
    return text === '' ? undefined : JSON.parse(text);
  }

  /**
   * A GET that the API server passes on to a pod. What it says itself, for want of an answer, is an error.
   * @throws ApiError
   */
  async getThrough(path: string, signal?: AbortSignal): Promise<JsonAnswer> {
    const response = await this.#ask('GET', path, undefined, '', signal);
    const { statusCode: status } = response;
    const body = await readForeign(response.body);
    const { kind, reason, message } = (body ?? {}) as Readonly<Record<string, unknown>>;
    if (kind === 'Status') throw new ApiError(status, String(reason ?? ''), String(message ?? ''));
    return { status, body };
  }

  /** Asks as soon as the server may be asked, for as long as a request may take. */
  async #ask(method: string, path: string, body: unknown, contentType: string, signal?: AbortSignal) {
    const given = [this.#fence, signal].filter((each) => each !== undefined);
    await this.#leaveAlone(AbortSignal.any(given));
    const ending = AbortSignal.any([AbortSignal.timeout(requestTimeoutMs), ...given]);
    return this.#send(method, path, body, contentType, ending);
  }

  async #send(method: string, path: string, body: unknown, contentType: string, signal: AbortSignal) {
    const server = this.#config.getCurrentCluster()?.server;
    if (server === undefined)
      throw new Error('KUBECONFIG names no current cluster; choose one with kubectl config use-context');
    const url = `${server}${path}`;
    const context = new RequestContext(url, HttpMethod.GET);
    // Called for each request because it renews a service account's token as well.
    await this.#config.applySecurityAuthentication(context);
    this.#dispatcher ??= context.getDispatcher() as Dispatcher | undefined;
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
        // The signal says how long; of its own undici would cut a quiet watch after five minutes.
        bodyTimeout: 0,
        signal,
      });
      code = String(response.statusCode);
      if (response.statusCode === 429 || response.statusCode === 503)
        this.#keepQuiet(response.headers['retry-after']);
      return response;
    } finally {
      this.#metrics.requests.inc({ method, resource: resourceOf(path), code });
    }
  }

  async #leaveAlone(signal = new AbortController().signal): Promise<void> {
    signal.throwIfAborted();
    // Others may be told to wait meanwhile.
    while (this.#quiet.untilMs > performance.now()) {
      await pause(this.#quiet.untilMs - performance.now(), signal);
      signal.throwIfAborted();
    }
  }

  #keepQuiet(retryAfter: string | string[] | undefined): void {
    const seconds = Math.min(Number(retryAfter ?? 0), longestRetryAfterSeconds);
    if (seconds > 0) this.#quiet.untilMs = Math.max(this.#quiet.untilMs, performance.now() + seconds * 1000);
  }
}

/** @throws ApiError where the server ends the watch with a word of its own, such as 410 */
function readEvent(line: string): WatchEvent {
  const event = JSON.parse(line) as { type: string; object: Partial<ApiError> };
  if (event.type !== 'ERROR') return event as unknown as WatchEvent;
  const { code = 500, reason = '', message = 'watch error' } = event.object;
  throw new ApiError(code, reason, message);
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
