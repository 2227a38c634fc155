import { beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { createTraffic, type Traffic } from '../../src/adapters/http/traffic.ts';
import { type CommentKey, findOwn, renderMarker } from '../../src/domain/comment.ts';
import type { DeploymentOrder } from '../../src/domain/github-deployment.ts';
import { projectOf } from '../../src/domain/tag.ts';
import type { WorkflowRun } from '../../src/domain/workflow-run.ts';
import { type Telling, type TellPorts, type Told, tell } from '../../src/modes/tell.ts';
import type { Comments, GithubDeployments, Issues, Releases } from '../../src/ports.ts';
import type { FaultRequest, RepositoryState } from '../support/emulator.ts';
import { emulatorForFile } from '../support/file-emulator.ts';
import { badGateway, primaryRateLimit, secondaryRateLimit } from '../support/github-faults.ts';
import { refusal } from '../support/refusal.ts';
import { cidNumber } from '../unit/account.ts';

const emulator = await emulatorForFile();

interface Adapters {
  readonly comments: Comments;
  readonly deployments: GithubDeployments;
  readonly releases: Releases;
  readonly issues: Issues;
  readonly github: TellPorts['github'];
  readonly findPulls: (run: WorkflowRun) => Promise<readonly { readonly number: number; readonly open: boolean }[]>;
}

// The toolkit reads it once, when it is loaded.
process.env.GITHUB_API_URL = emulator.githubUrl;
const { explainGitHub } = await import('../../src/adapters/github/client.ts');
const { createComments } = await import('../../src/adapters/github/comments.ts');
const { createDeployments } = await import('../../src/adapters/github/deployments.ts');
const { createIssues } = await import('../../src/adapters/github/issues.ts');
const { createReleases } = await import('../../src/adapters/github/releases.ts');
const { createRepository } = await import('../../src/adapters/github/repository.ts');
const { findPulls } = await import('../../src/adapters/github/pulls.ts');

const REPOSITORY = 'acme/site';
const SHA = '1234567890abcdef1234567890abcdef12345678';

function connect({ token = emulator.githubToken, repository = REPOSITORY } = {}): Adapters {
  const shared = createTraffic({
    service: 'GitHub',
    requestsPerMinute: 6000,
    concurrency: 4,
    firstDelayMs: 5,
    deadline: new AbortController().signal,
    explain: explainGitHub,
    onRetry: () => {},
  });
  const options = { repository, token, traffic: (): Traffic => shared };
  return {
    comments: createComments(options),
    deployments: createDeployments(options),
    releases: createReleases(options),
    issues: createIssues(options),
    github: createRepository(options),
    findPulls: (run) => findPulls(options, run),
  };
}

let number = 0;

/** Each test has a pull request of its own. */
beforeEach(async () => {
  number += 1;
  await emulator.github({ repository: REPOSITORY, pullRequests: [{ number, state: 'OPEN', headRefOid: SHA }] });
});

function key(): CommentKey {
  return { project: projectOf('acme/site'), pullRequest: number };
}

function body(text: string): string {
  return `${renderMarker(key())}\n${text}\n`;
}

async function state(repository = REPOSITORY): Promise<RepositoryState> {
  return await emulator.github({ repository });
}

async function bodies(): Promise<readonly string[]> {
  return (await state()).comments.filter((comment) => comment.number === number).map((comment) => comment.body);
}

interface Teller {
  readonly told: Told;
  readonly warnings: readonly string[];
}

async function say(telling: Partial<Telling>, adapters: Adapters = connect()): Promise<Teller> {
  const warnings: string[] = [];
  const log = {
    line: () => {},
    notice: () => {},
    group: () => {},
    progress: () => {},
    warn: (text: string) => void warnings.push(text),
  };
  const nothing = {
    comment: undefined,
    deployment: undefined,
    status: undefined,
    release: undefined,
    health: undefined,
  };
  const told = await tell({ ...nothing, ...telling }, { ...adapters, log, clock: { pause: () => Promise.resolve() } });
  return { told, warnings };
}

function news(text: string): Pick<Telling, 'comment'> {
  const said = body(text);
  return { comment: { key: key(), occasion: 'news', render: () => said } };
}

function orderOf(tag: string, cid = cidNumber(1), project = 'acme/site'): DeploymentOrder {
  const production = tag === 'production';
  const environment = {
    environment: production ? 'ipfs-production' : 'ipfs-preview',
    transient: !production,
    production,
  };
  return { ...environment, description: 'a site', payload: { project, tag, cid, commit: SHA } };
}

function live(order: DeploymentOrder): Pick<Telling, 'deployment'> {
  const [environmentUrl, logUrl] = ['https://a.example/', 'https://b.example/'];
  const status = { state: 'success', description: order.description, environmentUrl, logUrl } as const;
  return { deployment: { kind: 'live', order, status } };
}

const STATUS = {
  sha: SHA,
  status: { state: 'success', description: 'a site', url: 'https://a.example/', context: 'pinata-deploy' },
} as const;

async function writes(): Promise<readonly string[]> {
  const requests = await emulator.requests({ host: 'github' });
  return requests
    .filter(({ method, path }) => method !== 'GET' && !path.endsWith('/graphql'))
    .map(({ method }) => method);
}

const SOMEBODY = { login: 'mallory', id: 99, type: 'User' } as const;

describe('among 120 comments', () => {
  it('ours is found where it is the 118th, and edited', async () => {
    const others = Array.from({ length: 117 }, (_value, index) => ({ number, body: `comment ${index}` }));
    await emulator.github({ repository: REPOSITORY, comments: others });
    const ours = await connect().comments.create(number, body('old'));
    const later = ['a', 'b'].map((text) => ({ number, body: text }));
    await emulator.github({ repository: REPOSITORY, comments: later });
    await emulator.clearRequests();
    const { told, warnings } = await say(news('new'));
    expect([told.commentUrl, warnings, await writes()]).toEqual([ours.url, [], ['PATCH']]);
    const all = await bodies();
    expect([all.length, all[117]]).toEqual([120, body('new')]);
  });

  it('somebody else’s with our marker is not touched, and not believed', async () => {
    const foreign = [SOMEBODY, { login: 'github-actions', id: 98, type: 'User' } as const, null].map((author) => ({
      number,
      body: body('forged'),
      author,
    }));
    await emulator.github({ repository: REPOSITORY, comments: foreign });
    expect(await connect().comments.listOwn(number)).toEqual([]);
    await say(news('ours'));
    expect(await bodies()).toEqual([body('forged'), body('forged'), body('forged'), body('ours')]);
    await say(news('again'));
    expect((await bodies()).slice(3)).toEqual([body('again')]);
  });

  it('those of another project and of a person who quotes us stay', async () => {
    const other = renderMarker({ project: projectOf('acme/site#docs'), pullRequest: number });
    const { comments } = connect();
    await comments.create(number, `${other}\ndocs`);
    await comments.create(number, `> ${body('quoted')}`);
    await say(news('site'));
    expect(await bodies()).toEqual([`${other}\ndocs`, `> ${body('quoted')}`, body('site')]);
  });
});

describe('a comment', () => {
  it('that was deleted between listing and editing is created again', async () => {
    const { comments, ...rest } = connect();
    const { id } = await comments.create(number, body('old'));
    await emulator.clearRequests();
    const update: Comments['update'] = async (...edit) => {
      await comments.remove(id);
      return await comments.update(...edit);
    };
    const { told, warnings } = await say(news('new'), { ...rest, comments: { ...comments, update } });
    expect([await bodies(), warnings]).toEqual([[body('new')], []]);
    expect(told.commentUrl).not.toContain(`issuecomment-${id}`);
  });

  it('may be removed twice', async () => {
    const { comments } = connect();
    const { id } = await comments.create(number, body('old'));
    await comments.remove(id);
    await comments.remove(id);
    expect(await comments.update(id, 'x')).toBeUndefined();
  });

  it('is one when several runs tell at once', async () => {
    const texts = ['one', 'two', 'three'];
    const told = await Promise.all(texts.map((text) => say(news(text))));
    expect(told.flatMap(({ warnings }) => warnings)).toEqual([]);
    const [left, ...more] = await bodies();
    expect(more).toEqual([]);
    expect(texts.map(body)).toContain(left);
  });

  it.each<[string, FaultRequest['action']]>([
    ['is lost on its way back', { cut: 'after' }],
    ['is cut in half', { truncateJson: true }],
    ['never began', { cut: 'before' }],
  ])('is one when the answer to its creation %s', async (_title, action) => {
    await emulator.fault({ match: { host: 'github', method: 'POST', path: '/comments' }, action });
    const { told, warnings } = await say(news('one'));
    expect([await bodies(), warnings]).toEqual([[body('one')], []]);
    const [own] = findOwn(await connect().comments.listOwn(number), key());
    expect(told.commentUrl).toBe(own?.url);
  });

  it('may have 65,536 characters and not one more, which is said', async () => {
    const full = body('x'.repeat(65_536 - body('').length));
    expect(full).toHaveLength(65_536);
    const { comments } = connect();
    const { id } = await comments.create(number, full);
    expect(await bodies()).toEqual([full]);
    const longer = `${full}x`;
    const tooLong = /^network: GitHub did not (write|edit) the comment \(422: .*too long.*65536.*\)$/;
    expect(await refusal(comments.create(number, longer))).toMatch(tooLong);
    expect(await refusal(comments.update(id, longer))).toMatch(tooLong);
  });

  it('keeps every character of its text', async () => {
    const text = 'é 😀 \u202e </details> `|` @everyone #1 \\ "';
    await say(news(text));
    expect(await bodies()).toEqual([body(text)]);
    await emulator.clearRequests();
    await say(news(text));
    expect(await writes()).toEqual([]);
  });
});

describe('a token', () => {
  it.each([
    ['of a person', { login: 'octo-dev', id: 4242, type: 'User' }],
    ['of an app', { login: 'acme-deployer[bot]', id: 777_001, type: 'Bot' }],
  ] as const)('%s has comments of its own', async (_title, user) => {
    const token = await emulator.addGithubToken({ pullRequests: 'write', user });
    await say(news('of the workflow'));
    const own = connect({ token });
    expect((await say(news('mine'), own)).warnings).toEqual([]);
    expect((await say(news('mine again'), own)).warnings).toEqual([]);
    expect(await bodies()).toEqual([body('of the workflow'), body('mine again')]);
  });

  const order = orderOf('pr-1');
  const calls = {
    'list comments': ({ comments }: Adapters) => comments.listOwn(number),
    comment: ({ comments }: Adapters) => comments.create(number, body('x')),
    'list deployments': ({ deployments }: Adapters) => deployments.list('ipfs-preview'),
    'make a deployment': ({ deployments }: Adapters) => deployments.create(order),
    'set a commit status': ({ deployments }: Adapters) => deployments.setCommitStatus(SHA, STATUS.status),
    'write a release': ({ releases }: Adapters) => releases.write(releaseId, 'x'),
  } as const;
  let releaseId = 0;

  beforeAll(async () => {
    const { releases } = await emulator.github({ repository: REPOSITORY, releases: [{ tag: 'v1', body: 'Notes' }] });
    releaseId = releases[0]?.databaseId ?? 0;
  });

  it.each<[keyof typeof calls, Readonly<Record<string, 'none' | 'read'>>]>([
    ['comment', { pullRequests: 'none', issues: 'none' }],
    ['comment', { pullRequests: 'read', issues: 'read' }],
    ['list deployments', { deployments: 'none' }],
    ['make a deployment', { deployments: 'none' }],
    ['make a deployment', { deployments: 'read' }],
    ['set a commit status', { statuses: 'none' }],
    ['set a commit status', { statuses: 'read' }],
    ['write a release', { contents: 'none' }],
    ['write a release', { contents: 'read' }],
  ])('cannot %s with only %j', async (what, less) => {
    const token = await emulator.addGithubToken({ ...ALL, ...less });
    const before = await state();
    const said = await refusal(calls[what](connect({ token })));
    expect(said).toMatch(/^credentials: GitHub did not [a-z ]+ \((403: )?Resource not accessible by integration\)$/);
    expect(said).not.toContain(token);
    expect(await state()).toEqual(before);
  });

  it.each(['pullRequests', 'issues'] as const)('may comment with %s alone', async (permission) => {
    const token = await emulator.addGithubToken({ [permission]: 'write' });
    expect((await connect({ token }).comments.create(number, body('x'))).url).toContain(`/pull/${number}#`);
  });

  it.each(['Unable to create comment because issue is locked.', 'Repository was archived so is read-only.'])(
    'is not asked for more where nobody may write: %s',
    async (message) => {
      const action = { status: 403, body: JSON.stringify({ message }), contentType: 'application/json' };
      await emulator.fault({ match: { host: 'github', method: 'POST', path: '/comments' }, action });
      const { warnings } = await say(news('x'));
      expect(warnings).toEqual([expect.stringContaining(`the comment (403: ${message.replace('.', '')}).`)]);
    },
  );

  it('that GitHub does not know is refused, without a word of it', async () => {
    const token = 'ghs_nobodyknowsthis123456';
    for (const call of Object.values(calls)) {
      expect(await refusal(call(connect({ token })))).toMatch(/^credentials: GitHub did not [a-z ]+ \(401\)$/);
    }
    expect(await refusal(calls.comment(connect({ token: '' })))).toBe('credentials: there is no github-token');
  });

  it('of a private repository sees what others do not', async () => {
    const repository = 'acme/secret';
    await emulator.github({ repository, private: true, pullRequests: [{ number, state: 'OPEN', headRefOid: SHA }] });
    const own = await emulator.addGithubToken({ ...ALL, repositories: [repository] });
    const { warnings } = await say(
      { ...news('x'), ...live(orderOf(`pr-${number}`)), status: STATUS },
      connect({ token: own, repository }),
    );
    expect(warnings).toEqual([]);
    const foreign = await emulator.addGithubToken({ ...ALL, repositories: ['acme/elsewhere'] });
    const blind = await emulator.addGithubToken({ contents: 'read', repositories: [repository] });
    for (const token of [foreign, blind]) {
      const said = await refusal(connect({ token, repository }).comments.listOwn(number));
      expect(said).toMatch(/^credentials: GitHub did not list the comments \((404|403: [^)]+)\)$/);
    }
    expect((await state(repository)).comments.map((comment) => comment.body)).toEqual([body('x')]);
  });

  it('with nothing gets one warning, with every permission it takes', async () => {
    const token = await emulator.addGithubToken({});
    const release = { gitTag: 'v1', project: projectOf('acme/site'), block: 'CID' };
    const { told, warnings } = await say({ ...news('x'), ...live(order), status: STATUS, release }, connect({ token }));
    expect(told).toEqual({ commentUrl: '', deploymentId: '' });
    expect(warnings).toHaveLength(1);
    for (const permission of ['pull-requests', 'deployments', 'statuses', 'contents']) {
      expect(warnings[0]).toContain(`it takes the permission ${permission}: write`);
    }
  });
});

const ALL = {
  contents: 'write',
  issues: 'write',
  pullRequests: 'write',
  deployments: 'write',
  statuses: 'write',
} as const;

describe('GitHub that asks for patience', () => {
  const post = { match: { method: 'POST', path: '/comments' } } as const;

  it('is waited for when it is short', async () => {
    await emulator.fault(secondaryRateLimit(1, post));
    const { warnings } = await say(news('x'));
    expect([await bodies(), warnings]).toEqual([[body('x')], []]);
  });

  it.each<[string, FaultRequest]>([
    ['a secondary limit', secondaryRateLimit(600, { ...post, times: 9 })],
    ['a secondary limit with 429', secondaryRateLimit(600, { ...post, times: 9 }, 429)],
    ['a used up hour', primaryRateLimit(new Date(Date.now() + 1_800_000), { ...post, times: 9 })],
    ['a used up hour with 429', primaryRateLimit(new Date(Date.now() + 1_800_000), { ...post, times: 9 }, 429)],
  ])('is not when it is long: %s', async (_title, fault) => {
    await emulator.fault(fault);
    const began = performance.now();
    const { warnings } = await say(news('x'));
    expect(performance.now() - began).toBeLessThan(5000);
    expect(await bodies()).toEqual([]);
    expect(warnings).toHaveLength(1);
    expect(warnings[0]).toMatch(/the comment: GitHub did not write the comment \(4\d\d, a rate limit\)/);
    expect(warnings[0]).not.toContain('permission');
    expect(await writes()).toEqual(['POST']);
  });

  it('is asked again after a page of its proxy', async () => {
    await emulator.fault(badGateway({ times: 3 }));
    const { warnings } = await say({ ...news('x'), ...live(orderOf(`pr-${number}`)) });
    expect([await bodies(), warnings]).toEqual([[body('x')], []]);
  });

  it('is given up after a few pages of its proxy', async () => {
    await emulator.fault(badGateway({ times: 999 }));
    const { warnings } = await say({ ...news('x'), ...live(orderOf(`pr-${number}`)), status: STATUS });
    expect(warnings).toHaveLength(1);
    expect(warnings[0]).toMatch(/the comment: .*502.*the deployment: .*502.*the commit status: .*502/);
    expect(warnings[0]).not.toContain('<');
  });
});

describe('a deployment', () => {
  /** The states of the deployments of the test's pull request, oldest first. A preview that is over is destroyed. */
  async function states(): Promise<readonly string[]> {
    const { deployments } = await state();
    const isOwn = (payload: string | null): boolean =>
      payload?.includes(`"project":"acme/site","tag":"pr-${number}"`) === true;
    return deployments.filter(({ payload }) => isOwn(payload)).map((row) => row.state);
  }

  it('shows its link, and is over when the next one is there', async () => {
    const { told } = await say(live(orderOf(`pr-${number}`)));
    const { deployments } = await state();
    const made = deployments.find(({ databaseId }) => String(databaseId) === told.deploymentId);
    expect(made).toMatchObject({
      state: 'ACTIVE',
      environment: 'ipfs-preview',
      environmentUrl: 'https://a.example/',
      logUrl: 'https://b.example/',
      transient: true,
      production: false,
      sha: SHA,
    });
    await say(live(orderOf(`pr-${number}`, cidNumber(2))));
    expect(await states()).toEqual(['DESTROYED', 'ACTIVE']);
  });

  it('ends though a hundred others were made since', async () => {
    await say(live(orderOf(`pr-${number}`)));
    const others = Array.from({ length: 120 }, (_value, index) => ({
      environment: 'ipfs-preview',
      state: 'ACTIVE' as const,
      payload: { tool: 'pinata-deploy', project: 'acme/other', tag: `pr-${index}`, cid: cidNumber(3), commit: SHA },
    }));
    await emulator.github({ repository: REPOSITORY, deployments: others });
    const of = [{ project: 'acme/site', tag: `pr-${number}` }];
    await say({ deployment: { kind: 'gone', of, description: 'Its tag was given up' } });
    expect(await states()).toEqual(['DESTROYED']);
    const { deployments } = await state();
    expect(
      deployments.filter(({ state: now, payload }) => now === 'ACTIVE' && payload?.includes('acme/other')),
    ).toHaveLength(120);
  });

  it('of production leaves those of other projects alone', async () => {
    const first = await say(live(orderOf('production', cidNumber(1), `acme/site#a${number}`)));
    const second = await say(live(orderOf('production', cidNumber(2), `acme/site#b${number}`)));
    const { deployments } = await state();
    for (const { told } of [first, second]) {
      expect(deployments.find(({ databaseId }) => String(databaseId) === told.deploymentId)?.state).toBe('ACTIVE');
    }
  });

  it('that came twice because an answer was lost is one after the next run', async () => {
    await emulator.fault({ match: { host: 'github', method: 'POST', path: '/deployments' }, action: { cut: 'after' } });
    await say(live(orderOf(`pr-${number}`)));
    await say(live(orderOf(`pr-${number}`)));
    expect([...(await states())].sort()).toEqual(['ACTIVE', 'DESTROYED']);
  });

  it('of a commit that GitHub does not know is not made, and it is said why', async () => {
    const order = orderOf('production');
    const unknown = { ...order, payload: { ...order.payload, commit: 'e'.repeat(40) } };
    const { told, warnings } = await say(live(unknown));
    expect(told.deploymentId).toBe('');
    expect(warnings[0]).toMatch(/the deployment: GitHub did not make the deployment \(422: No ref found/);
  });
});

describe('a release', () => {
  it('gets the block once, and keeps what is there', async () => {
    await emulator.github({ repository: REPOSITORY, releases: [{ tag: 'v2', body: '# Fixes\r\n\r\nThanks' }] });
    const release = { gitTag: 'v2', project: projectOf('acme/site'), block: '- CID' };
    await say({ release });
    const notesOf = async (): Promise<string | null | undefined> =>
      (await state()).releases.find(({ tag }) => tag === 'v2')?.body;
    const once = await notesOf();
    expect(once).toMatch(/^# Fixes\r\n\r\nThanks\n\n<!-- pinata-deploy:begin [0-9a-f]{8} -->\n- CID\n<!-- /);
    await emulator.clearRequests();
    await say({ release });
    expect([await notesOf(), await writes()]).toEqual([once, []]);
  });

  it('that is not there is nobody’s trouble', async () => {
    const release = { gitTag: 'v404', project: projectOf('acme/site'), block: '- CID' };
    expect((await say({ release })).warnings).toEqual([]);
  });
});

describe('the pull request of a workflow run', () => {
  const FORK = 'mallory/site';
  const run: WorkflowRun = {
    event: 'pull_request',
    conclusion: 'success',
    headSha: 'b'.repeat(40),
    headBranch: 'patch-1',
    headRepository: FORK,
  };

  it('is found by the branch of the fork and by its commit, once', async () => {
    const pullRequests = [
      { number, state: 'OPEN' as const, headRefOid: run.headSha, headRef: 'patch-1', headRepository: FORK },
    ];
    await emulator.github({ repository: REPOSITORY, pullRequests });
    const found = { number, open: true, headSha: run.headSha, headRepository: FORK };
    expect(await connect().findPulls(run)).toEqual([found]);
    expect(await connect().findPulls({ ...run, headBranch: 'renamed' })).toEqual([found]);
  });

  it('is found by its branch when it is closed', async () => {
    const closed = {
      number,
      state: 'CLOSED',
      headRefOid: run.headSha,
      headRef: 'closed-1',
      headRepository: FORK,
    } as const;
    await emulator.github({ repository: REPOSITORY, pullRequests: [closed] });
    const found = await connect().findPulls({ ...run, headBranch: 'closed-1' });
    expect(found).toContainEqual({ number, open: false, headSha: run.headSha, headRepository: FORK });
  });

  it('is found though the repository does not have the commit', async () => {
    expect(await connect().findPulls({ ...run, headSha: 'd'.repeat(40), headBranch: 'gone' })).toEqual([]);
  });

  it('is not looked for without an answer', async () => {
    await emulator.fault(badGateway({ times: 99 }));
    expect(await refusal(connect().findPulls(run))).toMatch(/^network: GitHub did not find the pull request \(502\)$/);
  });
});

describe('every request', () => {
  it('fits GitHub’s own description of its API', async () => {
    expect((await state()).violations).toEqual([]);
  });
});
