import type { HttpRecord } from './http-record.ts';

export type Handler = (record: HttpRecord) => void;

/** A station lets a request through to the next handler, or answers. Stations are put together once, not for each request. */
export type Station = (next: Handler) => Handler;
