import { readFileSync } from 'node:fs';
import { createServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import type { KubeObject } from '../../operator/kube/kubernetes.ts';
import { makeCertificate } from './certificate.ts';

/** What a webhook makes of an object that somebody is about to write. */
export type Mutation = (object: KubeObject) => KubeObject;

interface Review {
  readonly request: { readonly uid: string; readonly object: KubeObject };
}

/** A mutating admission webhook on loopback, by name one mutation to a path. */
export async function openAdmissionWebhook(mutations: Readonly<Record<string, Mutation>>) {
  const certificate = makeCertificate('IP:127.0.0.1');
  const [cert, key] = [readFileSync(certificate.certPath), readFileSync(certificate.keyPath)];
  const server = createServer({ cert, key }, async (request, response) => {
    let body = '';
    for await (const chunk of request.setEncoding('utf8')) body += chunk;
    const { uid, object } = (JSON.parse(body) as Review).request;
    const name = (request.url ?? '').slice(1).split('?')[0] ?? '';
    const mutated = mutations[name]?.(object) ?? object;
    const patch = Object.keys(mutated).map((field) => ({
      op: 'add',
      path: `/${field}`,
      value: mutated[field],
    }));
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
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  return {
    /** What tells an API server of it: it is asked for what is written in one namespace. */
    configuration: (name: string, namespace: string): KubeObject => ({
      apiVersion: 'admissionregistration.k8s.io/v1',
      kind: 'MutatingWebhookConfiguration',
      metadata: { name },
      webhooks: [
        {
          name: `${name}.example.com`,
          admissionReviewVersions: ['v1'],
          sideEffects: 'None',
          clientConfig: {
            url: `https://127.0.0.1:${port}/${name}`,
            caBundle: readFileSync(certificate.caPath).toString('base64'),
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
    }),
    close: () => {
      certificate.remove();
      server.closeAllConnections();
      return new Promise<void>((resolve) => server.close(() => resolve()));
    },
  };
}
