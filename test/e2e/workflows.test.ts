import { describe, expect, it } from 'vitest';
import type { GithubTokenRequest } from '../../emulator/github-control-schema.ts';
import { pinsOf, writesTo } from '../support/deploy-inputs.ts';
import { closedPullRequest, pullRequest, pushTo, type RunEvent, releaseOf, schedule } from '../support/events.ts';
import { emulatorForFile } from '../support/file-emulator.ts';
import { fine } from '../support/project-runs.ts';
import type { DistRun } from '../support/run-dist.ts';
import { namesOf, seedProject } from '../support/seed-pins.ts';
import { type Planted, tempTree } from '../support/temp-tree.ts';
import { type JobRun, runWorkflow, type WorkflowRun } from '../support/workflow-runner.ts';

const emulator = await emulatorForFile();
const HEAD = '1234567890abcdef1234567890abcdef12345678';
const FORK = { full_name: 'stranger/site', id: 99 };

interface Given {
  readonly event: RunEvent;
  readonly files?: Readonly<Record<string, Planted>>;
  readonly actor?: string;
  /** GitHub gives no secrets, and a token that only reads. */
  readonly from?: 'fork';
  readonly inputs?: Readonly<Record<string, string>>;
}

/** Runs an example; its job's token has exactly the permissions that the job grants. */
async function run(name: string, { event, files = {}, actor, from, inputs = {} }: Given): Promise<WorkflowRun> {
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
function only({ jobs }: WorkflowRun): JobRun & { readonly action: DistRun } {
  const [job, ...others] = jobs;
  expect(others).toEqual([]);
  if (job?.action === undefined) throw new Error('The action did not run');
  return { ...job, action: job.action };
}

/** Opens one with the head that its events name, or with one of its own. */
async function openPullRequest(number: number, repository = 'acme/site'): Promise<void> {
  const head = repository === 'acme/site' ? HEAD : headOf(number);
  await emulator.github({
    repository: 'acme/site',
    commits: [HEAD, head].map((oid) => ({ oid, tree: 'a'.repeat(40) })),
    pullRequests: [{ number, state: 'OPEN', headRefOid: head, headRef: `topic-${number}`, headRepository: repository }],
  });
}

function headOf(number: number): string {
  return String(number).padStart(40, 'f');
}

/** The same event of a pull request whose head is in a fork. */
function fromFork(event: RunEvent): RunEvent {
  const given = event.payload.pull_request as Readonly<Record<string, unknown>>;
  const head = { ...(given.head as Readonly<Record<string, unknown>>), repo: FORK };
  return { ...event, payload: { ...event.payload, pull_request: { ...given, head } } };
}

/** The end of Fork build, for a pull request of the fork. */
function forkBuilt(number: number, more: Readonly<Record<string, unknown>> = {}): RunEvent {
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

async function commentsOn(number: number): Promise<readonly string[]> {
  const { github } = await emulator.state();
  return github.comments.filter((comment) => comment.number === number).map(({ body }) => body);
}

async function deploymentOf({ outputs }: DistRun): Promise<unknown> {
  const { github } = await emulator.state();
  return github.deployments.find(({ databaseId }) => String(databaseId) === outputs['deployment-id']);
}

describe('deploy.yml', () => {
  it('makes a push to the default branch the production site, and tells later steps', async () => {
    await emulator.github({ repository: 'acme/site', commits: [{ oid: HEAD, tree: 'a'.repeat(40) }] });
    const ran = await run('deploy.yml', { event: pushTo('main'), files: { 'dist/index.html': 'deploy.yml' } });
    const job = only(ran);
    fine(job.action);
    expect(job.action.warnings).toEqual([]);
    expect(job.action.outputs).toMatchObject({ result: 'deployed', tags: 'production' });
    expect(await pinsOf(emulator, job.action.outputs.cid)).toHaveLength(1);
    expect(await deploymentOf(job.action)).toMatchObject({
      environment: 'ipfs-production',
      state: 'ACTIVE',
      environmentUrl: job.action.outputs.url,
    });
    expect(job.environment).toEqual({ name: 'production', deployment: 'false' });
    expect(ran.concurrency).toMatchObject({ group: 'deploy-refs/heads/main' });
    expect(job.steps.at(-1)?.env).toEqual({
      CID: job.action.outputs.cid,
      URL: job.action.outputs.url,
      CONTENTHASH: job.action.outputs.contenthash,
    });
  });

  it('is not started by a push to another branch', async () => {
    await expect(run('deploy.yml', { event: pushTo('topic') })).rejects.toThrow('does not start');
  });
});

describe('preview.yml', () => {
  it('shows an opened pull request, and gives the preview up when it is closed', async () => {
    await openPullRequest(31);
    const opened = await run('preview.yml', {
      event: pullRequest(31, 'opened'),
      files: { 'dist/index.html': 'preview.yml' },
    });
    const preview = only(opened);
    fine(preview.action);
    expect(preview.id).toBe('preview');
    expect(preview.action.warnings).toEqual([]);
    expect(preview.action.outputs).toMatchObject({ result: 'deployed', tags: 'pr-31' });
    expect(await commentsOn(31)).toEqual([expect.stringContaining(preview.action.outputs.url ?? '')]);
    expect(await deploymentOf(preview.action)).toMatchObject({ environment: 'ipfs-preview', state: 'ACTIVE' });
    expect(opened.concurrency).toEqual({ group: 'preview-31', 'cancel-in-progress': 'true' });

    await emulator.github({ repository: 'acme/site', pullRequests: [{ number: 31, state: 'CLOSED' }] });
    const closed = await run('preview.yml', { event: closedPullRequest(31, { merged: false }) });
    const cleanup = only(closed);
    fine(cleanup.action);
    expect(cleanup.id).toBe('cleanup');
    expect(cleanup.action.warnings).toEqual([]);
    expect(cleanup.action.outputs).toMatchObject({ result: 'cleaned', tags: 'pr-31', 'unpinned-count': '1' });
    expect(await pinsOf(emulator, preview.action.outputs.cid)).toEqual([]);
    expect(await commentsOn(31)).toEqual([expect.not.stringContaining(preview.action.outputs.url ?? '')]);
    expect(await deploymentOf(preview.action)).not.toMatchObject({ state: 'ACTIVE' });
    expect(closed.concurrency['cancel-in-progress']).toBe('false');
  });

  it.each<[string, RunEvent, string | undefined]>([
    ['a fork', fromFork(pullRequest(32, 'opened')), undefined],
    ['Dependabot', pullRequest(32, 'opened'), 'dependabot[bot]'],
  ])('only compares what comes from %s, and is green', async (_title, event, actor) => {
    await openPullRequest(32, FORK.full_name);
    const files = { 'dist/index.html': 'from outside' };
    const ran = await run('preview.yml', { event, files, from: 'fork', ...(actor === undefined ? {} : { actor }) });
    const { action } = only(ran);
    fine(action);
    expect(action.outputs).toMatchObject({ result: 'skipped', tags: '', url: '' });
    expect(action.outputs.cid).toMatch(/^bafybei/);
    expect(action.notices).toEqual([expect.stringMatching(/fork/)]);
    expect(await pinsOf(emulator, action.outputs.cid)).toEqual([]);
    expect((await writesTo(emulator)).filter(({ host }) => host !== 'github')).toEqual([]);
  });

  it('has nothing to give up when the pull request of a fork is closed', async () => {
    const event = fromFork(closedPullRequest(33, { merged: false }));
    const { action } = only(await run('preview.yml', { event, from: 'fork' }));
    fine(action);
    expect(action.outputs.result).toBe('skipped');
    expect(await writesTo(emulator)).toEqual([]);
  });
});

describe('fork-build.yml', () => {
  const filesOfJob = async (event: RunEvent, actor?: string): Promise<WorkflowRun> => {
    const given = actor === undefined ? { event } : { event, actor };
    return await run('fork-build.yml', { ...given, from: 'fork' });
  };

  it('builds for forks and Dependabot, without a secret, and keeps the dotfiles of the build', async () => {
    for (const [event, actor] of [
      [fromFork(pullRequest(34, 'synchronize')), undefined],
      [pullRequest(34, 'opened'), 'dependabot[bot]'],
    ] as const) {
      const [job] = (await filesOfJob(event, actor)).jobs;
      expect(job?.permissions).toEqual({ contents: 'read' });
      expect(job?.environment).toEqual({});
      const upload = job?.steps.at(-1);
      expect(upload?.what).toMatch(/^actions\/upload-artifact@[0-9a-f]{40}$/);
      expect(upload?.with).toMatchObject({ name: 'site', path: 'dist', 'include-hidden-files': 'true' });
    }
  });

  it('leaves the pull requests of members to preview.yml', async () => {
    expect((await filesOfJob(pullRequest(34, 'opened'))).jobs).toEqual([]);
  });
});

describe('fork-deploy.yml', () => {
  const site = { 'site/index.html': 'of a fork', 'site/.well-known/security.txt': 'Contact: mailto:a@example.com' };

  it('publishes what Fork build made, as the preview of the pull request with its head', async () => {
    await openPullRequest(35, FORK.full_name);
    const ran = await run('fork-deploy.yml', { event: forkBuilt(35), files: site });
    const job = only(ran);
    fine(job.action);
    expect(job.action.warnings).toEqual([]);
    expect(job.action.outputs).toMatchObject({ result: 'deployed', tags: 'pr-35', 'file-count': '2' });
    expect(await pinsOf(emulator, job.action.outputs.cid)).toHaveLength(1);
    expect(await commentsOn(35)).toEqual([expect.stringContaining(job.action.outputs.url ?? '')]);
    const { github } = await emulator.state();
    expect(github.commitStatuses).toMatchObject([
      { sha: headOf(35), state: 'success', targetUrl: job.action.outputs.url },
    ]);
    expect(job.steps.map(({ what }) => what.replace(/@.*/, ''))).toEqual([
      'actions/download-artifact',
      'OWNER/pinata-deploy',
    ]);
    expect(job.steps[0]?.with).toMatchObject({ name: 'site', path: 'site', 'run-id': '815' });
    expect(job.environment.name).toBe('fork-preview');
    expect(ran.concurrency).toEqual({ group: 'fork-preview-99-topic-35', 'cancel-in-progress': 'true' });
  });

  it('refuses when no pull request has the head that was built', async () => {
    await openPullRequest(36, FORK.full_name);
    const event = forkBuilt(36, { head_sha: 'b'.repeat(40) });
    const { action } = only(await run('fork-deploy.yml', { event, files: site }));
    expect(action.exitCode).toBe(1);
    expect(action.errors).toEqual([expect.stringMatching(/^It is not clear what the workflow built/)]);
    expect(await writesTo(emulator)).toEqual([]);
  });

  it('is never production, whatever the fork calls its branch', async () => {
    await openPullRequest(37, FORK.full_name);
    const event = forkBuilt(37, { head_branch: 'main' });
    const { action } = only(await run('fork-deploy.yml', { event, files: site }));
    expect(fine(action).outputs).toMatchObject({ result: 'deployed', tags: 'pr-37' });
  });

  it.each<[string, Readonly<Record<string, Planted>>, RegExp]>([
    ['a symbolic link', { ...site, 'site/passwd': { link: '/etc/passwd' } }, /link/],
    ['a link within', { ...site, 'site/other.html': { link: 'index.html' } }, /link/],
    ['too much', { ...site, 'site/large.bin': 'x'.repeat(51_000_000) }, /size-budget|budget/],
  ])('publishes nothing when the artifact has %s', async (_title, files, why) => {
    await openPullRequest(38, FORK.full_name);
    const { action } = only(await run('fork-deploy.yml', { event: forkBuilt(38), files }));
    expect(action.exitCode).toBe(1);
    expect(action.errors.join('\n')).toMatch(why);
    expect((await writesTo(emulator)).filter(({ host }) => host !== 'github')).toEqual([]);
  });

  it.each<Readonly<Record<string, string>>>([
    { conclusion: 'failure' },
    { conclusion: 'cancelled' },
    { conclusion: 'skipped' },
    { event: 'push' },
  ])('does nothing after a run with the %o', async (more) => {
    expect((await run('fork-deploy.yml', { event: forkBuilt(39, more) })).jobs).toEqual([]);
  });

  it('gives the preview up when the pull request is closed, without a checkout', async () => {
    await openPullRequest(40, FORK.full_name);
    const deployed = only(
      await run('fork-deploy.yml', { event: forkBuilt(40), files: { 'site/index.html': 'forty' } }),
    );
    await emulator.github({ repository: 'acme/site', pullRequests: [{ number: 40, state: 'CLOSED' }] });
    const closing = { ...fromFork(closedPullRequest(40, { merged: false })), name: 'pull_request_target' };
    const job = only(await run('fork-deploy.yml', { event: closing }));
    fine(job.action);
    expect(job.action.warnings).toEqual([]);
    expect(job.steps).toHaveLength(1);
    expect(job.action.outputs).toMatchObject({ result: 'cleaned', tags: 'pr-40', 'unpinned-count': '1' });
    expect(await pinsOf(emulator, deployed.action.outputs.cid)).toEqual([]);
  });

  it('leaves the closing of all other pull requests to preview.yml', async () => {
    const closing = { ...closedPullRequest(41, { merged: false }), name: 'pull_request_target' };
    expect((await run('fork-deploy.yml', { event: closing })).jobs).toEqual([]);
  });
});

describe('release.yml', () => {
  it('deploys a release under its git tag, and writes the CID into its notes', async () => {
    await emulator.github({
      repository: 'acme/site',
      commits: [{ oid: HEAD, tree: 'a'.repeat(40) }],
      refs: { 'v1.4.0': HEAD },
      releases: [{ tag: 'v1.4.0', body: 'Faster.' }],
    });
    const files = { 'dist/index.html': 'release.yml' };
    const ran = await run('release.yml', {
      event: releaseOf('v1.4.0'),
      files,
      inputs: { project: 'acme/site#release' },
    });
    const { action } = only(ran);
    fine(action);
    expect(action.warnings).toEqual([]);
    expect(action.outputs).toMatchObject({ result: 'deployed', tags: 'v1.4.0' });
    const { github } = await emulator.state();
    const notes = github.releases.find(({ tag }) => tag === 'v1.4.0')?.body ?? '';
    expect(notes).toMatch(/^Faster\./);
    expect(notes).toContain(action.outputs.cid);
    expect(notes).toContain(action.outputs.contenthash);
    expect(ran.concurrency.group).toBe('release-v1.4.0');
  });
});

describe('sweep.yml', () => {
  it('takes the preview of a pull request whose closing was missed', async () => {
    await emulator.github({
      repository: 'acme/site',
      pullRequests: [{ number: 42, state: 'CLOSED', closedAt: new Date(Date.now() - 86_400_000).toISOString() }],
    });
    await seedProject(emulator, 'acme/site#sweep', { missed: { previews: { 42: 30 } } });
    const ran = await run('sweep.yml', { event: schedule(), inputs: { project: 'acme/site#sweep' } });
    const { action, environment } = only(ran);
    fine(action);
    expect(action.warnings).toEqual([]);
    expect(action.outputs).toMatchObject({ result: 'cleaned', 'unpinned-count': '1' });
    expect(await namesOf(emulator, 'acme/site#sweep')).toEqual([]);
    expect(environment.deployment).toBe('false');
  });
});
