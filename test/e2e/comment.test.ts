import { describe, expect, it } from 'vitest';
import { deployInputs } from '../support/deploy-inputs.ts';
import type { FaultRequest } from '../support/emulator.ts';
import { closedPullRequest, pullRequest, type RunEvent, releaseOf } from '../support/events.ts';
import { emulatorForFile } from '../support/file-emulator.ts';
import { fine } from '../support/project-runs.ts';
import { type DistRun, runDist } from '../support/run-dist.ts';
import { tempTree } from '../support/temp-tree.ts';

const emulator = await emulatorForFile();
const HEAD = '1234567890abcdef1234567890abcdef12345678';

interface Given {
  readonly event: RunEvent;
  readonly text?: string;
  readonly inputs?: Readonly<Record<string, string>>;
  readonly token?: string;
}

/** Runs the action for a pull request, with everything that is told on GitHub. */
async function run(project: string, { event, text = 'one', inputs = {}, token }: Given): Promise<DistRun> {
  using site = tempTree({ 'index.html': `<p>${text}</p>`, 'project.txt': project });
  return await runDist({
    inputs: deployInputs(emulator, site.root, {
      project,
      comment: 'auto',
      deployment: 'auto',
      'pinata-gateway-url': emulator.gatewayUrl,
      'github-token': token ?? emulator.githubToken,
      ...inputs,
    }),
    event,
    env: { GITHUB_API_URL: emulator.githubUrl },
  });
}

let numbers = 100;

/** An open pull request of its own. */
async function openPullRequest(state: 'OPEN' | 'CLOSED' | 'MERGED' = 'OPEN'): Promise<number> {
  numbers += 1;
  await emulator.github({
    repository: 'acme/site',
    commits: [{ oid: HEAD, tree: 'a'.repeat(40) }],
    pullRequests: [{ number: numbers, state, headRefOid: HEAD }],
  });
  return numbers;
}

async function commentsOn(number: number): Promise<readonly { readonly body: string; readonly author: unknown }[]> {
  const { github } = await emulator.state();
  return github.comments.filter((comment) => comment.number === number);
}

describe('a pull request has one comment', () => {
  it('from its opening to its end', async () => {
    const project = 'acme/site#whole-story';
    const number = await openPullRequest();
    const opened = fine(await run(project, { event: pullRequest(number, 'opened') }));
    expect(opened.warnings).toEqual([]);
    const [first] = await commentsOn(number);
    expect(first?.body).toContain(opened.outputs.url);
    expect(opened.outputs['comment-url']).toMatch(/#issuecomment-\d+$/);
    const pushed = fine(await run(project, { event: pullRequest(number, 'synchronize'), text: 'two' }));
    expect(pushed.outputs['comment-url']).toBe(opened.outputs['comment-url']);
    const [second, ...more] = await commentsOn(number);
    expect(more).toEqual([]);
    expect(second?.body).toContain(pushed.outputs.url);
    await emulator.github({ repository: 'acme/site', pullRequests: [{ number, state: 'CLOSED' }] });
    const closed = fine(await run(project, { event: closedPullRequest(number, { merged: false }) }));
    expect(closed.warnings).toEqual([]);
    const [last, ...others] = await commentsOn(number);
    expect(others).toEqual([]);
    expect(last?.body).toMatch(/removed/i);
    expect(last?.body).not.toContain(pushed.outputs.url);
  });

  it('that keeps the last good preview when a deploy fails', async () => {
    const project = 'acme/site#fails';
    const number = await openPullRequest();
    const good = fine(await run(project, { event: pullRequest(number, 'opened') }));
    const inputs = { 'size-budget': 'total=1B', 'expected-cid': good.outputs.cid ?? '' };
    const bad = await run(project, { event: pullRequest(number, 'synchronize'), text: 'two', inputs });
    expect(bad.exitCode).toBe(1);
    const [comment] = await commentsOn(number);
    expect(comment?.body).toContain('expected-cid is');
    expect(comment?.body).toContain(good.outputs.url);
  });

  it.each<readonly [string, { readonly inputs?: Record<string, string>; readonly fault?: FaultRequest }]>([
    ['reading the inputs', { inputs: { tags: 'Not a tag' } }],
    ['finding the files', { inputs: { include: '*.none' } }],
    ['reading the account', { fault: { match: { host: 'api', method: 'GET' }, action: { status: 401 }, times: 9 } }],
    ['planning', { inputs: { 'expected-cid': `bafybeib${'a'.repeat(51)}` } }],
    ['uploading', { fault: { match: { host: 'upload' }, action: { status: 403 }, times: 9 } }],
    ['tagging', { fault: { match: { host: 'api', method: 'PUT' }, action: { status: 403 }, times: 9 } }],
    [
      'opening the links',
      {
        inputs: { 'fail-on-unreachable': 'true', 'verify-timeout': '1s' },
        fault: { match: { host: 'gateway' }, action: { status: 404 }, times: 99 },
      },
    ],
  ])('that says when a deploy failed while %s', async (step, { inputs = {}, fault }) => {
    const number = await openPullRequest();
    if (fault !== undefined) await emulator.fault(fault);
    const name = `acme/site#at-${step.replaceAll(' ', '-')}`;
    const failed = await run(name, { event: pullRequest(number, 'opened'), text: step, inputs });
    await emulator.clearFaults();
    expect(failed.exitCode, failed.log).toBe(1);
    expect(failed.log).toContain(`::error title=pinata-deploy failed while ${step}%3A`);
    expect(failed.summary).toContain(`### ❌ Deploy failed while ${step} (`);
    const [comment] = await commentsOn(number);
    expect(comment?.body).toContain(`### ❌ Deploy failed while ${step} · `);
    expect(comment?.body).toContain('**What to do:**');
  });

  it('that is not written again when it says the same', async () => {
    const project = 'acme/site#same';
    const number = await openPullRequest();
    await emulator.github({
      repository: 'acme/site',
      comments: [{ number, body: 'Looks good to me', author: { login: 'somebody', id: 7, type: 'User' } }],
    });
    const failing = { event: pullRequest(number, 'opened'), inputs: { 'expected-cid': 'bafkqaaa' } };
    await run(project, failing);
    await emulator.clearRequests();
    await run(project, failing);
    const writes = (await emulator.requests({ host: 'github' })).filter(({ method }) => method === 'PATCH');
    expect(writes).toEqual([]);
    expect(await commentsOn(number)).toHaveLength(2);
  });
});

describe('GitHub knows the deployment', () => {
  it('of production, and that the one before is over', async () => {
    const project = 'acme/site#production';
    const event = releaseOf('v9.9.9');
    await emulator.github({ repository: 'acme/site', commits: [{ oid: HEAD, tree: 'a'.repeat(40) }] });
    const first = fine(await run(project, { event, inputs: { tags: 'production' } }));
    const second = fine(await run(project, { event, text: 'two', inputs: { tags: 'production' } }));
    const { github } = await emulator.state();
    const states = [first, second].map(
      ({ outputs }) =>
        github.deployments.find(({ databaseId }) => String(databaseId) === outputs['deployment-id'])?.state,
    );
    expect(states).toEqual(['INACTIVE', 'ACTIVE']);
    const repeated = fine(await run(project, { event, text: 'two', inputs: { tags: 'production' } }));
    expect(repeated.outputs['deployment-id']).toBe(second.outputs['deployment-id']);
  });
});
