import type { HttpRecord } from './http-record.ts';

export type Handler = (record: HttpRecord) => void;

/** Stands before the next one: lets a request through to it, or answers. Put together once, not for each request. */
export type Station = (next: Handler) => Handler;
