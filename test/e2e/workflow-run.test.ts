import { beforeEach, describe, expect, it } from 'vitest';
import { deployInputs, writesTo } from '../support/deploy-inputs.ts';
import type { RepositoryState } from '../support/emulator.ts';
import type { RunEvent } from '../support/events.ts';
import { emulatorForFile } from '../support/file-emulator.ts';
import { badGateway } from '../support/github-faults.ts';
import { fine } from '../support/project-runs.ts';
import { type DistRun, runDist } from '../support/run-dist.ts';
import { type Planted, tempTree } from '../support/temp-tree.ts';

const emulator = await emulatorForFile();
const REPOSITORY = 'acme/site';
const FORK = 'mallory/site';
const MAIN = 'a'.repeat(40);
const OTHER = 'e'.repeat(40);

interface Followed {
  readonly event: string;
  readonly conclusion: string;
  readonly head_sha: string;
  readonly head_branch: string;
  readonly head_repository: { readonly full_name: string } | null;
}

let number = 500;

/** The head commit of the test's pull request. */
function head(): string {
  return String(number).padStart(40, 'b');
}

/** Each test has an open pull request of a fork. */
beforeEach(async () => {
  number += 1;
  await emulator.github({ repository: REPOSITORY, commits: [{ oid: MAIN, tree: MAIN }], pullRequests: [pull()] });
});

function pull() {
  return { number, state: 'OPEN', headRefOid: head(), headRef: `patch-${number}`, headRepository: FORK } as const;
}

/** What GitHub starts when the workflow that was waited for ends; it runs at the head of the default branch. */
function endOf(more: Partial<Followed> = {}): RunEvent {
  const run: Followed = {
    event: 'pull_request',
    conclusion: 'success',
    head_sha: head(),
    head_branch: `patch-${number}`,
    head_repository: { full_name: FORK },
    ...more,
  };
  const repository = { full_name: REPOSITORY, default_branch: 'main' };
  // GitHub leaves the list of pull requests empty where a fork has the head.
  const payload = { action: 'completed', repository, workflow_run: { ...run, pull_requests: [] } };
  return { name: 'workflow_run', ref: 'refs/heads/main', sha: MAIN, payload };
}

interface Given {
  readonly artifact?: Readonly<Record<string, Planted>>;
  readonly inputs?: Readonly<Record<string, string>>;
}

async function run(event: RunEvent, { artifact = {}, inputs = {} }: Given = {}): Promise<DistRun> {
  using site = tempTree({ 'index.html': `<p>${number}</p>`, ...artifact });
  return await runDist({
    inputs: deployInputs(emulator, site.root, {
      comment: 'auto',
      deployment: 'auto',
      'pinata-gateway-url': emulator.gatewayUrl,
      'github-token': emulator.githubToken,
      ...inputs,
    }),
    event,
    env: { GITHUB_API_URL: emulator.githubUrl },
  });
}

async function github(): Promise<RepositoryState> {
  return await emulator.github({ repository: REPOSITORY });
}

async function comments(): Promise<readonly string[]> {
  return (await github()).comments.filter((comment) => comment.number === number).map(({ body }) => body);
}

/** Nothing was sent, to Pinata or to people. */
async function nothingHappened(): Promise<void> {
  expect((await writesTo(emulator)).filter(({ path }) => !path.endsWith('/graphql'))).toEqual([]);
  expect(await comments()).toEqual([]);
}

describe('a workflow that ran for a pull request of a fork', () => {
  it('is followed by a preview of that pull request', async () => {
    const { outputs, warnings } = fine(await run(endOf()));
    expect(outputs).toMatchObject({ result: 'deployed', tags: `pr-${number}` });
    expect(warnings).toEqual([]);
    const [body, ...more] = await comments();
    expect(more).toEqual([]);
    expect(body).toContain(outputs.url);
    expect(body).toContain(head().slice(0, 7));
    const { deployments } = await github();
    const deployment = deployments.find(({ databaseId }) => String(databaseId) === outputs['deployment-id']);
    expect(deployment).toMatchObject({ sha: head(), environment: 'ipfs-preview', state: 'ACTIVE' });
  });

  it('is found by its commit when the branch has another name by now', async () => {
    expect(fine(await run(endOf({ head_branch: 'renamed' }))).outputs.tags).toBe(`pr-${number}`);
  });

  it.each<[string, () => Partial<Followed>]>([
    ['its commit is no head, and its branch none of a pull request', () => ({ head_branch: 'x', head_sha: OTHER })],
    ['its branch is called main, and its commit is no head', () => ({ head_branch: 'main', head_sha: OTHER })],
    ['its fork is another one', () => ({ head_repository: { full_name: 'eve/site' } })],
    ['its fork is gone', () => ({ head_repository: null })],
    ['a fork says that it pushed to main', () => ({ event: 'push', head_branch: 'main' })],
    ['it ran for a comment', () => ({ event: 'issue_comment', head_repository: { full_name: REPOSITORY } })],
    ['it does not say what it ran for', () => ({ event: '' })],
  ])('is refused when %s', async (_title, more) => {
    const refused = await run(endOf(more()));
    expect(refused.exitCode, refused.log).toBe(1);
    expect(refused.errors).toHaveLength(1);
    expect(refused.errors[0]).toMatch(/not clear what the workflow built/);
    await nothingHappened();
  });

  it('is refused when two pull requests have its commit', async () => {
    const twin = { ...pull(), number: number + 1000, headRef: 'twin' };
    await emulator.github({ repository: REPOSITORY, pullRequests: [twin] });
    const refused = await run(endOf());
    expect([refused.exitCode, refused.errors[0]]).toEqual([1, expect.stringMatching(/several open pull requests/)]);
    await nothingHappened();
  });

  it('is refused when GitHub does not say whose commit it is', async () => {
    await emulator.fault(badGateway({ times: 99 }));
    const refused = await run(endOf());
    expect([refused.exitCode, refused.errors[0]]).toEqual([1, expect.stringMatching(/find the pull request \(502\)/)]);
    await nothingHappened();
  });

  it('is refused without a token', async () => {
    const refused = await run(endOf(), { inputs: { 'github-token': '' } });
    expect([refused.exitCode, refused.errors[0]]).toEqual([1, expect.stringMatching(/github-token/)]);
    await nothingHappened();
  });

  it.each(['CLOSED', 'MERGED'] as const)('is skipped when the pull request is %s', async (state) => {
    await emulator.github({ repository: REPOSITORY, pullRequests: [{ ...pull(), state }] });
    expect(fine(await run(endOf())).outputs.result).toBe('skipped');
    await nothingHappened();
  });

  it('is skipped when the pull request has a newer commit', async () => {
    expect(fine(await run(endOf({ head_sha: OTHER }))).outputs.result).toBe('skipped');
    await nothingHappened();
  });

  it.each(['failure', 'cancelled', 'timed_out'])('is skipped when it ended with %s', async (conclusion) => {
    expect(fine(await run(endOf({ conclusion }))).outputs.result).toBe('skipped');
    await nothingHappened();
  });
});

describe('its artifact', () => {
  it.each(['inside', 'error'])('is refused with a link in it, with symlinks: %s', async (symlinks) => {
    const artifact = { 'page.html': { link: 'index.html' } };
    const refused = await run(endOf(), { artifact, inputs: { symlinks } });
    expect(refused.exitCode, refused.log).toBe(1);
    expect(
      (await writesTo(emulator)).filter(({ path }) => !path.endsWith('/graphql') && !path.startsWith('/repos/')),
    ).toEqual([]);
  });

  it('may be called whatever it likes without telling people anything', async () => {
    const name = '<img src=x>`|@acme #1 --> ::warning::x.html';
    const { warnings } = fine(await run(endOf(), { artifact: { [name]: 'x' } }));
    expect(warnings.join('\n')).not.toMatch(/^x\.html/m);
    const [body] = await comments();
    expect(body).not.toMatch(/<img|[^\w]@acme|--> ::/);
  });
});

describe('a workflow that ran for the repository itself', () => {
  const own = { event: 'push', head_repository: { full_name: REPOSITORY }, head_sha: MAIN };

  it.each([
    ['main', 'production'],
    ['next', 'branch-next'],
  ])('is followed by a deploy of %s', async (head_branch, tags) => {
    const { outputs } = fine(await run(endOf({ ...own, head_branch })));
    expect(outputs).toMatchObject({ result: 'deployed', tags, 'comment-url': '' });
  });
});

describe('GitHub', () => {
  it('holds no secret of any run', async () => {
    const held = JSON.stringify(await github());
    expect(held).not.toContain(emulator.jwt);
    expect(held).not.toMatch(/gh[sp]_[0-9a-f]{36}/);
  });
});
