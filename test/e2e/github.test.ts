import { beforeEach, describe, expect, it } from 'vitest';
import type { GithubTokenRequest } from '../../emulator/github-control-schema.ts';
import { deployInputs, pinsOf } from '../support/deploy-inputs.ts';
import type { RepositoryState } from '../support/emulator.ts';
import { closedPullRequest, pullRequest, pushTo, type RunEvent, releaseOf } from '../support/events.ts';
import { emulatorForFile } from '../support/file-emulator.ts';
import { badGateway } from '../support/github-faults.ts';
import { fine } from '../support/project-runs.ts';
import { type DistRun, runDist } from '../support/run-dist.ts';
import { tempTree } from '../support/temp-tree.ts';

const emulator = await emulatorForFile();
const REPOSITORY = 'acme/site';
const HEAD = '1234567890abcdef1234567890abcdef12345678';
const WRITE: GithubTokenRequest = {
  contents: 'write',
  issues: 'write',
  pullRequests: 'write',
  deployments: 'write',
  statuses: 'write',
};

let number = 300;

/** Each test has an open pull request of its own. */
beforeEach(async () => {
  number += 1;
  await emulator.github({
    repository: REPOSITORY,
    commits: [{ oid: HEAD, tree: 'a'.repeat(40) }],
    pullRequests: [{ number, state: 'OPEN', headRefOid: HEAD }],
  });
});

interface Given {
  readonly event?: RunEvent;
  readonly text?: string;
  readonly inputs?: Readonly<Record<string, string>>;
  readonly env?: Readonly<Record<string, string>>;
}

/** Runs the action for the test's pull request, telling all there is to tell. */
async function run({
  event = pullRequest(number, 'opened'),
  text = 'one',
  inputs = {},
  env = {},
}: Given = {}): Promise<DistRun> {
  using site = tempTree({ 'index.html': `<p>${text}</p>`, 'number.txt': String(number) });
  return await runDist({
    inputs: deployInputs(emulator, site.root, {
      project: `${REPOSITORY}#${number}`,
      comment: 'auto',
      deployment: 'auto',
      'commit-status': 'true',
      'pinata-gateway-url': emulator.gatewayUrl,
      'github-token': emulator.githubToken,
      ...inputs,
    }),
    event,
    env: { GITHUB_API_URL: emulator.githubUrl, ...env },
  });
}

async function github(): Promise<RepositoryState> {
  return await emulator.github({ repository: REPOSITORY });
}

async function bodies(): Promise<readonly string[]> {
  return (await github()).comments.filter((comment) => comment.number === number).map(({ body }) => body);
}

async function writes(): Promise<readonly string[]> {
  const requests = await emulator.requests({ host: 'github' });
  return requests
    .filter(({ method, path }) => method !== 'GET' && !path.endsWith('/graphql'))
    .map(({ method, path }) => `${method} ${path}`);
}

describe('two runs of one pull request at once', () => {
  it('leave one comment, of one of them', async () => {
    const runs = await Promise.all(['one', 'two'].map((text) => run({ text })));
    for (const each of runs) expect(fine(each).warnings).toEqual([]);
    const [body, ...more] = await bodies();
    expect(more).toEqual([]);
    expect(runs.some(({ outputs }) => body?.includes(String(outputs.url)))).toBe(true);
  });
});

describe('a pull request that was closed meanwhile', () => {
  it.each(['project of the repository', 'project with a name of its own'])('gets no comment: %s', async (title) => {
    await emulator.github({ repository: REPOSITORY, pullRequests: [{ number, state: 'CLOSED' }] });
    const project = title.startsWith('project of') ? REPOSITORY : 'my-own-name';
    const { outputs } = fine(await run({ inputs: { project } }));
    expect([outputs['comment-url'], await bodies()]).toEqual(['', []]);
  });

  it('gets none at its end either, where it had none', async () => {
    await emulator.github({ repository: REPOSITORY, pullRequests: [{ number, state: 'MERGED' }] });
    fine(await run({ event: closedPullRequest(number, { merged: true }) }));
    expect(await bodies()).toEqual([]);
  });

  it('has no active deployment any more', async () => {
    const { outputs } = fine(await run());
    const stateOf = async (): Promise<string | undefined> =>
      (await github()).deployments.find(({ databaseId }) => String(databaseId) === outputs['deployment-id'])?.state;
    expect(await stateOf()).toBe('ACTIVE');
    await emulator.github({ repository: REPOSITORY, pullRequests: [{ number, state: 'MERGED' }] });
    expect(fine(await run({ event: closedPullRequest(number, { merged: true }) })).warnings).toEqual([]);
    expect(await stateOf()).toBe('DESTROYED');
  });
});

describe('a pull request from a fork', () => {
  function fromFork(): RunEvent {
    const event = pullRequest(number, 'opened');
    const head = { sha: HEAD, ref: 'topic', repo: { full_name: 'mallory/site' } };
    return { ...event, payload: { ...event.payload, pull_request: { number, merged: false, head } } };
  }

  it('is green without secrets and with a token that may only read', async () => {
    const token = await emulator.addGithubToken({ contents: 'read', pullRequests: 'read', deployments: 'read' });
    const inputs = { 'pinata-jwt': '', 'github-token': token };
    const { outputs, warnings } = fine(await run({ event: fromFork(), inputs }));
    expect(outputs).toMatchObject({ result: 'skipped', 'comment-url': '', 'deployment-id': '' });
    expect([warnings, await writes()]).toEqual([[], []]);
    const asked = fine(await run({ event: fromFork(), inputs: { ...inputs, comment: 'true' } }));
    expect(asked.warnings).toHaveLength(1);
    expect(asked.warnings[0]).toContain('pull-requests: write');
    expect(await bodies()).toEqual([]);
  });
});

describe('inputs that are wrong', () => {
  it('are told on the pull request, and nothing of what they hold', async () => {
    const secret = `${emulator.jwt.slice(0, 40)}cut`;
    const wrong = await run({ inputs: { 'keep-last': 'many', 'pinata-jwt': secret } });
    expect(wrong.exitCode).toBe(1);
    const [body, ...more] = await bodies();
    expect([body, more]).toEqual([expect.stringContaining('keep-last must be'), []]);
    expect(wrong.outputs['comment-url']).toMatch(/#issuecomment-\d+$/);
    expect(body).not.toContain(secret);
    fine(await run());
    expect((await bodies()).map((text) => text.includes('keep-last must be'))).toEqual([false]);
  });
});

describe('a commit status', () => {
  async function statuses(context: string): Promise<RepositoryState['commitStatuses']> {
    return (await github()).commitStatuses.filter((status) => status.context === context);
  }

  it('tells the commit that the site is there', async () => {
    const { outputs } = fine(await run());
    expect(await statuses(`pinata-deploy/${number}`)).toMatchObject([
      { sha: HEAD, state: 'success', targetUrl: outputs.url },
    ]);
  });

  it('tells the commit that nothing was deployed', async () => {
    const failed = await run({ inputs: { 'expected-cid': 'bafkqaaa' } });
    expect(failed.exitCode).toBe(1);
    expect(await statuses(`pinata-deploy/${number}`)).toMatchObject([{ sha: HEAD, state: 'failure' }]);
  });

  it('is set only when it is asked for', async () => {
    fine(await run({ inputs: { 'commit-status': 'false' } }));
    expect(await statuses(`pinata-deploy/${number}`)).toEqual([]);
  });
});

describe('a release', () => {
  it('gets the CID in its notes once', async () => {
    const tag = `v${number}`;
    const notes = '# Fixes\r\n\r\n- a | b <!-- c -->\r\n';
    await emulator.github({ repository: REPOSITORY, releases: [{ tag, body: notes }] });
    const notesNow = async (): Promise<string | null | undefined> =>
      (await github()).releases.find((release) => release.tag === tag)?.body;
    const event = releaseOf(tag);
    const { outputs } = fine(await run({ event }));
    const once = await notesNow();
    expect(once?.startsWith(notes.trimEnd())).toBe(true);
    expect(once).toContain(outputs.cid);
    fine(await run({ event }));
    expect(await notesNow()).toBe(once);
    const second = fine(await run({ event, text: 'two' }));
    const twice = await notesNow();
    expect(twice).toContain(second.outputs.cid);
    expect(twice).not.toContain(outputs.cid);
    expect(twice?.match(/pinata-deploy:begin/g)).toHaveLength(1);
  });
});

describe('an Enterprise Server', () => {
  it('is told like github.com', async () => {
    const env = { GITHUB_API_URL: `${emulator.githubUrl}/api/v3`, GITHUB_SERVER_URL: 'https://git.acme.example' };
    const { warnings, outputs } = fine(await run({ env }));
    expect(warnings).toEqual([]);
    expect(await bodies()).toHaveLength(1);
    expect(outputs['deployment-id']).toMatch(/^\d+$/);
    const paths = (await emulator.requests({ host: 'github' })).map(({ path }) => path);
    expect(paths.filter((path) => !/^\/api\/(v3\/repos\/|graphql$)/.test(path))).toEqual([]);
    expect((await bodies())[0]).not.toContain('https://github.com');
  });
});

describe('a missing permission', () => {
  it.each([
    ['pullRequests', 'pull-requests'],
    ['deployments', 'deployments'],
    ['statuses', 'statuses'],
    ['contents', 'contents'],
  ] as const)('%s costs one warning, and nothing else', async (missing, name) => {
    const tag = `v${number}`;
    await emulator.github({ repository: REPOSITORY, releases: [{ tag, body: '' }] });
    const token = await emulator.addGithubToken({ ...WRITE, issues: 'none', [missing]: 'read' });
    const event = missing === 'contents' ? releaseOf(tag) : pullRequest(number, 'opened');
    const { warnings, outputs } = fine(await run({ event, inputs: { 'github-token': token } }));
    expect(outputs.result).toBe('deployed');
    expect(warnings).toHaveLength(1);
    expect(warnings[0]).toContain(`${name}: write`);
    expect(await bodies()).toHaveLength(missing === 'pullRequests' || missing === 'contents' ? 0 : 1);
  });
});

describe('what is not wanted is not sent:', () => {
  it('no comment, no deployment, no status', async () => {
    const inputs = { comment: 'false', deployment: 'false', 'commit-status': 'false' };
    const { outputs } = fine(await run({ inputs }));
    expect(outputs).toMatchObject({ 'comment-url': '', 'deployment-id': '' });
    expect(await writes()).toEqual([]);
    fine(await run({ inputs, event: closedPullRequest(number, { merged: false }) }));
    expect(await writes()).toEqual([]);
  });

  it('nothing of a push on a pull request', async () => {
    fine(await run({ event: pushTo('main') }));
    expect((await writes()).filter((write) => write.includes('/comments'))).toEqual([]);
  });

  it('nothing without a token', async () => {
    fine(await run({ inputs: { 'github-token': '' } }));
    expect(await emulator.requests({ host: 'github' })).toEqual([]);
  });
});

describe('a GitHub that is down', () => {
  it('does not fail a deploy', async () => {
    await emulator.fault(badGateway({ times: 9999 }));
    const down = fine(await run());
    expect(down.outputs.result).toBe('deployed');
    expect(await pinsOf(emulator, down.outputs.cid)).toHaveLength(1);
    expect(down.warnings).toHaveLength(1);
    expect(down.ms).toBeLessThan(75_000);
  }, 120_000);

  it('or that never answers costs about a minute', async () => {
    await emulator.fault({ match: { host: 'github' }, times: 9999, action: { delayMs: 200_000 } });
    const hung = fine(await run());
    expect(hung.outputs.result).toBe('deployed');
    expect(hung.warnings).toHaveLength(1);
    expect(hung.ms).toBeLessThan(90_000);
  }, 240_000);
});

describe('GitHub', () => {
  it('holds no secret of any run', async () => {
    const held = JSON.stringify(await github());
    expect(held).toContain(REPOSITORY);
    expect(held).not.toContain(emulator.jwt);
    expect(held).not.toContain(emulator.githubToken);
    expect(held).not.toMatch(/gh[sp]_[0-9a-f]{36}|eyJ[\w-]{10,}\./);
  });

  it('was asked as its own description says', async () => {
    expect((await github()).violations).toEqual([]);
  });
});
