/** What a scanner minds and we leave. One that nobody minds any more fails the test. */
export interface Exception {
  /** The scanner's own word for its check. */
  readonly check: string;
  /** Of which files and objects, in `FILE OBJECT`; undefined: all. */
  readonly where?: RegExp;
  readonly because: string;
}

const notHigh =
  "ids below 10,000 are the images' own: the files on a volume have them, and initdb asks for a user of that id; none is root";
const cpuOfOperator =
  'throttling would make the operator late for its lease; what it may take is bounded by its one thread';
const digestsInReleases =
  'a checkout names versions, because its own images have no digest before they are built; install.yaml and the chart of a release have digests';
const operatorsWork =
  'what the operator is there for: it makes these objects for each registry (docs/security.md); config/namespaced confines it to some namespaces';

/** Of `trivy config`, with the checks that are built into it. */
export const leftOfTrivy: readonly Exception[] = [
  {
    check: 'DS-0026',
    where: /Dockerfile\.operator/,
    because:
      'the operator runs in Kubernetes alone, whose probes ask it; Docker would ask a port that no compose file has',
  },
  { check: 'KSV-0011', where: /llm-schema-registry-operator/, because: cpuOfOperator },
  { check: 'KSV-0020', because: notHigh },
  { check: 'KSV-0021', because: notHigh },
  {
    check: 'KSV-0036',
    where: /operator-kind/,
    because:
      'it asks the API server whether the kind is served, with the rights that every ServiceAccount has',
  },
  { check: 'KSV-0041', where: /ClusterRole 'llm-schema-registry-operator'/, because: operatorsWork },
  { check: 'KSV-0048', where: /Role 'llm-schema-registry-operator'/, because: operatorsWork },
  { check: 'KSV-0049', where: /Role 'llm-schema-registry-operator'/, because: operatorsWork },
  { check: 'KSV-0056', where: /Role 'llm-schema-registry-operator'/, because: operatorsWork },
  { check: 'KSV-0113', where: /namespaced-watched/, because: operatorsWork },
  {
    check: 'KSV-01010',
    because:
      'names of settings and the words of a script, such as API_KEY_HEADER and "password"; no value of them is a secret',
  },
  {
    check: 'KSV-0109',
    where: /SECRET_POLICY/,
    because: 'the name of a setting; its value is Named or Labelled',
  },
  {
    check: 'KSV-0125',
    because:
      'a list of clouds that Trivy brings along, in which ghcr.io and docker.io are not; ALLOWED_IMAGES says whom the operator trusts',
  },
];

/** Of checkov. */
export const leftOfCheckov: readonly Exception[] = [
  {
    check: 'CKV_DOCKER_2',
    where: /Dockerfile\.operator/,
    because: 'the operator runs in Kubernetes alone, whose probes ask it',
  },
  {
    check: 'CKV_DOCKER_7',
    because: 'the base is a build argument, whose default has a version; Checkov does not follow it',
  },
  {
    check: 'CKV2_K8S_6',
    where: /operator-(kind|test)/,
    because: "pods of a hook of Helm's: they listen on nothing, and end within seconds",
  },
  { check: 'CKV_K8S_11', where: /llm-schema-registry-operator/, because: cpuOfOperator },
  {
    check: 'CKV_K8S_15',
    because:
      'images have versions for tags, or digests: what is pulled once is what is meant, and a pod starts while the registry of images is away',
  },
  {
    check: 'CKV_K8S_21',
    where: /namespaced-watched/,
    because: 'it goes into the namespace that is named when it is applied',
  },
  {
    check: 'CKV_K8S_35',
    where: /Deployment|CronJob/,
    because:
      'the server, and a drill, which is one that ends, gets single keys of Secrets, none that it does not read; another value replaces its pods, which is how it is taken up. API keys and certificates, which change without that, are files',
  },
  {
    check: 'CKV_K8S_38',
    where: /llm-schema-registry-operator/,
    because: 'the operator speaks to the API server; nothing that it makes has a token',
  },
  { check: 'CKV_K8S_40', because: notHigh },
  { check: 'CKV_K8S_43', because: digestsInReleases },
  {
    check: 'CKV_K8S_8',
    where: /StatefulSet|operator-(kind|test)/,
    because:
      'beside PostgreSQL and Redis a container follows a file and ends with an error where it cannot; pods of hooks end by themselves',
  },
  {
    check: 'CKV_K8S_9',
    where: /StatefulSet|operator-(kind|test)/,
    because: 'nobody connects to a container that follows a file, or to a pod of a hook',
  },
  {
    check: 'CKV_SECRET_6',
    where: /golden-/,
    because: 'the passwords of golden files are made of one letter each, for the test alone',
  },
  {
    check: 'CKV_GHA_7',
    where: /load\.yml/,
    because: 'it asks for how long a load is to last; nothing that is released is built there',
  },
];
