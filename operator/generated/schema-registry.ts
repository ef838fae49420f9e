/* Written by `npm run generate` from crds/schema-registry.yaml. */

export interface SchemaRegistryFields {
  /**
   * What is wanted. Every field has a default.
   */
  spec: {
    /**
     * Version of the registry server to run, such as "1.0.0". Default: the version that this operator was released with. image.tag and image.digest win over it.
     */
    version?: string;
    /**
     * The server image. Default: the image that the operator was released with.
     */
    image?: {
      /**
       * Registry and path without a tag, such as ghcr.io/llm-schema-registry/schema-registry.
       */
      repository?: string;
      /**
       * Tag. Default: spec.version.
       */
      tag?: string;
      /**
       * Digest; wins over the tag, so that what runs cannot change under you.
       */
      digest?: string;
      /**
       * When the image is pulled. Default: IfNotPresent.
       */
      pullPolicy?: 'Always' | 'IfNotPresent' | 'Never';
      /**
       * Secrets of type kubernetes.io/dockerconfigjson in this namespace, for every image of this registry.
       */
      pullSecrets?: {
        /**
         * Name of the Secret.
         */
        name: string;
      }[];
    };
    /**
     * Number of server pods. Default: 3. Not applied while autoscaling is on: the autoscaler owns it.
     */
    replicas?: number;
    /**
     * How the server behaves. A change rolls the pods once, one at a time.
     */
    config?: {
      /**
       * Least important log line that is written. Default: info.
       */
      logLevel?: 'trace' | 'debug' | 'info' | 'warn' | 'error';
      /**
       * Form of the log lines. Default: json.
       */
      logFormat?: 'json' | 'text';
      /**
       * How long Redis keeps an entry, such as 30m or 1h. Default: 1h.
       */
      cacheTtl?: string;
      /**
       * Entries in the memory cache of each replica. Default: 50000.
       */
      cacheMaxEntries?: number;
      /**
       * Largest schema text that is taken, in bytes, such as 512Ki or 1Mi; at most 256Mi. Default: 1Mi.
       */
      maxSchemaSize?: number | string;
      /**
       * Longest time for one request, such as 30s. Default: 30s.
       */
      requestTimeout?: string;
      /**
       * Time for running requests to end when a pod stops, such as 10s. Default: 10s.
       */
      shutdownTimeout?: string;
      /**
       * Compatibility level where neither the subject nor the registry has one. Default: BACKWARD.
       */
      defaultCompatibility?:
        | 'NONE'
        | 'BACKWARD'
        | 'BACKWARD_TRANSITIVE'
        | 'FORWARD'
        | 'FORWARD_TRANSITIVE'
        | 'FULL'
        | 'FULL_TRANSITIVE';
    };
    /**
     * Where the schemas live. Default: a PostgreSQL that the operator runs (managed).
     */
    database?: {
      /**
       * A PostgreSQL of one pod with a volume of its own, run by the operator.
       */
      managed?: {
        /**
         * PostgreSQL image, 14 or later, with initdb and postgres on its path and a user with id 999, as the Debian-based official image has. Default: the image that the operator was released with. The major version cannot be changed while the volume holds data.
         */
        image?: string;
        /**
         * The volume.
         */
        storage?: {
          /**
           * Size of the volume, such as 50Gi. It cannot shrink. Default: 50Gi for PostgreSQL, 10Gi for Redis.
           */
          size?: string;
          /**
           * StorageClass of the volume. Default: the cluster's default class. Cannot be changed later.
           */
          storageClassName?: string;
        };
        /**
         * CPU and memory of each pod's container.
         */
        resources?: {
          /**
           * What is set aside on the node, such as cpu 500m and memory 512Mi.
           */
          requests?: {
            [k: string]: number | string;
          };
          /**
           * The most it may use.
           */
          limits?: {
            [k: string]: number | string;
          };
        };
      };
      /**
       * Connections of each replica to the database.
       */
      pool?: {
        /**
         * Connections kept open. Default: 10.
         */
        min?: number;
        /**
         * Most connections. Default: 50.
         */
        max?: number;
        /**
         * How long a request waits for a free connection, such as 30s. Default: 30s.
         */
        acquireTimeout?: string;
      };
    };
    /**
     * The second-level cache that the replicas share. Default: a Redis that the operator runs (managed).
     */
    cache?: {
      /**
       * true runs without Redis: correct, but each replica warms up alone. Default: false.
       */
      disabled?: boolean;
      /**
       * A Redis of one pod with a volume of its own, run by the operator.
       */
      managed?: {
        /**
         * Redis image, 7 or later, with redis-server and redis-cli on its path. Default: the image that the operator was released with.
         */
        image?: string;
        /**
         * The volume.
         */
        storage?: {
          /**
           * Size of the volume, such as 50Gi. It cannot shrink. Default: 50Gi for PostgreSQL, 10Gi for Redis.
           */
          size?: string;
          /**
           * StorageClass of the volume. Default: the cluster's default class. Cannot be changed later.
           */
          storageClassName?: string;
        };
        /**
         * Memory for entries, such as 1Gi; the least recently used go first when it is full. Default: 1Gi.
         */
        maxMemory?: string;
        /**
         * CPU and memory of each pod's container.
         */
        resources?: {
          /**
           * What is set aside on the node, such as cpu 500m and memory 512Mi.
           */
          requests?: {
            [k: string]: number | string;
          };
          /**
           * The most it may use.
           */
          limits?: {
            [k: string]: number | string;
          };
        };
      };
    };
    /**
     * The Service that clients use.
     */
    service?: {
      /**
       * Kind of Service. Default: ClusterIP.
       */
      type?: 'ClusterIP' | 'NodePort' | 'LoadBalancer';
      /**
       * Annotations of the Service, such as those of a cloud's load balancer.
       */
      annotations?: {
        [k: string]: string;
      };
    };
    /**
     * The HorizontalPodAutoscaler of the server.
     */
    autoscaling?: {
      /**
       * Whether the number of replicas follows the load. Default: true.
       */
      enabled?: boolean;
      /**
       * Fewest replicas. Default: 3.
       */
      minReplicas?: number;
      /**
       * Most replicas. Default: 10.
       */
      maxReplicas?: number;
      /**
       * CPU use, in percent of the request, that is aimed at. Default: 70.
       */
      targetCPUUtilizationPercentage?: number;
      /**
       * Memory use, in percent of the request, that is aimed at. Default: 80.
       */
      targetMemoryUtilizationPercentage?: number;
    };
    /**
     * The PodDisruptionBudget of the server. There is none with one replica, because it would block every node drain.
     */
    podDisruptionBudget?: {
      /**
       * Whether voluntary disruptions are limited. Default: true.
       */
      enabled?: boolean;
      /**
       * Server pods that stay up while nodes are drained. Default: 2, or one less than the replicas where that is lower.
       */
      minAvailable?: number;
    };
    /**
     * CPU and memory of each pod's container.
     */
    resources?: {
      /**
       * What is set aside on the node, such as cpu 500m and memory 512Mi.
       */
      requests?: {
        [k: string]: number | string;
      };
      /**
       * The most it may use.
       */
      limits?: {
        [k: string]: number | string;
      };
    };
    /**
     * What becomes of the volumes of PostgreSQL and Redis when this object is deleted. Retain keeps them, and a SchemaRegistry made later with the same name finds its schemas again. Delete removes them. Default: Retain.
     */
    deletionPolicy?: 'Retain' | 'Delete';
    /**
     * true: the operator changes nothing of this registry until it is false again; the registry keeps running. Default: false.
     */
    paused?: boolean;
  };
  /**
   * What is there. Written by the operator.
   */
  status?: {
    /**
     * The metadata.generation that this status speaks of.
     */
    observedGeneration?: number;
    /**
     * Version of the server that answers.
     */
    version?: string;
    /**
     * Server pods that exist.
     */
    replicas?: number;
    /**
     * Server pods that answer.
     */
    readyReplicas?: number;
    /**
     * Ready and wanted server pods, as in 3/3.
     */
    replicasReady?: string;
    /**
     * Label selector of the server pods, for the scale subresource.
     */
    selector?: string;
    /**
     * Where the registry is found inside the cluster.
     */
    endpoints?: {
      /**
       * URL of the REST API.
       */
      http?: string;
      /**
       * URL of the Prometheus metrics of the server pods.
       */
      metrics?: string;
    };
    /**
     * What the registry stands on.
     */
    dependencies?: {
      /**
       * The database.
       */
      database?: {
        /**
         * managed.
         */
        kind?: string;
        /**
         * Host and port.
         */
        host?: string;
        /**
         * Version of PostgreSQL.
         */
        version?: string;
        /**
         * Number of the last migration that was applied.
         */
        migration?: number;
      };
      /**
       * The cache.
       */
      cache?: {
        /**
         * managed or disabled.
         */
        kind?: string;
        /**
         * Host and port.
         */
        host?: string;
      };
    };
    /**
     * The last time that the server pods were replaced.
     */
    lastRollout?: {
      /**
       * When.
       */
      time?: string;
      /**
       * What had changed.
       */
      cause?: string;
    };
    /**
     * Ready, Reconciling, Stalled, Degraded, DatabaseReady, CacheReady, AutoscalingActive and Paused, each with its cause.
     */
    conditions?: {
      /**
       * Which condition.
       */
      type: string;
      /**
       * Whether it holds.
       */
      status: 'True' | 'False' | 'Unknown';
      /**
       * Why, in one word of a closed list.
       */
      reason: string;
      /**
       * Why, in a sentence.
       */
      message: string;
      /**
       * The metadata.generation that it speaks of.
       */
      observedGeneration?: number;
      /**
       * When status last changed.
       */
      lastTransitionTime: string;
    }[];
  };
}
