import { secretRule } from './overlay-references.ts';
import {
  anything,
  type Fields,
  listOf,
  type No,
  oneOf,
  only,
  type Rule,
  type Rules,
  refuse,
  refuseUnseen,
  theNode,
} from './overlay-rule.ts';

const timing: Rules = {
  initialDelaySeconds: anything,
  periodSeconds: anything,
  timeoutSeconds: anything,
  successThreshold: anything,
  failureThreshold: anything,
};

const handlerHost: No = {
  because: 'the kubelet would speak to it from the node',
  instead: 'leave it out: it is the pod then',
};
const handler: Rules = {
  exec: anything,
  grpc: anything,
  sleep: anything,
  httpGet: only({
    path: anything,
    port: anything,
    scheme: anything,
    httpHeaders: anything,
    host: handlerHost,
  }),
  tcpSocket: only({ port: anything, host: handlerHost }),
};
const probe = only({ ...timing, ...handler });

/** These variables of the server's own container change neither what runs in it nor where it sends what it knows. */
const serverVariables = new Set([
  'NODE_EXTRA_CA_CERTS',
  'TZ',
  'OTEL_EXPORTER_OTLP_HEADERS',
  'OTEL_RESOURCE_ATTRIBUTES',
  'OTEL_SERVICE_NAME',
]);

const valueFrom = only({
  fieldRef: anything,
  resourceFieldRef: anything,
  configMapKeyRef: anything,
  secretKeyRef: only({ name: secretRule, key: anything, optional: anything }),
});

const serverVariable = (item: Fields): Rule =>
  serverVariables.has(String(item.name))
    ? only({ name: anything, value: anything, valueFrom })
    : (_value, field) =>
        refuseUnseen(
          field,
          "a variable of the server's own container may change which program runs there, or where it sends what it knows",
          `leave it out; these may be set: ${[...serverVariables].join(', ')}`,
        );

const variableFrom = (): Rule =>
  only({
    prefix: anything,
    configMapRef: anything,
    secretRef: only({ name: secretRule, optional: anything }),
  });

/** Elsewhere there may be a program, or a file that decides which one runs: Node.js looks for modules up to /node_modules. */
const harmlessPath = /^\/(mnt\/\w[\w.-]*|ca|certs|config)(\/\w[\w.-]*)*$/;

const mountOf =
  (isServer: boolean) =>
  ({ name, mountPath }: Fields): Rule =>
  (value, field, context) => {
    const isPublic = name === 'authority' && !isServer && context.ownVolumes.has('authority');
    if (!isPublic && !context.newVolumes.has(String(name)))
      refuse(
        `${field}.name`,
        name,
        "a container mounts the volumes of the overlay alone; the server's hold its keys",
      );
    if (isServer && !(typeof mountPath === 'string' && harmlessPath.test(mountPath)))
      refuse(
        field,
        mountPath,
        'elsewhere it could take the place of the program',
        'mount it below /mnt, such as /mnt/ca, or at /ca, /certs or /config',
      );
    only({
      name: anything,
      mountPath: anything,
      subPath: anything,
      subPathExpr: anything,
      readOnly: anything,
      recursiveReadOnly: anything,
      mountPropagation: { because: 'it reaches into the mounts of the node' },
    })(value, field, context);
  };

const port = (): Rule =>
  only({
    name: anything,
    containerPort: anything,
    protocol: anything,
    hostPort: { because: theNode, instead: 'leave it out; spec.service.type has NodePort' },
    hostIP: { because: theNode },
  });

const rootRule: Rule = (value, field) => {
  if (!Number.isInteger(value) || (value as number) <= 0)
    refuse(field, value, 'it is root', 'write a number above 0');
};
const profile = only({ type: oneOf('RuntimeDefault')('another profile lets more system calls through') });
const strict = 'no pod of a registry has more than Pod Security restricted';

/** A security context may be tighter than the default, and not wider. */
const containerSecurity = only({
  runAsNonRoot: oneOf(true)(strict),
  runAsUser: rootRule,
  runAsGroup: rootRule,
  readOnlyRootFilesystem: anything,
  allowPrivilegeEscalation: oneOf(false)(strict),
  privileged: oneOf(false)(strict),
  seccompProfile: profile,
  appArmorProfile: profile,
  capabilities: only({
    drop: anything,
    add: (value, field) => {
      const isBind = Array.isArray(value) && value.every((each) => each === 'NET_BIND_SERVICE');
      if (!isBind) refuse(field, value, strict, 'write ["NET_BIND_SERVICE"], or leave it out');
    },
  }),
});

const sidecar: Rules = {
  name: anything,
  image: anything,
  imagePullPolicy: anything,
  command: anything,
  args: anything,
  workingDir: anything,
  env: listOf(() => only({ name: anything, value: anything, valueFrom })),
  envFrom: listOf(variableFrom),
  ports: listOf(port),
  resources: only({
    limits: anything,
    requests: anything,
    claims: { because: 'a claim hands out a device of the node' },
  }),
  resizePolicy: anything,
  restartPolicy: anything,
  volumeMounts: listOf(mountOf(false)),
  volumeDevices: { because: 'it is a block device' },
  livenessProbe: probe,
  readinessProbe: probe,
  startupProbe: probe,
  lifecycle: only({ postStart: only(handler), preStop: only(handler), stopSignal: anything }),
  terminationMessagePath: anything,
  terminationMessagePolicy: anything,
  securityContext: containerSecurity,
};

const itsProgram = "it would run a program in the server's own container, which has its passwords";

const server: Rules = {
  name: anything,
  env: listOf(serverVariable),
  envFrom: {
    because: "it sets variables of any name in the server's own container",
    instead: `name each under env; these may be set: ${[...serverVariables].join(', ')}`,
  },
  volumeMounts: listOf(mountOf(true)),
  livenessProbe: only({ ...timing, exec: { because: itsProgram } }),
  readinessProbe: only({ ...timing, exec: { because: itsProgram } }),
  startupProbe: only({ ...timing, exec: { because: itsProgram } }),
  lifecycle: {
    because: itsProgram,
    instead: 'leave it out; spec.config.shutdownTimeout says how long it takes to stop',
  },
};

export const containers = listOf(({ name }) => only(name === 'server' ? server : sidecar));
export const initContainers = listOf(() => only(sidecar));
