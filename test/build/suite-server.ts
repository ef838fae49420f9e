import { startServer, type TestServer } from './server.ts';

/** What tests ask of it. Its address is known once it has started. */
export type SuiteServer = Pick<TestServer, 'ask' | 'get' | 'url'>;

/**
 * One server for all tests of the describe block that calls it: ready before the first of them, stopped after the last.
 * The parameters are those of startServer.
 */
export function suiteServer(...parameters: Parameters<typeof startServer>): SuiteServer {
  let server: TestServer;
  before(async () => {
    server = await startServer(...parameters);
    await server.ready;
  });
  after(() => server?.stop());
  return {
    ask: (...request) => server.ask(...request),
    get: (...request) => server.get(...request),
    get url() {
      return server.url;
    },
  };
}
