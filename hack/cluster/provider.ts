import type { BuiltImage } from '../images/build-images.ts';
import type { Report } from './report.ts';
import type { RunningCluster, UpOptions } from './up.ts';

/** A Service, as seen by a user on the host; without an address it takes a port-forward. */
export type Exposed = { readonly address?: string };

export type ServicePort = {
  readonly namespace: string;
  readonly service: string;
  readonly port: number;
  readonly hostPort?: number;
};

/** One way to have a cluster. */
export type Provider = {
  /** What stands against using it, in words; undefined where nothing does. */
  readonly whyNot: () => Promise<string | undefined>;
  readonly up: (options: UpOptions) => Promise<RunningCluster>;
  /** Removes the cluster, when the provider made it. */
  readonly down: (name: string) => Promise<void>;
  /** The images of this tree, for a cluster that it made; none where a cluster pulls the released ones. */
  readonly buildImages: (report: Report) => Promise<readonly BuiltImage[]>;
  readonly loadImages: (name: string, archives: readonly string[], report: Report) => Promise<void>;
  readonly expose: (cluster: RunningCluster, service: ServicePort) => Promise<Exposed>;
};
