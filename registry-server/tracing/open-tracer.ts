import type { Log } from '../log.ts';
import type { ServerSettings } from '../settings.ts';
import type { SpanOutcome, Tracer } from './tracer.ts';

/** What sends spans to the collector that the settings name; undefined when they name none. */
export async function openTracer(
  settings: ServerSettings,
  log: Log,
  counted: (outcome: SpanOutcome, spans: number) => void,
): Promise<Tracer | undefined> {
  const { tracesEndpoint, tracesSampler, tracesRatio, serviceName, resourceAttributes, podName } = settings;
  if (tracesEndpoint === undefined) return undefined;
  // Only now: OpenTelemetry is not for nothing, and most servers have no collector.
  const { openTelemetry } = await import('./open-telemetry.ts');
  return openTelemetry(
    {
      endpoint: tracesEndpoint,
      sampler: tracesSampler,
      ratio: tracesRatio,
      serviceName,
      resourceAttributes: {
        ...resourceAttributes,
        ...(podName === undefined ? {} : { 'k8s.pod.name': podName }),
      },
    },
    log,
    counted,
  );
}
