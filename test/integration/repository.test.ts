import { beforeAll, describe, expect, it } from 'vitest';
import { createTraffic, type Traffic, type TrafficPolicy } from '../../src/adapters/http/traffic.ts';
import type { Known } from '../../src/domain/github.ts';
import type { GitHub } from '../../src/ports.ts';
import type { FaultRequest } from '../support/emulator.ts';
import { emulatorForFile } from '../support/file-emulator.ts';

const emulator = await emulatorForFile();
// The toolkit reads it once, when it is loaded.
process.env.GITHUB_API_URL = emulator.githubUrl;
const { explainGitHub } = await import('../../src/adapters/github/client.ts');
const { createRepository } = await import('../../src/adapters/github/repository.ts');

const REPOSITORY = 'acme/site';

interface Asking extends Partial<TrafficPolicy> {
  readonly repository?: string;
  readonly token?: string;
}

function githubOf({ repository = REPOSITORY, token = emulator.githubToken, ...policy }: Asking = {}): GitHub {
  const traffic = (): Traffic =>
    createTraffic({
      service: 'GitHub',
      requestsPerMinute: 6000,
      concurrency: 4,
      firstDelayMs: 5,
      deadline: new AbortController().signal,
      explain: explainGitHub,
      onRetry: () => {},
      ...policy,
    });
  return createRepository({ repository, token, traffic });
}

async function known<T>(asked: Promise<Known<T>>): Promise<T> {
  const answer = await asked;
  if (answer.kind !== 'known') throw new Error(`It is not known: ${answer.reason}`);
  return answer.value;
}

const denied = (reason: RegExp): unknown => ({ kind: 'denied', reason: expect.stringMatching(reason) as unknown });
const failed = (reason: RegExp): unknown => ({ kind: 'failed', reason: expect.stringMatching(reason) as unknown });

beforeAll(async () => {
  await emulator.github({
    repository: REPOSITORY,
    pullRequests: [
      { number: 1, state: 'OPEN' },
      { number: 2, state: 'CLOSED', closedAt: '2026-06-01T10:00:00Z' },
      { number: 3, state: 'MERGED', closedAt: '2026-06-02T10:00:00Z' },
      ...Array.from({ length: 118 }, (_value, index) => ({ number: 1000 + index, state: 'OPEN' as const })),
    ],
    deployments: [
      {
        environment: 'production',
        state: 'ACTIVE',
        environmentUrl: 'https://bafyurl.ipfs.example/',
        payload: 'bafytext',
      },
      { environment: 'staging', state: 'ACTIVE', payload: { cid: 'bafyobject' } },
      { environment: 'bare', state: 'ACTIVE' },
      ...(['INACTIVE', 'DESTROYED', 'FAILURE', 'PENDING', 'ABANDONED', 'ERROR'] as const).map((state) => ({
        environment: 'production',
        state,
        environmentUrl: `https://${state.toLowerCase()}.example/`,
      })),
    ],
  });
});

describe('pull requests', () => {
  it('are open, closed or merged, with the time of their end', async () => {
    const found = await known(githubOf().pullRequests([1, 2, 3]));
    expect([...found.values()]).toEqual([
      { number: 1, state: 'open', closedAt: undefined },
      { number: 2, state: 'closed', closedAt: new Date('2026-06-01T10:00:00Z') },
      { number: 3, state: 'merged', closedAt: new Date('2026-06-02T10:00:00Z') },
    ]);
  });

  it('that GitHub does not know are left out, and the others are told', async () => {
    const found = await known(githubOf().pullRequests([2, 999, 3, 2_000_000_000]));
    expect([...found.keys()]).toEqual([2, 3]);
    expect((await known(githubOf().pullRequests([999]))).size).toBe(0);
  });

  it('are asked for in few requests', async () => {
    const numbers = [1, 2, 3, ...Array.from({ length: 118 }, (_value, index) => 1000 + index)];
    const found = await known(githubOf().pullRequests(numbers));
    expect([...found.keys()]).toEqual(numbers);
    expect(await emulator.requests({ host: 'github' })).toHaveLength(3);
  });

  it('are not asked for where there is none', async () => {
    expect((await known(githubOf().pullRequests([]))).size).toBe(0);
    expect(await emulator.requests()).toEqual([]);
  });

  it('are found in a repository whose name is spelt in other letters', async () => {
    expect((await known(githubOf({ repository: 'Acme/SITE' }).pullRequests([3]))).get(3)?.state).toBe('merged');
  });

  it.each<[string, unknown]>([
    ['a state of later times', { number: 1, state: 'LOCKED', closedAt: null }],
    ['no number', { state: 'CLOSED', closedAt: null }],
    ['a number that is a text', { number: '1', state: 'CLOSED', closedAt: null }],
    ['nothing in it', {}],
  ])('with %s are as good as unknown', async (_title, answer) => {
    await emulator.fault({
      match: { host: 'github' },
      action: {
        status: 200,
        body: JSON.stringify({ data: { repository: { p1: answer } } }),
        contentType: 'application/json',
      },
    });
    expect((await known(githubOf().pullRequests([1]))).size).toBe(0);
  });

  it('closed at a time that is none were closed some time', async () => {
    const body = JSON.stringify({ data: { repository: { p1: { number: 1, state: 'MERGED', closedAt: 'soon' } } } });
    await emulator.fault({ match: { host: 'github' }, action: { status: 200, body, contentType: 'application/json' } });
    expect((await known(githubOf().pullRequests([1]))).get(1)).toEqual({
      number: 1,
      state: 'merged',
      closedAt: undefined,
    });
  });
});

describe('deployments', () => {
  it('are the active ones, with the texts that may name a CID', async () => {
    expect([...(await known(githubOf().activeDeployments()))].toReversed()).toEqual([
      { environment: 'production', texts: ['https://bafyurl.ipfs.example/', 'bafytext'] },
      { environment: 'staging', texts: ['{"cid":"bafyobject"}'] },
      { environment: 'bare', texts: [] },
    ]);
  });

  it('are read over all pages', async () => {
    const repository = 'acme/many';
    const deployments = Array.from({ length: 250 }, (_value, index) => ({
      databaseId: 5_000_000 + index,
      environment: `e${index}`,
      state: index % 50 === 0 ? ('ACTIVE' as const) : ('INACTIVE' as const),
      payload: `cid ${index}`,
      createdAt: new Date(1_700_000_000_000 + index * 1000).toISOString(),
    }));
    await emulator.github({ repository, deployments });
    const active = await known(githubOf({ repository }).activeDeployments());
    expect(active.map(({ environment }) => environment)).toEqual(['e200', 'e150', 'e100', 'e50', 'e0']);
    expect(await emulator.requests({ host: 'github' })).toHaveLength(3);
    const recent = await known(githubOf({ repository }).recentDeployments());
    expect(recent).toHaveLength(250);
    expect(recent[0]).toEqual({ environment: 'e249', texts: ['cid 249'] });
  });

  it('end though the pages do not', async () => {
    const page = { nodes: [], pageInfo: { hasNextPage: true, endCursor: 'again' } };
    const body = JSON.stringify({ data: { repository: { deployments: page } } });
    await emulator.fault({
      match: { host: 'github' },
      times: 99,
      action: { status: 200, body, contentType: 'application/json' },
    });
    expect(await known(githubOf().activeDeployments())).toEqual([]);
    expect(await emulator.requests({ host: 'github' })).toHaveLength(20);
  });

  it('are none in a repository that never had any', async () => {
    await emulator.github({ repository: 'acme/fresh' });
    expect(await known(githubOf({ repository: 'acme/fresh' }).activeDeployments())).toEqual([]);
  });
});

describe('what may not be read is not known, with the reason, and never with the token:', () => {
  const both = async (github: GitHub): Promise<readonly unknown[]> => [
    await github.pullRequests([1]),
    await github.activeDeployments(),
  ];

  it('a token without either permission', async () => {
    const forbidden = denied(/Resource not accessible by integration/);
    const pulls = githubOf({ token: await emulator.addGithubToken({ pullRequests: true }) });
    expect(await both(pulls)).toEqual([expect.objectContaining({ kind: 'known' }), forbidden]);
    const deployments = githubOf({ token: await emulator.addGithubToken({ deployments: true }) });
    expect(await both(deployments)).toEqual([forbidden, expect.objectContaining({ kind: 'known' })]);
  });

  it('a token that GitHub does not know', async () => {
    const token = 'ghs_nobodyknowsthis123456';
    const answers = await both(githubOf({ token }));
    const refused = { kind: expect.stringMatching(/^(denied|failed)$/) as unknown };
    expect(answers).toEqual([
      { ...refused, reason: 'GitHub did not read the pull requests (401)' },
      { ...refused, reason: 'GitHub did not read the deployments (401)' },
    ]);
    expect(JSON.stringify(answers)).not.toContain(token);
    expect(await emulator.requests({ host: 'github' })).toHaveLength(2);
  });

  it('no token, or no repository: nobody is asked', async () => {
    const noToken = denied(/^there is no github-token$/);
    expect(await both(githubOf({ token: '' }))).toEqual([noToken, noToken]);
    for (const repository of ['', 'acme', 'acme/']) {
      const nowhere = denied(/^the repository is not known$/);
      expect(await both(githubOf({ repository }))).toEqual([nowhere, nowhere]);
    }
    expect(await emulator.requests()).toEqual([]);
  });

  it.each(['acme/other', 'acme/si"te { __typename }', 'acme/a/b'])(
    'the repository %j, which is not there',
    async (repository) => {
      expect(await githubOf({ repository }).activeDeployments()).toEqual(
        denied(/no such repository|Could not resolve/),
      );
    },
  );

  it('a rate limit that is told with status 200', async () => {
    const body = JSON.stringify({ errors: [{ type: 'RATE_LIMITED', message: 'API rate limit exceeded' }] });
    await emulator.fault({ match: { host: 'github' }, action: { status: 200, body, contentType: 'application/json' } });
    expect(await githubOf().pullRequests([1])).toEqual(failed(/API rate limit exceeded/));
  });

  it('a part of an answer that is refused, whatever the rest is', async () => {
    const body = JSON.stringify({
      data: { repository: { p1: { number: 1, state: 'CLOSED', closedAt: null }, p2: null } },
      errors: [
        { type: 'NOT_FOUND', message: 'p2' },
        { type: 'INTERNAL', message: 'Something went wrong' },
      ],
    });
    await emulator.fault({ match: { host: 'github' }, action: { status: 200, body, contentType: 'application/json' } });
    expect(await githubOf().pullRequests([1, 2])).toEqual(failed(/Something went wrong/));
  });
});

describe('an answer that did not come', () => {
  const FAULTS: readonly [string, FaultRequest['action']][] = [
    ['a 500', { status: 500 }],
    ['a 502 that is a page', { status: 502, body: '<html>Bad Gateway</html>', contentType: 'text/html' }],
    ['a 429 with Retry-After', { status: 429, headers: { 'retry-after': '0' } }],
    ['a connection that is cut before', { cut: 'before' }],
    ['a connection that is cut after', { cut: 'after' }],
    ['half of the JSON', { truncateJson: true }],
    ['a page with status 200', { html200: true }],
  ];

  it.each(FAULTS)('is asked for again: %s', async (_title, action) => {
    await emulator.fault({ match: { host: 'github' }, times: 2, action });
    const github = githubOf();
    expect((await known(github.pullRequests([2]))).get(2)?.state).toBe('closed');
    expect(await emulator.requests({ host: 'github' })).toHaveLength(3);
  });

  it.each(FAULTS)('is not known when it stays away: %s', async (_title, action) => {
    await emulator.fault({ match: { host: 'github' }, times: 99, action });
    const github = githubOf();
    const answer = await github.activeDeployments();
    expect(answer).toEqual(failed(/read the deployments/));
    expect(JSON.stringify(answer)).not.toContain(emulator.githubToken);
    expect((await emulator.requests({ host: 'github' })).length).toBeLessThanOrEqual(5);
  });

  it('is not waited for longer than the deadline', async () => {
    await emulator.fault({ match: { host: 'github' }, action: { delayMs: 3000 } });
    const began = performance.now();
    const answer = await githubOf({ deadline: AbortSignal.timeout(300) }).pullRequests([1]);
    expect(answer).toMatchObject({ kind: 'failed' });
    expect(performance.now() - began).toBeLessThan(2500);
  });
});

describe('the trees of commits', () => {
  const repository = 'acme/commits';
  const [first, second] = [`abcdef1${'0'.repeat(33)}`, `abcdef2${'0'.repeat(33)}`];
  const [tree, other] = ['a'.repeat(40), 'b'.repeat(40)];

  beforeAll(async () => {
    await emulator.github({
      repository,
      commits: [
        { oid: first, tree },
        { oid: second, tree: other },
      ],
    });
  });

  const treesOf = async (...commits: readonly string[]): Promise<readonly (readonly [string, string])[]> => [
    ...(await known(githubOf({ repository }).commitTrees(commits))),
  ];

  it('are found by whole and by abbreviated commits', async () => {
    expect(await treesOf(first, 'abcdef2', 'abcdef10')).toEqual([
      [first, tree],
      ['abcdef2', other],
      ['abcdef10', tree],
    ]);
    expect(await emulator.requests({ host: 'github' })).toHaveLength(1);
  });

  it('are left out where the commit is unknown, or of another repository', async () => {
    expect(await treesOf('1234567', 'f'.repeat(40), 'abcdef2')).toEqual([['abcdef2', other]]);
    expect((await known(githubOf().commitTrees([first]))).size).toBe(0);
  });

  it.each(['', 'abcdef', 'ABCDEF1', 'main', 'abcdef1"){oid}x:object(expression:"main', `${first}0`, 'abcdef1\n'])(
    'are not asked for by anything but hex digits: %j',
    async (text) => {
      expect(await treesOf(text)).toEqual([]);
      expect(await emulator.requests()).toEqual([]);
    },
  );

  it('are asked for in few requests, each commit once', async () => {
    const many = Array.from({ length: 99 }, (_value, index) => (0x1000000 + index).toString(16));
    expect(await treesOf(...many, first, first)).toEqual([[first, tree]]);
    expect(await emulator.requests({ host: 'github' })).toHaveLength(2);
  });

  it.each<[string, unknown]>([
    ['of a branch that is named like the abbreviation', { oid: second, tree: { oid: other } }],
    ['of an object that is no commit', {}],
    ['without an oid', { tree: { oid: tree } }],
    ['with an oid that is no text', { oid: first, tree: { oid: 7 } }],
  ])('are not taken from an answer %s', async (_title, c0) => {
    const body = JSON.stringify({ data: { repository: { c0 } } });
    await emulator.fault({ match: { host: 'github' }, action: { status: 200, body, contentType: 'application/json' } });
    expect(await treesOf('abcdef1')).toEqual([]);
  });

  it('are denied to a token without the permission for contents', async () => {
    const token = await emulator.addGithubToken({ pullRequests: true, deployments: true });
    const answer = await githubOf({ repository, token }).commitTrees([first]);
    expect(answer).toEqual(denied(/Resource not accessible by integration/));
  });

  it('are not known when GitHub does not answer', async () => {
    await emulator.fault({ match: { host: 'github' }, times: 99, action: { status: 502 } });
    expect(await githubOf({ repository }).commitTrees([first])).toEqual(failed(/read the commits \(502\)/));
  });
});
