import type { RequestListener, ServerResponse } from 'node:http';
import type { Log } from '../log.ts';
import { type Readiness, statusOf } from '../readiness.ts';
import type { Metrics } from './metrics.ts';

export interface MetricsListenerParts {
  readonly metrics: Pick<Metrics, 'contentType' | 'write'>;
  readonly readiness: () => Promise<Readiness>;
  readonly log: Pick<Log, 'error'>;
}

interface Page {
  readonly status: number;
  readonly type: string;
  readonly text: string;
}

/**
 * What is for those who look after the server: /metrics, and /ready with all that the API's own keeps to itself. It asks
 * nobody who they are, so its port is for the cluster alone.
 */
export function metricsListener({ metrics, readiness, log }: MetricsListenerParts): RequestListener {
  const pages: Readonly<Record<string, () => Promise<Page>>> = {
    '/metrics': async () => ({ status: 200, type: metrics.contentType, text: await metrics.write() }),
    '/ready': async () => {
      const found = await readiness();
      return { status: statusOf(found), type: 'application/json', text: JSON.stringify(found) };
    },
  };
  return (request, response) => {
    const [path = ''] = (request.url ?? '').split('?');
    const page = Object.hasOwn(pages, path) ? pages[path] : undefined;
    if (page === undefined) {
      response.writeHead(404).end();
      return;
    }
    page().then(
      (written) => write(response, written),
      (error: Error) => {
        log.error('a page of the metrics port cannot be written', { path, error: error.stack });
        response.writeHead(500).end();
      },
    );
  };
}

function write(response: ServerResponse, { status, type, text }: Page): void {
  response.writeHead(status, { 'Content-Type': type }).end(text);
}
