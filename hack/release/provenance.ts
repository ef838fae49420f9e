/** A file of the release, by its digest. */
export interface Subject {
  readonly name: string;
  readonly sha256: string;
}

interface Build {
  readonly version: string;
  readonly commit: string;
  readonly startedOn: string;
  readonly finishedOn: string;
  /** Of the workflow that builds, or undefined on somebody's own machine. */
  readonly runUrl: string | undefined;
}

const repository = 'https://github.com/llm-schema-registry/llm-schema-registry';

/** What was built from what, and by whom: an in-toto statement with SLSA's provenance (https://slsa.dev/spec/v1.0/provenance). */
export function provenance(subjects: readonly Subject[], build: Build): object {
  return {
    _type: 'https://in-toto.io/Statement/v1',
    subject: subjects.map(({ name, sha256 }) => ({ name, digest: { sha256 } })),
    predicateType: 'https://slsa.dev/provenance/v1',
    predicate: {
      buildDefinition: {
        buildType: `${repository}/blob/main/hack/release/README.md`,
        externalParameters: { version: build.version },
        resolvedDependencies: [
          { uri: `git+${repository}@v${build.version}`, digest: { gitCommit: build.commit } },
        ],
      },
      runDetails: {
        builder: { id: build.runUrl === undefined ? 'local' : `${repository}/.github/workflows/release.yml` },
        metadata: {
          ...(build.runUrl === undefined ? {} : { invocationId: build.runUrl }),
          startedOn: build.startedOn,
          finishedOn: build.finishedOn,
        },
      },
    },
  };
}
