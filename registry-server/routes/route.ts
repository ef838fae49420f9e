import type { Router } from '@koa/router';
import type { Registry } from '../registry.ts';

/** One resource of the API: adds its paths to the router. */
export type Route = (router: Router, registry: Registry) => void;
