/* Written by `npm run generate` from crds/source/schema-registry.yaml. */

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
      /**
       * Whether names and defaults of new Avro schemas are looked at, and schemas that refer to deleted ones are refused, where neither the subject nor the registry says so. Default: true.
       */
      validateNewSchemas?: boolean;
      /**
       * Processes in each server pod, which share its CPU, memory and connections to the database. Raise it with resources.limits.cpu. Default: 1.
       */
      workers?: number;
      /**
       * Browsers that may use the API from pages of other origins. Default: none.
       */
      cors?: {
        /**
         * Origins of those pages: https://app.example.com, https://*.example.com (one label), or * for all.
         *
         * @minItems 1
         */
        origins: [string, ...string[]];
      };
    };
    /**
     * Where the schemas live. Default: a PostgreSQL that the operator runs (managed).
     */
    database?: {
      /**
       * A PostgreSQL that fails over, run by CloudNativePG (1.25 or later), which the cluster must have: a Cluster that is there (clusterRef), or one of the registry's own. Connections are encrypted and verified. The kind of database cannot be changed later.
       */
      cnpg?: {
        /**
         * A Cluster (postgresql.cnpg.io/v1) of this namespace that somebody else owns. The registry uses its Service NAME-rw; the operator reads the Cluster, and never writes it.
         */
        clusterRef?: {
          /**
           * Name of the Cluster.
           */
          name: string;
        };
        /**
         * Name of the database in the Cluster of clusterRef. It must be there, and the user must be allowed to make tables in it. Default: what the Secret with the credentials has under dbname.
         */
        database?: string;
        /**
         * The Secret with username and password (and dbname) of the Cluster of clusterRef. Default: the one that CloudNativePG makes, NAME-app. A change of it replaces the server pods.
         */
        credentialsSecretRef?: {
          /**
           * Name of the Secret.
           */
          name: string;
        };
        /**
         * The Secret with the authority (ca.crt) of the Cluster of clusterRef. Default: the one that CloudNativePG makes, NAME-ca. A change of it replaces the server pods.
         */
        caSecretRef?: {
          /**
           * Name of the Secret.
           */
          name: string;
        };
        /**
         * Instances of PostgreSQL in the registry's own Cluster, one of them the primary. From two on a registration is acknowledged once a second instance has it, from three on without exception. Default: 3.
         */
        instances?: number;
        /**
         * Image of PostgreSQL, of those made for CloudNativePG. Default: the one that CloudNativePG was released with.
         */
        imageName?: string;
        /**
         * The volume of each instance.
         */
        storage?: {
          /**
           * Size of each volume, such as 50Gi. It can grow where its StorageClass allows it, and never shrink. Default: 50Gi.
           */
          size?: string;
          /**
           * StorageClass of the volumes. Default: the cluster's default class. Cannot be changed later.
           */
          storageClassName?: string;
        };
        /**
         * CPU and memory of each instance.
         */
        resources?: {
          /**
           * What is set aside on the node, such as cpu 500m and memory 1Gi.
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
       * A PostgreSQL, 14 or later, that somebody else runs. The kind of database cannot be changed later.
       */
      external?: {
        /**
         * Host name or address.
         */
        host: string;
        /**
         * Port. Default: 5432.
         */
        port?: number;
        /**
         * Name of the database. It must be there, and the user must be allowed to make tables in it. Default: registry.
         */
        database?: string;
        /**
         * The Secret of this namespace with the keys username and password, of any characters. A change of it replaces the server pods.
         */
        credentialsSecretRef: {
          /**
           * Name of the Secret.
           */
          name: string;
        };
        /**
         * Encryption.
         */
        tls?: {
          /**
           * Disable: none. Require: encrypted, whoever is on the other side. VerifyCA: its certificate must come from an authority that is trusted. VerifyFull: and be for this host. Default: VerifyFull.
           */
          mode?: 'Disable' | 'Require' | 'VerifyCA' | 'VerifyFull';
          /**
           * The Secret of this namespace with the authority's certificates (PEM) under the key ca.crt. Default: the public authorities.
           */
          caSecretRef?: {
            /**
             * Name of the Secret.
             */
            name: string;
          };
        };
      };
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
           * Size of the volume, such as 50Gi. It can grow where its StorageClass allows it, and never shrink. Default: 50Gi for PostgreSQL, 10Gi for Redis.
           */
          size?: string;
          /**
           * StorageClass of the volume. Default: the cluster's default class. Cannot be changed once the volume is there.
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
        /**
         * Laid over the pod: where it runs, and its labels and annotations, by the rules of spec.podTemplate. Lists take the place of what was there. What runs in the pod is the operator's to say.
         */
        podTemplate?: {
          /**
           * Labels and annotations of the pod.
           */
          metadata?: {
            /**
             * Labels, besides those by which the pod is found.
             */
            labels?: {
              [k: string]: string;
            };
            /**
             * Annotations, such as those of a mesh.
             */
            annotations?: {
              [k: string]: string;
            };
          };
          /**
           * Fields of a PodSpec that say where it runs.
           */
          spec?: {
            /**
             * Labels that its node has.
             */
            nodeSelector?: {
              [k: string]: string;
            };
            /**
             * Nodes and pods that it is drawn to, or kept from.
             */
            affinity?: {};
            /**
             * Taints of nodes that do not keep it off.
             */
            tolerations?: {}[];
            /**
             * How pods are spread over nodes and zones; several registries by a label of theirs.
             */
            topologySpreadConstraints?: {}[];
            /**
             * Class that says whom it drives out, and who drives it out.
             */
            priorityClassName?: string;
            /**
             * Scheduler that gives it a node.
             */
            schedulerName?: string;
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
       * A Redis, 7 or later, that somebody else runs.
       */
      external?: {
        /**
         * Host name or address.
         */
        host?: string;
        /**
         * Port. Default: 6379.
         */
        port?: number;
        /**
         * true: host leads to nodes of a Redis Cluster. Default: false.
         */
        cluster?: boolean;
        /**
         * Sentinels that know which Redis is the master.
         */
        sentinel?: {
          /**
           * What the sentinels call it.
           */
          masterName: string;
          /**
           * The sentinels.
           *
           * @minItems 1
           */
          nodes: [
            {
              /**
               * Host name or address.
               */
              host: string;
              /**
               * Port. Default: 26379.
               */
              port?: number;
            },
            ...{
              /**
               * Host name or address.
               */
              host: string;
              /**
               * Port. Default: 26379.
               */
              port?: number;
            }[]
          ];
        };
        /**
         * The Secret of this namespace with the key password, of any characters, and the key username where it is not the default user; for sentinels too. A change of it replaces the server pods. Default: no password.
         */
        credentialsSecretRef?: {
          /**
           * Name of the Secret.
           */
          name: string;
        };
        /**
         * Encryption.
         */
        tls?: {
          /**
           * Disable: none. Require: encrypted, whoever is on the other side. VerifyCA: its certificate must come from an authority that is trusted. VerifyFull: and be for this host. Default: VerifyFull.
           */
          mode?: 'Disable' | 'Require' | 'VerifyCA' | 'VerifyFull';
          /**
           * The Secret of this namespace with the authority's certificates (PEM) under the key ca.crt. Default: the public authorities.
           */
          caSecretRef?: {
            /**
             * Name of the Secret.
             */
            name: string;
          };
        };
      };
      /**
       * true runs without Redis: correct, but each replica warms up alone. Default: false.
       */
      disabled?: boolean;
      /**
       * A Redis of one pod with a volume of its own, run by the operator.
       */
      managed?: {
        /**
         * Image of Valkey 8 or Redis 7, or later, with valkey-server and valkey-cli, or redis-server and redis-cli, on its path. Default: the image that the operator was released with.
         */
        image?: string;
        /**
         * The volume.
         */
        storage?: {
          /**
           * Size of the volume, such as 50Gi. It can grow where its StorageClass allows it, and never shrink. Default: 50Gi for PostgreSQL, 10Gi for Redis.
           */
          size?: string;
          /**
           * StorageClass of the volume. Default: the cluster's default class. Cannot be changed once the volume is there.
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
        /**
         * Laid over the pod: where it runs, and its labels and annotations, by the rules of spec.podTemplate. Lists take the place of what was there. What runs in the pod is the operator's to say.
         */
        podTemplate?: {
          /**
           * Labels and annotations of the pod.
           */
          metadata?: {
            /**
             * Labels, besides those by which the pod is found.
             */
            labels?: {
              [k: string]: string;
            };
            /**
             * Annotations, such as those of a mesh.
             */
            annotations?: {
              [k: string]: string;
            };
          };
          /**
           * Fields of a PodSpec that say where it runs.
           */
          spec?: {
            /**
             * Labels that its node has.
             */
            nodeSelector?: {
              [k: string]: string;
            };
            /**
             * Nodes and pods that it is drawn to, or kept from.
             */
            affinity?: {};
            /**
             * Taints of nodes that do not keep it off.
             */
            tolerations?: {}[];
            /**
             * How pods are spread over nodes and zones; several registries by a label of theirs.
             */
            topologySpreadConstraints?: {}[];
            /**
             * Class that says whom it drives out, and who drives it out.
             */
            priorityClassName?: string;
            /**
             * Scheduler that gives it a node.
             */
            schedulerName?: string;
          };
        };
      };
    };
    /**
     * Where every change is kept a second time, so that a lost registry can be rebuilt with its ids. Default: nowhere.
     */
    artifacts?: {
      /**
       * A bucket in AWS S3, or in anything that speaks its protocol. Without it registrations go on; what is to be kept waits in the database.
       */
      s3?: {
        /**
         * Name of the bucket. It must be there.
         */
        bucket: string;
        /**
         * Where in the bucket, such as team-a/registry. Two registries must not share one. Default: its root.
         */
        prefix?: string;
        /**
         * URL of the S3, such as http://minio.storage.svc:9000. Default: AWS's.
         */
        endpoint?: string;
        /**
         * Region of the bucket. Default: us-east-1.
         */
        region?: string;
        /**
         * true where the bucket is in the URL's path and not in its host, as MinIO wants it. Default: false.
         */
        pathStyle?: boolean;
        /**
         * What the server does when its database is empty and the bucket holds an archive. WhenEmpty: it fills the database from it before it answers, or says what is missing. Partial: as WhenEmpty, and does without what is missing or damaged. Never: it answers nothing until a person has decided. The archive of a registry of another name or namespace is never taken. With any of them a server on an empty database waits for a bucket that is away. Default: WhenEmpty for an archive that this registry has made, else Never; and a registry whose bucket is away is taken for a new one.
         */
        restore?: 'Never' | 'WhenEmpty' | 'Partial';
        /**
         * The name of a snapshot, or a time such as 2026-11-26T22:00:00Z for the newest that is not after it: a database that is lost is filled with what there was then. It is heeded once; after another loss the registry is what it was last. A registry whose database is not empty is left as it is. Default: what there was last.
         */
        restoreAt?: string;
        /**
         * Points in time to which the registry, or what was removed from it, can be brought back: each names what is in the archive anyway, and what it names stays there. status.archive.snapshots has the last ones. Default: none but those that a person takes, which stay until a person removes them.
         */
        snapshots?: {
          /**
           * When, as a cron expression of five fields in UTC, such as 0 * /6 * * *. Default: once an hour.
           */
          schedule?: string;
          /**
           * The newest of each of so many hours, days and weeks that have snapshots stays, and the others go.
           */
          keep?: {
            /**
             * Of how many hours the newest stays. Default: 24.
             */
            hourly?: number;
            /**
             * Of how many days the newest stays. Default: 7.
             */
            daily?: number;
            /**
             * Of how many weeks, which begin on Mondays, the newest stays. Default: 4.
             */
            weekly?: number;
          };
        };
        /**
         * A Job that restores the newest snapshot, or the archive where there is none, into a database of its own, which is thrown away, and compares it with this registry: every id, every version, and some answers in full. How it went is in the condition ArchiveVerified. Default: one each night where there are snapshots, else none.
         */
        drill?: {
          /**
           * Whether there are drills. Default: true where drill or snapshots is written.
           */
          enabled?: boolean;
          /**
           * When, as a cron expression of five fields in UTC, such as 30 3 * * 0. Default: once between 3 and 4 each night.
           */
          schedule?: string;
          /**
           * How many versions are read in both with all that a client is told of them. Default: 100.
           */
          reads?: number;
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
         * The Secret of this namespace with the keys accessKeyId and secretAccessKey. A change of it replaces the server pods. Default: what AWS's own programs use, such as the role of the pod.
         */
        credentialsSecretRef?: {
          /**
           * Name of the Secret.
           */
          name: string;
        };
      };
    };
    /**
     * What a new registry begins with. It is looked at while nothing was ever registered here, and never again. Default: nothing.
     */
    bootstrap?: {
      /**
       * The archive of another registry, as for a staging copy, or a move to another cluster or region: its subjects, versions, ids, configs and modes. It is only read. The server answers nothing before all of it is here. An archive of this registry's own (artifacts.s3) comes first: a lost database is filled from that.
       */
      archive?: {
        /**
         * Where that archive is.
         */
        s3: {
          /**
           * Name of the bucket. It must be there.
           */
          bucket: string;
          /**
           * Where in the bucket, such as team-a/registry. Two registries must not share one. Default: its root.
           */
          prefix?: string;
          /**
           * URL of the S3, such as http://minio.storage.svc:9000. Default: AWS's.
           */
          endpoint?: string;
          /**
           * Region of the bucket. Default: us-east-1.
           */
          region?: string;
          /**
           * true where the bucket is in the URL's path and not in its host, as MinIO wants it. Default: false.
           */
          pathStyle?: boolean;
          /**
           * The Secret of this namespace with the keys accessKeyId and secretAccessKey, which need to read and list alone. Default: what AWS's own programs use, such as the role of the pod.
           */
          credentialsSecretRef?: {
            /**
             * Name of the Secret.
             */
            name: string;
          };
        };
        /**
         * A snapshot of that archive, by its name, or a time such as 2026-11-26T22:00:00Z: the newest that is not after it. Default: what the archive has now.
         */
        at?: string;
        /**
         * Whether what is missing or damaged in that archive is done without. Default: false; the server then names it, and waits.
         */
        partial?: boolean;
      };
    };
    /**
     * Encryption inside the cluster: the API speaks HTTPS (port 443 of the Service), and the server verifies a managed PostgreSQL and Redis by certificates of an authority that the operator keeps for this registry.
     */
    tls?: {
      /**
       * Where the certificate of the API comes from. Operator: the registry's own authority, whose certificate clients find in ConfigMap NAME-ca. CertManager: an issuer of cert-manager. Secret: a Secret of yours. Disabled: plain connections. Default: Disabled.
       */
      mode?: 'Disabled' | 'Operator' | 'CertManager' | 'Secret';
      /**
       * The issuer of cert-manager, for mode CertManager.
       */
      issuerRef?: {
        /**
         * Its name.
         */
        name: string;
        /**
         * Issuer, ClusterIssuer, or a kind of an external issuer. Default: Issuer.
         */
        kind?: string;
        /**
         * Its API group. Default: cert-manager.io.
         */
        group?: string;
      };
      /**
       * A Secret of type kubernetes.io/tls in the same namespace, with tls.crt and tls.key, for mode Secret.
       */
      secretRef?: {
        /**
         * Its name.
         */
        name: string;
      };
    };
    /**
     * Who may use the API, by three roles: reader, writer (registers schemas too) and admin (everything). Health, readiness and /openapi.json stay open to all. Changed keys and secrets are taken up without a restart.
     */
    auth?: {
      /**
       * What is asked for. ApiKey: an API key. JWT: a token that an identity provider, or the holder of a secret, has signed. Any: either. Disabled: nothing, so whoever reaches the API may do everything. Default: Disabled.
       */
      mode?: 'Disabled' | 'ApiKey' | 'JWT' | 'Any';
      /**
       * The header that may carry an API key; as the password of basic authentication it is taken too. Default: X-API-Key.
       */
      apiKeyHeader?: string;
      /**
       * Where the API keys are. Default: the Secret NAME-auth, which the operator makes with one key of an admin.
       */
      apiKeys?: {
        /**
         * The Secret of this namespace that has, under the key keys.yaml, a list of {name, role, key}, or sha256 instead of key: the digest of one.
         */
        secretRef: {
          /**
           * Name of the Secret.
           */
          name: string;
        };
      };
      /**
       * Which tokens are taken. They come as Authorization Bearer, and must have an end (exp).
       */
      jwt?: {
        /**
         * The Secret of this namespace that has, under the key secret, what tokens are signed with (HS256, HS384, HS512): 32 bytes at least.
         */
        secretRef?: {
          /**
           * Name of the Secret.
           */
          name: string;
        };
        /**
         * The keys of an identity provider (RS, PS, ES, EdDSA), such as https://login.example.com/.well-known/jwks.json.
         */
        jwksUrl?: string;
        /**
         * What the claim iss of a token must be. Default: anything; needed with jwksUrl.
         */
        issuer?: string;
        /**
         * What the claim aud must be or hold. Default: anything; needed with jwksUrl.
         */
        audience?: string;
        /**
         * The claim that names the role: as its value, as one of its words (scope) or in a list (roles); the highest counts. Dots lead into a claim, such as realm_access.roles. A token without a role may do nothing. Default: role.
         */
        roleClaim?: string;
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
      /**
       * ClientIP sends a client to the same replica for three hours; a whole ingress controller counts as one client. The answers do not depend on it. Default: None.
       */
      sessionAffinity?: 'None' | 'ClientIP';
    };
    /**
     * An Ingress for the REST API, and one for the gRPC API where grpc names hosts. Their annotations for ingress-nginx (size of bodies, timeouts, limits, CORS, the way to HTTPS) follow spec.config; annotations here win over them.
     */
    ingress?: {
      /**
       * Whether there is an Ingress. Default: false.
       */
      enabled?: boolean;
      /**
       * IngressClass, such as nginx. Default: the cluster's default class.
       */
      className?: string;
      /**
       * Annotations of both Ingresses; they win over those that the operator sets. Those that are code for the controller, or lead elsewhere, are refused (docs/security.md), unless INGRESS_ANNOTATIONS of the operator names them.
       */
      annotations?: {
        [k: string]: string;
      };
      /**
       * The REST API.
       */
      http?: {
        /**
         * Names under which clients reach the registry, such as registry.example.com; the first one is shown as its URL.
         */
        hosts?: string[];
        /**
         * Secret of type kubernetes.io/tls with the certificate for these hosts. Default: NAME-http-tls where certManager is set, and no TLS otherwise.
         */
        tlsSecretName?: string;
      };
      /**
       * The gRPC API, in an Ingress NAME-grpc of its own. Default: it is reached from inside the cluster alone.
       */
      grpc?: {
        /**
         * Names under which clients reach the gRPC API, such as registry-grpc.example.com, none of them among http.hosts; the first one is shown in status.endpoints.grpc.
         */
        hosts?: string[];
        /**
         * Secret of type kubernetes.io/tls with the certificate for these hosts. ingress-nginx takes gRPC over TLS alone. Default: NAME-grpc-tls where certManager is set, and no TLS otherwise.
         */
        tlsSecretName?: string;
      };
      /**
       * cert-manager obtains the certificates, and renews them.
       */
      certManager?: {
        /**
         * An Issuer in this namespace.
         */
        issuer?: string;
        /**
         * A ClusterIssuer, such as letsencrypt-prod.
         */
        clusterIssuer?: string;
      };
    };
    /**
     * Routes of the Gateway API for Gateways that are there: an HTTPRoute for the REST API, a GRPCRoute where grpc names hosts, and a BackendTLSPolicy where spec.tls is on. Beside an ingress or instead of one. Default: none.
     */
    gateway?: {
      /**
       * The Gateways that lead in. Each decides by its listeners whose routes it takes.
       *
       * @minItems 1
       */
      parentRefs: [
        {
          /**
           * Name of the Gateway.
           */
          name: string;
          /**
           * Its namespace. Default: the registry's own.
           */
          namespace?: string;
          /**
           * One of its listeners, such as https. Default: each that takes the routes.
           */
          sectionName?: string;
          /**
           * The listeners with this port alone. Default: those with any.
           */
          port?: number;
        },
        ...{
          /**
           * Name of the Gateway.
           */
          name: string;
          /**
           * Its namespace. Default: the registry's own.
           */
          namespace?: string;
          /**
           * One of its listeners, such as https. Default: each that takes the routes.
           */
          sectionName?: string;
          /**
           * The listeners with this port alone. Default: those with any.
           */
          port?: number;
        }[]
      ];
      /**
       * Names under which clients reach the REST API, such as registry.example.com; the first one is shown as its URL. Default: those of the Gateways' listeners.
       */
      hostnames?: string[];
      /**
       * The gRPC API, in a GRPCRoute NAME-grpc. Default: it is reached from inside the cluster alone.
       */
      grpc?: {
        /**
         * Names under which clients reach the gRPC API, such as registry-grpc.example.com, none of them among hostnames; the first one is shown in status.endpoints.grpc.
         *
         * @minItems 1
         */
        hostnames: [string, ...string[]];
      };
      /**
       * Whether clients speak TLS to the Gateways, as the URL in the status says it. Default: true.
       */
      tls?: boolean;
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
      /**
       * Requests a second for each pod that are aimed at, besides CPU and memory. Needs a metrics API that serves http_requests_per_second for pods (docs/monitoring.md); AutoscalingActive says where there is none. Default: not looked at.
       */
      requestsPerSecond?: number;
      /**
       * How fast the number changes, as in a HorizontalPodAutoscaler. Default: up at once, by 100 % or 4 pods in 30 s, whichever is more; down after 300 s, by 50 % or 2 pods in 60 s, whichever is less.
       */
      behavior?: {
        /**
         * One direction. What is left out stays as it is by default.
         */
        scaleUp?: {
          /**
           * Seconds for which the more cautious of the wanted numbers is taken. Default: 0 up, 300 down.
           */
          stabilizationWindowSeconds?: number;
          /**
           * Which of the policies holds; Disabled: none, the number does not change in this direction. Default: Max up, Min down.
           */
          selectPolicy?: 'Max' | 'Min' | 'Disabled';
          /**
           * What may change in a time. Default: see behavior.
           *
           * @minItems 1
           */
          policies?: [
            {
              /**
               * Pods, or percent of the present number.
               */
              type: 'Pods' | 'Percent';
              /**
               * How many.
               */
              value: number;
              /**
               * In how many seconds.
               */
              periodSeconds: number;
            },
            ...{
              /**
               * Pods, or percent of the present number.
               */
              type: 'Pods' | 'Percent';
              /**
               * How many.
               */
              value: number;
              /**
               * In how many seconds.
               */
              periodSeconds: number;
            }[]
          ];
        };
        /**
         * One direction. What is left out stays as it is by default.
         */
        scaleDown?: {
          /**
           * Seconds for which the more cautious of the wanted numbers is taken. Default: 0 up, 300 down.
           */
          stabilizationWindowSeconds?: number;
          /**
           * Which of the policies holds; Disabled: none, the number does not change in this direction. Default: Max up, Min down.
           */
          selectPolicy?: 'Max' | 'Min' | 'Disabled';
          /**
           * What may change in a time. Default: see behavior.
           *
           * @minItems 1
           */
          policies?: [
            {
              /**
               * Pods, or percent of the present number.
               */
              type: 'Pods' | 'Percent';
              /**
               * How many.
               */
              value: number;
              /**
               * In how many seconds.
               */
              periodSeconds: number;
            },
            ...{
              /**
               * Pods, or percent of the present number.
               */
              type: 'Pods' | 'Percent';
              /**
               * How many.
               */
              value: number;
              /**
               * In how many seconds.
               */
              periodSeconds: number;
            }[]
          ];
        };
      };
    };
    /**
     * The PodDisruptionBudget of the server. There is none with one replica, because it would block every node drain. Those of PostgreSQL and Redis let a drain through, and show it.
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
     * Laid over the pod template of the server: labels, annotations, nodeSelector, tolerations, affinity, priorityClassName, variables, volumes, containers beside the server and the like. Maps are merged key by key; containers, env, volumes and volumeMounts item by item; other lists take the place of what was there. What the operator has to decide itself is refused, and says where it belongs; so is what would reach the node, or the Secrets, the ServiceAccounts and the traffic of others (docs/security.md), unless the operator runs with PODTEMPLATE_POLICY=Unrestricted.
     */
    podTemplate?: {
      /**
       * Labels and annotations of the pods.
       */
      metadata?: {
        /**
         * Labels, besides those by which the pods are found.
         */
        labels?: {
          [k: string]: string;
        };
        /**
         * Annotations, such as those of a mesh.
         */
        annotations?: {
          [k: string]: string;
        };
      };
      /**
       * Fields of a PodSpec. The server's own container is called server.
       */
      spec?: {};
    };
    /**
     * How the server is seen by Prometheus and Grafana.
     */
    monitoring?: {
      /**
       * A ServiceMonitor, made where the cluster has the Prometheus operator's CRD, also when that comes later.
       */
      serviceMonitor?: {
        /**
         * Whether it is wanted. Default: true.
         */
        enabled?: boolean;
        /**
         * Time between two looks, such as 30s. Default: 30s.
         */
        interval?: string;
        /**
         * Labels by which your Prometheus chooses its ServiceMonitors, such as release: kube-prometheus-stack.
         */
        labels?: {
          [k: string]: string;
        };
      };
      /**
       * A PrometheusRule with alerts, made where the cluster has the Prometheus operator's CRD.
       */
      prometheusRule?: {
        /**
         * Whether it is wanted. Default: true.
         */
        enabled?: boolean;
        /**
         * Labels by which your Prometheus chooses its rules.
         */
        labels?: {
          [k: string]: string;
        };
      };
      /**
       * Four dashboards for Grafana, in a ConfigMap with the label grafana_dashboard.
       */
      dashboards?: {
        /**
         * Whether they are wanted. Default: false.
         */
        enabled?: boolean;
        /**
         * More labels, where your Grafana looks for others than grafana_dashboard.
         */
        labels?: {
          [k: string]: string;
        };
      };
      /**
       * Traces of requests, sent by OTLP over HTTP to a collector, such as OpenTelemetry's, Jaeger or Tempo. A collector that is away costs no request. Default: none.
       */
      tracing?: {
        /**
         * URL of the collector, such as http://otel-collector.monitoring.svc:4318; traces go to /v1/traces below it.
         */
        endpoint: string;
        /**
         * Part of the requests that is traced, from 0 to 1, in quotes. A caller that sends a traceparent decides itself. Default: 0.1.
         */
        ratio?: string;
      };
    };
    /**
     * NetworkPolicies of the server, PostgreSQL and Redis: what is not named here or needed by the registry itself is denied, both ways. They take effect where the cluster's network enforces policies.
     */
    networkPolicy?: {
      /**
       * Whether there are policies. Default: true.
       */
      enabled?: boolean;
      /**
       * Who may use the API, besides the operator. Default: every pod of the cluster, and every address where service.type is NodePort or LoadBalancer. An empty list lets nobody in.
       *
       * Items: Pods by labels, or addresses.
       */
      ingressFrom?: {
        /**
         * Labels. On a namespaceSelector: of the namespaces, such as kubernetes.io/metadata.name; on a podSelector: of the pods, in this namespace where no namespaceSelector stands beside it.
         */
        namespaceSelector?: {
          /**
           * Labels and their values, all of which must be there.
           */
          matchLabels?: {
            [k: string]: string;
          };
          /**
           * Requirements, all of which must hold.
           */
          matchExpressions?: {
            /**
             * Name of the label.
             */
            key: string;
            /**
             * How its value is compared.
             */
            operator: 'In' | 'NotIn' | 'Exists' | 'DoesNotExist';
            /**
             * Values for In and NotIn.
             */
            values?: string[];
          }[];
        };
        /**
         * Labels. On a namespaceSelector: of the namespaces, such as kubernetes.io/metadata.name; on a podSelector: of the pods, in this namespace where no namespaceSelector stands beside it.
         */
        podSelector?: {
          /**
           * Labels and their values, all of which must be there.
           */
          matchLabels?: {
            [k: string]: string;
          };
          /**
           * Requirements, all of which must hold.
           */
          matchExpressions?: {
            /**
             * Name of the label.
             */
            key: string;
            /**
             * How its value is compared.
             */
            operator: 'In' | 'NotIn' | 'Exists' | 'DoesNotExist';
            /**
             * Values for In and NotIn.
             */
            values?: string[];
          }[];
        };
        /**
         * Addresses outside the cluster, or of its nodes.
         */
        ipBlock?: {
          /**
           * Addresses such as 10.0.0.0/8.
           */
          cidr: string;
          /**
           * Blocks within cidr that are left out.
           */
          except?: string[];
        };
      }[];
      /**
       * Who may read the metrics. Default: the namespace called monitoring. An empty list lets nobody in.
       *
       * Items: Pods by labels, or addresses.
       */
      monitoringFrom?: {
        /**
         * Labels. On a namespaceSelector: of the namespaces, such as kubernetes.io/metadata.name; on a podSelector: of the pods, in this namespace where no namespaceSelector stands beside it.
         */
        namespaceSelector?: {
          /**
           * Labels and their values, all of which must be there.
           */
          matchLabels?: {
            [k: string]: string;
          };
          /**
           * Requirements, all of which must hold.
           */
          matchExpressions?: {
            /**
             * Name of the label.
             */
            key: string;
            /**
             * How its value is compared.
             */
            operator: 'In' | 'NotIn' | 'Exists' | 'DoesNotExist';
            /**
             * Values for In and NotIn.
             */
            values?: string[];
          }[];
        };
        /**
         * Labels. On a namespaceSelector: of the namespaces, such as kubernetes.io/metadata.name; on a podSelector: of the pods, in this namespace where no namespaceSelector stands beside it.
         */
        podSelector?: {
          /**
           * Labels and their values, all of which must be there.
           */
          matchLabels?: {
            [k: string]: string;
          };
          /**
           * Requirements, all of which must hold.
           */
          matchExpressions?: {
            /**
             * Name of the label.
             */
            key: string;
            /**
             * How its value is compared.
             */
            operator: 'In' | 'NotIn' | 'Exists' | 'DoesNotExist';
            /**
             * Values for In and NotIn.
             */
            values?: string[];
          }[];
        };
        /**
         * Addresses outside the cluster, or of its nodes.
         */
        ipBlock?: {
          /**
           * Addresses such as 10.0.0.0/8.
           */
          cidr: string;
          /**
           * Blocks within cidr that are left out.
           */
          except?: string[];
        };
      }[];
      /**
       * What the server pods may reach, besides DNS, their database and their cache. The metadata services of clouds stay out of it, unless the operator runs with METADATA_POLICY=Unrestricted.
       *
       * Items: Where to, and on which ports.
       */
      extraEgress?: {
        /**
         * Where to. Default: anywhere.
         *
         * Items: Pods by labels, or addresses.
         */
        to?: {
          /**
           * Labels. On a namespaceSelector: of the namespaces, such as kubernetes.io/metadata.name; on a podSelector: of the pods, in this namespace where no namespaceSelector stands beside it.
           */
          namespaceSelector?: {
            /**
             * Labels and their values, all of which must be there.
             */
            matchLabels?: {
              [k: string]: string;
            };
            /**
             * Requirements, all of which must hold.
             */
            matchExpressions?: {
              /**
               * Name of the label.
               */
              key: string;
              /**
               * How its value is compared.
               */
              operator: 'In' | 'NotIn' | 'Exists' | 'DoesNotExist';
              /**
               * Values for In and NotIn.
               */
              values?: string[];
            }[];
          };
          /**
           * Labels. On a namespaceSelector: of the namespaces, such as kubernetes.io/metadata.name; on a podSelector: of the pods, in this namespace where no namespaceSelector stands beside it.
           */
          podSelector?: {
            /**
             * Labels and their values, all of which must be there.
             */
            matchLabels?: {
              [k: string]: string;
            };
            /**
             * Requirements, all of which must hold.
             */
            matchExpressions?: {
              /**
               * Name of the label.
               */
              key: string;
              /**
               * How its value is compared.
               */
              operator: 'In' | 'NotIn' | 'Exists' | 'DoesNotExist';
              /**
               * Values for In and NotIn.
               */
              values?: string[];
            }[];
          };
          /**
           * Addresses outside the cluster, or of its nodes.
           */
          ipBlock?: {
            /**
             * Addresses such as 10.0.0.0/8.
             */
            cidr: string;
            /**
             * Blocks within cidr that are left out.
             */
            except?: string[];
          };
        }[];
        /**
         * On which ports. Default: all.
         */
        ports?: {
          /**
           * Protocol. Default: TCP.
           */
          protocol?: 'TCP' | 'UDP' | 'SCTP';
          /**
           * The port, or the first of a range.
           */
          port: number;
          /**
           * The last port of a range. Default: none.
           */
          endPort?: number;
        }[];
      }[];
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
     * The passwords of a managed PostgreSQL and Redis, which the operator makes. Others are made when the annotation llm-schema-registry.io/rotate-credentials of this object gets another value, or after rotationPeriod. The former ones are accepted until every server pod has the new ones, so no request fails.
     */
    credentials?: {
      /**
       * How long a password is used before it is replaced, such as 90d; at least 10m. Default: until the annotation asks.
       */
      rotationPeriod?: string;
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
     * Where the registry is found.
     */
    endpoints?: {
      /**
       * URL of the REST API: that of the ingress, where there is one.
       */
      http?: string;
      /**
       * URL of the REST API inside the cluster.
       */
      internal?: string;
      /**
       * Host and port of the gRPC API, as its clients take them: those of its ingress, where there is one.
       */
      grpc?: string;
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
         * managed, external or cnpg.
         */
        kind?: string;
        /**
         * What the Cluster of CloudNativePG says of itself.
         */
        cluster?: {
          /**
           * Name of the Cluster.
           */
          name?: string;
          /**
           * What it is doing, in its own words.
           */
          phase?: string;
          /**
           * The instance that takes writes.
           */
          primary?: string;
          /**
           * How many instances there are to be.
           */
          instances?: number;
          /**
           * How many are ready.
           */
          readyInstances?: number;
        };
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
        /**
         * The oldest version of the server that can work with the tables. An older one is refused.
         */
        oldestServer?: string;
        /**
         * Room on the disk of a managed PostgreSQL, told anew when another hundredth of it is free.
         */
        volume?: {
          /**
           * Its size.
           */
          sizeBytes?: number;
          /**
           * What is free.
           */
          freeBytes?: number;
        };
      };
      /**
       * The cache.
       */
      cache?: {
        /**
         * managed, external or disabled.
         */
        kind?: string;
        /**
         * Host and port.
         */
        host?: string;
      };
      /**
       * The archive.
       */
      artifacts?: {
        /**
         * s3 or disabled.
         */
        kind?: string;
        /**
         * Host of the S3.
         */
        host?: string;
        /**
         * Bucket and prefix.
         */
        location?: string;
      };
    };
    /**
     * Which database the registry has, and how far it had come when that was noted. The servers serve no other; the ConfigMap NAME-identity tells it to them.
     */
    identity?: {
      /**
       * Id of the registry, which its tables were made with.
       */
      registryId: string;
      /**
       * The highest id that was given in any context. It is noted now and then, so more may have been given.
       */
      lastId: number;
      /**
       * Of the last change.
       */
      revision: number;
      /**
       * When.
       */
      noted: string;
      /**
       * The loss was accepted by the annotation llm-schema-registry.io/accept-data-loss, and no server has begun in its place yet.
       */
      isGivenUp?: boolean;
    };
    /**
     * The Secrets that the operator makes for this registry.
     */
    secrets?: {
      /**
       * Name of the Secret.
       */
      name: string;
      /**
       * Hash of what it holds; it changes with the content.
       */
      hash?: string;
      /**
       * Since when its password is used.
       */
      rotated?: string;
    }[];
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
     * How the archive was found.
     */
    archive?: {
      /**
       * The last snapshots, the newest first.
       */
      snapshots?: {
        /**
         * What restoreAt and the commands call it.
         */
        name: string;
        /**
         * Of when it is.
         */
        time: string;
        /**
         * Subjects that there were.
         */
        subjects?: number;
        /**
         * Versions that there were.
         */
        versions?: number;
        /**
         * Schemas that there were.
         */
        schemas?: number;
      }[];
      /**
       * The last drill that found the archive to be what the registry is.
       */
      lastVerified?: {
        /**
         * When it ended.
         */
        time?: string;
        /**
         * How long it took; about as long as a restore would.
         */
        seconds?: number;
        /**
         * The snapshot that was restored; absent where it was the archive as it was.
         */
        snapshot?: string;
        /**
         * Subjects that were restored.
         */
        subjects?: number;
        /**
         * Versions that were restored.
         */
        versions?: number;
        /**
         * Schemas that were restored.
         */
        schemas?: number;
      };
    };
    /**
     * Ready, Reconciling, Stalled, Degraded, DatabaseReady, CacheReady, ArtifactStoreReady, ArchiveVerified, CertificatesReady, RoutesAccepted, AutoscalingActive, Exposed and Paused, each with its cause.
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
