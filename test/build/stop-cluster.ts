import { stopCluster } from './running-cluster.ts';

/** The cluster is made by whichever file needs it first, and ends with the run. */
export const mochaHooks = {
  async afterAll(this: { timeout(ms: number): void }) {
    this.timeout(120_000);
    await stopCluster();
  },
};
