import type { KindName } from './kube/kinds.ts';
import type {
  KubeObject,
  V1Deployment,
  V1PersistentVolumeClaim,
  V1Pod,
  V1StatefulSet,
  V2HorizontalPodAutoscaler,
} from './kube/kubernetes.ts';
import type { Component } from './labels.ts';

/** What the operator issues where there is none yet, and where another is asked for or is needed soon. */
export interface Issued {
  readonly newPasswords: Readonly<Record<'postgres' | 'redis' | 'auth' | 'hashes', string>>;
  /** The certificates in force; undefined: nothing is encrypted inside the cluster. */
  readonly certificates: Certificates | undefined;
}

/** All that one run knows of the world; read once, then only looked at. */
export interface Observed extends Issued {
  readonly nowMs: number;
  readonly children: readonly KubeObject[];
  readonly deployment: V1Deployment | undefined;
  readonly postgres: V1StatefulSet | undefined;
  readonly redis: V1StatefulSet | undefined;
  readonly autoscaler: V2HorizontalPodAutoscaler | undefined;
  readonly pods: readonly V1Pod[];
  readonly claims: readonly V1PersistentVolumeClaim[];
  /** Our own Secrets; one that somebody has deleted or spoiled is here as it was before. */
  readonly secrets: Readonly<Record<'postgres' | 'redis' | 'auth' | 'hashes', KubeObject | undefined>>;
  /** What controllers complained of, by the uid of the object that waits. */
  readonly warnings: ReadonlyMap<string, string>;
  /** What the registry says through its Service; undefined: no pod is ready, so there is nobody to ask. */
  readonly answer: Answer | undefined;
  /** What a server pod said that is not ready, asked by itself: no Service leads to it. */
  readonly unready: Unready | undefined;
  /** Whether the answers are of what is there now; otherwise they are undefined, and on their way. */
  readonly isAnswered: boolean;
  /** The database that the servers are to hold to; undefined: none has told of its yet. */
  readonly identity: Identity | undefined;
  /** The version of PostgreSQL that the servers of a managed one last told. */
  readonly databaseVersion: string | undefined;
  readonly served: ReadonlySet<Served>;
  /** The Secrets that the spec names, as far as they are there. */
  readonly namedSecrets: readonly KubeObject[];
  /** The Cluster of CloudNativePG that the registry's database is, where it is there. */
  readonly cluster?: KubeObject | undefined;
  /** The ServiceAccount that spec.podTemplate names, where it is there. */
  readonly serviceAccount?: KubeObject | undefined;
  /** Which other registry each host of an ingress leads to, as namespace/name. */
  readonly hostsOfOthers: ReadonlyMap<string, string>;
  /** What others make of our objects, an object in each text. */
  readonly overruled: readonly string[];
  /** What could not be written for a field that somebody else has set, an object in each text. */
  readonly blocked: readonly string[];
}

/** What a cluster may lack: kinds from CRDs of others, and the requests of pods as a metric. */
export type Served = KindName | typeof requestRateMetric;

/** What the registry itself said when it was asked through its Service. */
export type Answer =
  | {
      readonly isReady: true;
      readonly isDegraded: boolean;
      /** A request without credentials was refused. */
      readonly isLocked: boolean;
      /** The server's version; undefined where it does not tell. */
      readonly version: string | undefined;
      readonly checks: Checks;
    }
  | { readonly isReady: false; readonly words: string };

/** Which database a registry has, and how far it had come when that was noted: what its servers hold to. */
export interface Identity {
  readonly registryId: string;
  /** The highest id that was given in any context. */
  readonly lastId: number;
  readonly revision: number;
  readonly noted: string;
  /** A person has accepted that it is lost, and no server has begun in its place yet. */
  readonly isGivenUp?: boolean;
}

export interface Unready {
  readonly cause: string;
  /** In one word, where the server says one; a newer server may know more of them. */
  readonly reason?: string | undefined;
  readonly checks: Checks;
}

export interface Checks {
  readonly database?: {
    readonly status?: string;
    readonly cause?: string;
    readonly reason?: string;
    readonly version?: string;
    readonly migration?: number;
    readonly oldestServer?: string;
    readonly registryId?: string;
    readonly lastId?: number;
    readonly revision?: number;
    readonly volume?: { readonly sizeBytes: number; readonly freeBytes: number };
  };
  /** Whether schemas can be written; the check is there only while they cannot, though what is there can be read. */
  readonly writes?: { readonly status?: string; readonly cause?: string; readonly reason?: string };
  readonly cache?: { readonly status?: string; readonly cause?: string; readonly reason?: string };
  readonly archive?: {
    readonly status?: string;
    readonly cause?: string;
    readonly pending?: number;
    readonly lagSeconds?: number;
    readonly lastDrill?: LastDrill;
    /** The newest first. */
    readonly snapshots?: readonly Snapshot[];
    /** Why the last one that was due could not be taken. */
    readonly snapshotFailure?: string;
  };
}

/** A point in time that the archive has. */
export interface Snapshot {
  readonly name: string;
  /** Of when it is, as ISO 8601. */
  readonly time: string;
  readonly subjects: number;
  readonly versions: number;
  readonly schemas: number;
}

/** What the server says of the last drill, as it lies in the bucket. */
export interface LastDrill {
  readonly endedAt: string;
  readonly seconds: number;
  readonly snapshot?: string | undefined;
  readonly subjects: number;
  readonly versions: number;
  readonly schemas: number;
  readonly differing: number;
  readonly differences: readonly string[];
}

/** A certificate and its private key, both in PEM. */
export interface KeyPair {
  readonly cert: string;
  readonly key: string;
}

/** Who signs the certificates of one registry. */
export interface Authority {
  readonly current: KeyPair;
  /** The authority that is trusted already, and signs nothing yet. */
  readonly next?: KeyPair | undefined;
  /** The certificate of the authority that is still trusted, and signs nothing more. */
  readonly previous?: string | undefined;
}

export type Leaf = Component;

export interface Certificates {
  readonly authority: Authority;
  readonly leaves: Readonly<Partial<Record<Leaf, KeyPair>>>;
}

/** What an adapter calls the requests of a pod, and what a registry is scaled by where one serves it. */
export const requestRateMetric = 'http_requests_per_second';
