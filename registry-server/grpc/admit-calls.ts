import {
  type Metadata,
  ServerInterceptingCall,
  type ServerInterceptingCallInterface,
  type ServerInterceptor,
} from '@grpc/grpc-js';
import type { Admit } from '../authentication/admit.ts';
import { RegistryError } from '../errors.ts';
import type { Lifecycle } from '../lifecycle.ts';
import { authorize } from './authorize.ts';
import type { CallRecord } from './call-record.ts';
import { statusOf } from './status.ts';

export interface AdmitCallsParts {
  /** Undefined where nobody is asked who they are. */
  readonly admit: Admit | undefined;
  readonly lifecycle: Lifecycle;
  readonly requestTimeoutMs: number;
  /** Undefined for what is open to all: health and reflection. */
  readonly begin: (
    path: string,
    metadata: Metadata,
    call: ServerInterceptingCallInterface,
  ) => CallRecord | undefined;
}

/**
 * What stands before the services: with the metadata a call's clock starts, and it is decided who may make it. Of a
 * message nothing is read before, and one that does not come in time is not waited for.
 * @param admitted is given the record of each call that goes on
 */
export function admitCalls(
  { admit, lifecycle, requestTimeoutMs, begin }: AdmitCallsParts,
  admitted: (metadata: Metadata, record: CallRecord) => void,
): ServerInterceptor {
  return ({ path, requestStream }, call) => {
    let record: CallRecord | undefined;
    let isRefused = false;
    const clock = setTimeout(() => refuse(new RegistryError('BODY_TOO_SLOW')), requestTimeoutMs);

    return new ServerInterceptingCall(call, {
      start: (next) =>
        next({
          onReceiveMetadata(metadata, goOn) {
            record = begin(path.slice(1), metadata, call);
            if (record === undefined) return goOn(metadata);
            const entering = record;
            authorize(admit, entering.headers, entering.called).then((admission) => {
              entering.admission = admission;
              const { phase } = lifecycle;
              if (isRefused) return;
              if (admission.error !== undefined) return refuse(admission.error);
              if (phase.is === 'starting')
                return refuse(new RegistryError('STORE_ERROR', { detail: phase.cause }));
              admitted(metadata, entering);
              goOn(metadata);
            }, refuse);
          },
          onReceiveMessage(message, goOn) {
            if (requestStream) clearTimeout(clock);
            if (!isRefused) goOn(message);
          },
          onReceiveHalfClose(goOn) {
            clearTimeout(clock);
            if (!isRefused) goOn();
          },
          onCancel() {
            clearTimeout(clock);
            if (record !== undefined) record.isCancelled = true;
          },
        }),
    });

    function refuse(error: unknown): void {
      clearTimeout(clock);
      isRefused = true;
      const reply = record === undefined ? new RegistryError('BODY_TOO_SLOW') : record.end(error);
      const status = statusOf(reply);
      if (record !== undefined) status.metadata.set('x-request-id', record.id);
      call.sendStatus(status);
    }
  };
}
