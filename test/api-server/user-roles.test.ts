import { type ChildProcess, spawn } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect } from 'chai';
import { parse } from 'yaml';
import { binariesOf } from '../../hack/cluster/binaries.ts';
import { openApiServer, until } from '../build/api-server.ts';
import { end } from '../build/process.ts';

const root = fileURLToPath(new URL('../../', import.meta.url));
const namespace = 'team-a';

interface Crd {
  readonly spec: {
    readonly group: string;
    readonly names: { readonly plural: string };
    readonly versions: readonly { readonly subresources?: Readonly<Record<string, object>> }[];
  };
}

/** `plural.group` of each kind of ours, and its subresources. */
const resources = readdirSync(`${root}crds`)
  .filter((file) => file.endsWith('.yaml') && file !== 'kustomization.yaml')
  .map((file) => parse(readFileSync(`${root}crds/${file}`, 'utf8')) as Crd)
  .map(({ spec }) => ({
    resource: `${spec.names.plural}.${spec.group}`,
    subresources: spec.versions.flatMap(({ subresources = {} }) => Object.keys(subresources)),
  }));

const reading = ['get', 'list', 'watch'];
const changing = ['create', 'update', 'patch', 'delete'];
const everything = [...reading, ...changing, 'deletecollection'];
/** What each of Kubernetes' own roles may do with our kinds, and with their subresources. */
const expected = {
  view: { own: reading, scale: ['get'], status: ['get'] },
  edit: { own: [...reading, ...changing], scale: ['get', 'update', 'patch'], status: ['get'] },
  admin: { own: everything, scale: ['get', 'update', 'patch'], status: ['get'] },
} as const;

describe('the roles of those who use registries', function () {
  this.timeout(120_000);
  let server: Awaited<ReturnType<typeof openApiServer>>;
  let aggregation: ChildProcess | undefined;

  before(async function () {
    this.timeout(30 * 60_000); // The first build of the binaries.
    server = await openApiServer();
    await server.cluster.apply({ apiVersion: 'v1', kind: 'Namespace', metadata: { name: namespace } });
    await server.kubectl(['apply', '--server-side', '-f', `${root}config/rbac/user-roles.yaml`]);
    for (const role of Object.keys(expected))
      for (const [user, name] of [
        [role, role],
        [`own-${role}`, `schemaregistry-${role}`],
      ] as const)
        await server.kubectl([
          ...['create', 'rolebinding', user, '-n', namespace],
          ...[`--clusterrole=${name}`, `--user=${user}`],
        ]);
    // The part of Kubernetes that gathers labelled roles.
    const kubeconfig = process.env.KUBECONFIG ?? '';
    aggregation = spawn(
      join(binariesOf('node'), 'kube-controller-manager'),
      [
        `--kubeconfig=${kubeconfig}`,
        '--controllers=clusterrole-aggregation-controller',
        '--leader-elect=false',
        '--secure-port=0',
      ],
      { stdio: 'ignore' },
    );
    await until(
      'the roles are gathered',
      async () => (await mayAs('admin', resources[0]?.resource ?? '')).length > 0,
      60_000,
    );
  });
  after(async () => {
    await end(aggregation, 'SIGTERM');
    await server?.close();
  });

  /** The verbs that a user has on a resource, as the API server says. */
  async function mayAs(user: string, resource: string, subresource?: string, where = namespace) {
    const [plural, ...group] = resource.split('.');
    const answers = await Promise.all(
      everything.map(async (verb) => {
        const review = (await server.cluster.request(
          'POST',
          '/apis/authorization.k8s.io/v1/subjectaccessreviews',
          {
            apiVersion: 'authorization.k8s.io/v1',
            kind: 'SubjectAccessReview',
            spec: {
              user,
              resourceAttributes: {
                ...{ verb, namespace: where, group: group.join('.'), resource: plural },
                ...(subresource === undefined ? {} : { subresource }),
              },
            },
          },
        )) as { status: { allowed: boolean } };
        return review.status.allowed ? [verb] : [];
      }),
    );
    return answers.flat();
  }

  for (const [role, wanted] of Object.entries(expected))
    for (const user of [role, `own-${role}`])
      for (const { resource, subresources } of resources) {
        const whose = user === role ? `Kubernetes' own ${role}` : `schemaregistry-${role} alone`;
        it(`let ${whose} ${wanted.own.join(', ')} ${resource}, and nowhere else`, async () => {
          const found = await until('as wanted', async () => {
            const verbs = await mayAs(user, resource);
            return verbs.length >= wanted.own.length && verbs;
          });
          expect(found).to.deep.equal(wanted.own);
          expect(await mayAs(user, resource, undefined, 'default')).to.deep.equal([]);
        });

        for (const subresource of subresources)
          it(`let ${whose} use ${resource}/${subresource} as far as the operator does not own it`, async () => {
            const verbs = wanted[subresource as 'scale' | 'status'];
            const found = await until('as wanted', async () => {
              // Kubernetes lists and watches no subresource.
              const some = (await mayAs(user, resource, subresource)).filter(
                (verb) => !['list', 'watch'].includes(verb),
              );
              return some.length >= verbs.length && some;
            });
            expect(found).to.deep.equal(verbs);
          });
      }

  it('give nobody a Secret', async () => {
    for (const role of Object.keys(expected))
      expect(await mayAs(`own-${role}`, 'secrets'), role).to.deep.equal([]);
  });
});
