import { startServer, type TestServer } from './server.ts';

/**
 * One server for all tests of the describe block that calls it: ready before the first of them, stopped after the last.
 * The parameters are those of startServer.
 */
export function suiteServer(...parameters: Parameters<typeof startServer>): Pick<TestServer, 'ask' | 'get'> {
  let server: TestServer;
  before(async () => {
    server = await startServer(...parameters);
    await server.ready;
  });
  after(() => server?.stop());
  return {
    ask: (...request) => server.ask(...request),
    get: (...request) => server.get(...request),
  };
}
