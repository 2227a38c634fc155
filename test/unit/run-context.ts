import type { RunContext } from '../../src/domain/run.ts';

/** A push to the default branch of `acme/app`, of which nothing else is known; tests change what they are about. */
export const PUSH: RunContext = {
  event: 'push',
  activity: '',
  repository: 'acme/app',
  commit: '',
  ref: 'refs/heads/main',
  defaultBranch: 'main',
  pullRequest: undefined,
  releaseTag: '',
  closed: undefined,
  withoutSecrets: false,
  workflowRun: undefined,
  provenance: undefined,
  refDeleted: false,
  runUrl: '',
  runId: '',
  privateRepository: false,
};
