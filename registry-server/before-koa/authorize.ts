import type { Admission, Admit, Need } from '../authentication/admit.ts';
import { RegistryError } from '../errors.ts';
import type { Log } from '../log.ts';
import { chooseMediaType, mediaTypes } from '../reading/media-types.ts';
import { logFailure } from '../requests/log-failure.ts';
import { writeError } from '../writing/write-error.ts';
import type { Answering } from './answer.ts';
import { type HttpRecord, namesOf, pathOf } from './http-record.ts';
import type { Handler, Station } from './station.ts';

export interface AuthorizeParts {
  readonly admit: Admit;
  /** What credentials may be sent, each as a value of WWW-Authenticate. */
  readonly challenges: readonly string[];
  /** What a request needs, by method and URL. */
  readonly needOf: (method: string, url: string) => Need;
  /** What a request asks for, in words. */
  readonly operationOf: (method: string, url: string) => string;
  readonly answer: Answering;
  readonly log: Log;
}

/**
 * Lets through who may do what they ask for. It stands before what is answered from memory and before Koa, so that both
 * are behind it; a server that asks nobody who they are has none.
 */
export function authorize(parts: AuthorizeParts): Station {
  const { admit, challenges, needOf, operationOf, answer, log } = parts;
  return (next) => (record) => {
    const { request, method, url } = record;
    const need = needOf(method, url);
    if (need === 'open') {
      next(record);
      return;
    }
    const admission = admit(request.headers, need, () => operationOf(method, url));
    if (admission instanceof Promise)
      admission.then((later) => decide(record, later, next)).catch((error) => fail(record, error));
    else decide(record, admission, next);
  };

  function decide(record: HttpRecord, admission: Admission, next: Handler): void {
    record.admission = admission;
    if (admission.error === undefined) next(record);
    else refuse(record, admission.error);
  }

  function fail(record: HttpRecord, cause: unknown): void {
    logFailure(log, cause, namesOf(record, pathOf(record)));
    refuse(record, new RegistryError('INTERNAL', {}, { cause }));
  }

  /** The answer has the form that the routes give theirs. */
  function refuse(record: HttpRecord, error: RegistryError): void {
    const { status } = error;
    const headers: string[] = [];
    if (status === 401) for (const challenge of challenges) headers.push('WWW-Authenticate', challenge);
    if (status === 503) headers.push('Retry-After', '1');
    answer(record, {
      status,
      mediaType: chooseMediaType(record.request.headers.accept ?? '') ?? mediaTypes[0],
      body: Buffer.from(JSON.stringify(writeError(error))),
      headers,
    });
  }
}
