import { expect } from 'vitest';
import type { GithubTokenRequest } from '../../emulator/github-control-schema.ts';
import type { TestEmulator } from './emulator.ts';
import { pushTo, type RunEvent } from './events.ts';
import type { DistRun } from './run-dist.ts';
import { type Planted, tempTree } from './temp-tree.ts';
import { type JobRun, runWorkflow, type WorkflowRun } from './workflow-runner.ts';

/** The head that the events of a pull request name. */
export const HEAD = '1234567890abcdef1234567890abcdef12345678';
/** A repository that somebody forked from acme/site. */
export const FORK = { full_name: 'stranger/site', id: 99 } as const;

export interface ExampleRun {
  readonly event: RunEvent;
  readonly files?: Readonly<Record<string, Planted>>;
  readonly actor?: string;
  /** GitHub gives no secrets, and a token that only reads. */
  readonly from?: 'fork';
  readonly inputs?: Readonly<Record<string, string>>;
}

/** The example workflows, against one emulator. */
export interface Examples {
  /** Its job's token has exactly the permissions that the job grants. */
  run(name: string, given: ExampleRun): Promise<WorkflowRun>;
  /** Opens one with the head that its events name, or, from a fork, with a head of its own. */
  openPullRequest(number: number, repository?: string): Promise<void>;
  commentsOn(number: number): Promise<readonly string[]>;
  /** The deployment that a run tells of. */
  deploymentOf(run: DistRun): Promise<unknown>;
}

export function examplesOn(emulator: TestEmulator): Examples {
  return {
    run: async (name, given) => await runExample(name, given, emulator),
    openPullRequest: async (number, repository = 'acme/site') => {
      const head = repository === 'acme/site' ? HEAD : headOf(number);
      await emulator.github({
        repository: 'acme/site',
        // There, nothing may be read without a permission.
        private: true,
        commits: [HEAD, head].map((oid) => ({ oid, tree: 'a'.repeat(40) })),
        pullRequests: [
          { number, state: 'OPEN', headRefOid: head, headRef: `topic-${number}`, headRepository: repository },
        ],
      });
    },
    commentsOn: async (number) => {
      const { github } = await emulator.state();
      return github.comments.filter((comment) => comment.number === number).map(({ body }) => body);
    },
    deploymentOf: async ({ outputs }) => {
      const { github } = await emulator.state();
      return github.deployments.find(({ databaseId }) => String(databaseId) === outputs['deployment-id']);
    },
  };
}

async function runExample(
  name: string,
  { event, files = {}, actor, from, inputs = {} }: ExampleRun,
  emulator: TestEmulator,
): Promise<WorkflowRun> {
  using workspace = tempTree(files);
  const ran = await runWorkflow(name, {
    event,
    ...(actor === undefined ? {} : { actor }),
    secrets: from === 'fork' ? {} : { PINATA_JWT: emulator.jwt },
    workspace: workspace.root,
    inputs: {
      'pinata-api-url': emulator.apiUrl,
      'pinata-upload-url': emulator.uploadUrl,
      'pinata-gateway-url': emulator.gatewayUrl,
      gateways: `${emulator.gatewayUrl}/ipfs/{cid}`,
      'block-gateways': 'none',
      'verify-timeout': '5s',
      'requests-per-minute': '6000',
      ...inputs,
    },
    env: { GITHUB_API_URL: emulator.githubUrl },
    token: async (permissions) => await emulator.addGithubToken(grantsOf(permissions, from)),
  });
  if (ran === undefined) throw new Error(`${event.name} does not start ${name}`);
  return ran;
}

function grantsOf(permissions: Readonly<Record<string, string>>, from: 'fork' | undefined): GithubTokenRequest {
  const level = (name: string): 'none' | 'read' | 'write' => {
    const granted = permissions[name];
    if (granted === 'write') return from === 'fork' ? 'read' : 'write';
    return granted === 'read' ? 'read' : 'none';
  };
  return {
    contents: level('contents'),
    pullRequests: level('pull-requests'),
    deployments: level('deployments'),
    statuses: level('statuses'),
  };
}

/** The only job that ran, and what our step came to. */
export function only({ jobs }: WorkflowRun): JobRun & { readonly action: DistRun } {
  const [job, ...others] = jobs;
  expect(others).toEqual([]);
  if (job?.action === undefined) throw new Error('The action did not run');
  return { ...job, action: job.action };
}

/** The head of a fork's pull request. */
export function headOf(number: number): string {
  return String(number).padStart(40, 'f');
}

/** The same event of a pull request whose head is in a fork. */
export function fromFork(event: RunEvent): RunEvent {
  const given = event.payload.pull_request as Readonly<Record<string, unknown>>;
  const head = { ...(given.head as Readonly<Record<string, unknown>>), repo: FORK };
  return { ...event, payload: { ...event.payload, pull_request: { ...given, head } } };
}

/** The end of Fork build, for a pull request of the fork. */
export function forkBuilt(number: number, more: Readonly<Record<string, unknown>> = {}): RunEvent {
  const base = pushTo('main');
  const built = {
    id: 815,
    event: 'pull_request',
    conclusion: 'success',
    head_sha: headOf(number),
    head_branch: `topic-${number}`,
    head_repository: FORK,
    pull_requests: [],
    ...more,
  };
  return { ...base, name: 'workflow_run', payload: { ...base.payload, action: 'completed', workflow_run: built } };
}
