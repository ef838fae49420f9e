import { readFileSync } from 'node:fs';
import { makeCertificate } from './certificate.ts';

const mirror = 'mirror.example.com/';
/** Where the webhook takes an image from. */
export const mirrored = (image: string): string => `${mirror}${image}`;

/**
 * What runs in the pod: it gives each container of a pod template its own amounts and its image from a mirror, and a
 * label to every object.
 */
const program = `
import { readFileSync } from 'node:fs';
import { createServer } from 'node:https';
const [cert, key] = ['tls.crt', 'tls.key'].map((name) => readFileSync('/tls/' + name));
createServer({ cert, key }, async (request, response) => {
  let body = '';
  for await (const chunk of request) body += chunk;
  const { uid, object } = JSON.parse(body).request;
  const labels = { ...object.metadata.labels, 'example.com/cost-centre': '42' };
  const containers = object.spec.template?.spec.containers ?? [];
  const patch = [
    { op: 'add', path: '/metadata/labels', value: labels },
    ...containers.flatMap(({ image }, index) => [
      ...(image.startsWith('${mirror}')
        ? []
        : [{ op: 'replace', path: '/spec/template/spec/containers/' + index + '/image', value: '${mirror}' + image }]),
      { op: 'add', path: '/spec/template/spec/containers/' + index + '/resources/requests/cpu', value: '15m' },
      { op: 'add', path: '/spec/template/spec/containers/' + index + '/imagePullPolicy', value: 'Never' },
    ]),
  ];
  response.setHeader('content-type', 'application/json');
  response.end(
    JSON.stringify({
      apiVersion: 'admission.k8s.io/v1',
      kind: 'AdmissionReview',
      response: {
        uid,
        allowed: true,
        patchType: 'JSONPatch',
        patch: Buffer.from(JSON.stringify(patch)).toString('base64'),
      },
    }),
  );
}).listen(8443);
`;

/**
 * A mutating webhook on Deployments, StatefulSets and Services of one namespace, in a pod there.
 * @param image one with node
 */
export function webhookPod(namespace: string, image: string) {
  const name = 'webhook';
  const certificate = makeCertificate(`DNS:${name}.${namespace}.svc`);
  const [cert, key, ca] = [certificate.certPath, certificate.keyPath, certificate.caPath].map((path) =>
    readFileSync(path, 'utf8'),
  );
  certificate.remove();
  const metadata = { name, labels: { app: name } };
  return {
    objects: [
      {
        apiVersion: 'v1',
        kind: 'Secret',
        metadata,
        type: 'kubernetes.io/tls',
        stringData: { 'tls.crt': cert, 'tls.key': key },
      },
      { apiVersion: 'v1', kind: 'ConfigMap', metadata, data: { 'webhook.mjs': program } },
      {
        apiVersion: 'v1',
        kind: 'Service',
        metadata,
        spec: { selector: metadata.labels, ports: [{ port: 443, targetPort: 8443 }] },
      },
      {
        apiVersion: 'v1',
        kind: 'Pod',
        metadata,
        spec: {
          containers: [
            {
              name,
              image,
              imagePullPolicy: 'IfNotPresent',
              command: ['node', '/program/webhook.mjs'],
              readinessProbe: { tcpSocket: { port: 8443 }, periodSeconds: 1 },
              resources: { requests: { cpu: '10m', memory: '32Mi' } },
              volumeMounts: [
                { name: 'program', mountPath: '/program' },
                { name: 'tls', mountPath: '/tls' },
              ],
            },
          ],
          volumes: [
            { name: 'program', configMap: { name } },
            { name: 'tls', secret: { secretName: name } },
          ],
        },
      },
    ],
    configuration: {
      apiVersion: 'admissionregistration.k8s.io/v1',
      kind: 'MutatingWebhookConfiguration',
      metadata: { name: `${name}-${namespace}` },
      webhooks: [
        {
          name: `${name}.example.com`,
          admissionReviewVersions: ['v1'],
          sideEffects: 'None',
          // The namespace goes, and the webhook with it.
          failurePolicy: 'Ignore',
          clientConfig: {
            service: { name, namespace },
            caBundle: Buffer.from(ca ?? '').toString('base64'),
          },
          namespaceSelector: { matchLabels: { 'kubernetes.io/metadata.name': namespace } },
          rules: [
            {
              operations: ['CREATE', 'UPDATE'],
              apiGroups: ['', 'apps'],
              apiVersions: ['v1'],
              resources: ['deployments', 'statefulsets', 'services'],
            },
          ],
        },
      ],
    },
  };
}
