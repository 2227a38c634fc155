import { beforeAll, describe, expect, it } from 'vitest';
import { checkAnswer } from '../../emulator/github-openapi.ts';
import { emulatorForFile } from '../support/file-emulator.ts';
import { badGateway, primaryRateLimit, secondaryRateLimit } from '../support/github-faults.ts';
import { failureOf, type Octokit, octokitOf } from '../support/octokit.ts';

const github = await emulatorForFile();
const site = { owner: 'acme', repo: 'site' } as const;

function clientOf({ token = github.githubToken, baseUrl = github.githubUrl } = {}): Octokit {
  return octokitOf(token, baseUrl);
}

type Wanted = Parameters<typeof github.addGithubToken>[0];

async function clientWith(wanted: Wanted): Promise<Octokit> {
  return clientOf({ token: await github.addGithubToken(wanted) });
}

const alice = { login: 'alice', id: 77, type: 'User' } as const;
const [head, main] = ['a'.repeat(40), 'b'.repeat(40)];

beforeAll(async () => {
  await github.github({
    repository: 'acme/site',
    refs: { main },
    pullRequests: [
      { number: 1, state: 'OPEN', headRefOid: head, headRef: 'feature/x', createdAt: '2026-01-01T00:00:00Z' },
    ],
  });
});

describe('a permission', () => {
  const calls: readonly [string, Wanted, string, (client: Octokit, repo: string) => Promise<unknown>][] = [
    [
      'a comment',
      { issues: 'write' },
      'issues=write; pull_requests=write',
      ({ rest }, repo) => rest.issues.createComment({ owner: 'acme', repo, issue_number: 1, body: 'x' }),
    ],
    [
      'an issue',
      { issues: 'write' },
      'issues=write',
      ({ rest }, repo) => rest.issues.create({ owner: 'acme', repo, title: 'x' }),
    ],
    [
      'a deployment',
      { deployments: 'write' },
      'deployments=write',
      ({ rest }, repo) => rest.repos.createDeployment({ owner: 'acme', repo, ref: 'main' }),
    ],
    [
      'a status',
      { statuses: 'write' },
      'statuses=write',
      ({ rest }, repo) => rest.repos.createCommitStatus({ owner: 'acme', repo, sha: main, state: 'success' }),
    ],
    [
      'notes',
      { contents: 'write' },
      'contents=write',
      async ({ rest }, repo) =>
        rest.repos.updateRelease({ owner: 'acme', repo, release_id: await releaseOf(repo), body: 'x' }),
    ],
    [
      'reading a comment',
      { issues: 'read' },
      'issues=read; pull_requests=read',
      ({ rest }, repo) => rest.issues.listComments({ owner: 'acme', repo, issue_number: 1 }),
    ],
    [
      'reading a pull request',
      { pullRequests: 'read' },
      'pull_requests=read',
      ({ rest }, repo) => rest.pulls.get({ owner: 'acme', repo, pull_number: 1 }),
    ],
    [
      'reading deployments',
      { deployments: 'read' },
      'deployments=read',
      ({ rest }, repo) => rest.repos.listDeployments({ owner: 'acme', repo }),
    ],
    [
      'reading a status',
      { statuses: 'read' },
      'statuses=read',
      ({ rest }, repo) => rest.repos.getCombinedStatusForRef({ owner: 'acme', repo, ref: 'main' }),
    ],
    [
      'reading notes',
      { contents: 'read' },
      'contents=read',
      ({ rest }, repo) => rest.repos.getReleaseByTag({ owner: 'acme', repo, tag: 'v1' }),
    ],
  ];
  const names = ['contents', 'issues', 'pullRequests', 'deployments', 'statuses'] as const;

  async function releaseOf(repo: string): Promise<number> {
    const { releases } = await github.github({ repository: `acme/${repo}` });
    return releases[0]?.databaseId ?? 0;
  }

  beforeAll(async () => {
    const content = {
      refs: { main },
      pullRequests: [{ number: 1, state: 'OPEN' as const }],
      releases: [{ tag: 'v1' }],
    };
    await github.github({ repository: 'acme/secret', private: true, ...content });
    await github.github({ repository: 'acme/open', ...content });
  });

  it.each(calls)('is wanted for %s, and just that one', async (_what, enough, header, call) => {
    await call(await clientWith(enough), 'secret');
    const wanted = header.replace('pull_requests', 'pullRequests');
    const level = header.endsWith('write') ? 'write' : 'read';
    const others = Object.fromEntries(names.filter((name) => !wanted.includes(name)).map((name) => [name, 'write']));
    const lesser = Object.fromEntries(names.filter((name) => wanted.includes(name)).map((name) => [name, 'read']));
    const refused = await failureOf(
      call(await clientWith({ ...others, ...(level === 'write' ? lesser : {}) }), 'secret'),
    );
    expect([refused.status, refused.response.data.message, refused.response.data.status]).toEqual([
      403,
      'Resource not accessible by integration',
      '403',
    ]);
    expect(refused.response.headers['x-accepted-github-permissions']).toBe(header);
    // What is public is read with any token.
    const outcome = call(await clientWith({}), 'open');
    if (level === 'read') await outcome;
    else expect((await failureOf(outcome)).status).toBe(403);
  });

  it('does not reach a private repository that the token was not made for: it is not there', async () => {
    const client = await clientWith({ pullRequests: 'write', issues: 'write', repositories: ['acme/open'] });
    expect((await failureOf(client.rest.pulls.get({ owner: 'acme', repo: 'secret', pull_number: 1 }))).status).toBe(
      404,
    );
    expect((await client.rest.pulls.get({ owner: 'Acme', repo: 'OPEN', pull_number: 1 })).status).toBe(200);
    const elsewhere = client.rest.issues.createComment({ ...site, issue_number: 1, body: 'x' });
    expect((await failureOf(elsewhere)).status).toBe(403);
  });
});

describe('a request', () => {
  const send = async (method: string, path: string, body?: unknown): Promise<{ status: number; message: string }> => {
    const response = await fetch(`${github.githubUrl}${path}`, {
      method,
      headers: { authorization: `bearer ${github.githubToken}` },
      ...(body === undefined ? {} : { body: typeof body === 'string' ? body : JSON.stringify(body) }),
    });
    const answer = (await response.json()) as { message?: string };
    return { status: response.status, message: answer.message ?? '' };
  };
  const comments = '/repos/acme/site/issues/1/comments';

  it.each([
    ['POST', comments, {}, `"body" wasn't supplied`],
    ['POST', comments, { body: 7 }, 'the value is not a string'],
    ['POST', comments, { body: 'x', colour: 'red' }, '"colour" is not a permitted key'],
    ['POST', comments, [], 'the value is not an object'],
    ['GET', `${comments}?per_page=many`, undefined, 'the value is not an integer'],
    ['GET', `${comments}?order=asc`, undefined, '"order" is not a permitted key'],
    ['GET', '/repos/acme/site/pulls?state=merged', undefined, 'must be equal to one of the allowed values'],
    ['POST', '/repos/acme/site/statuses/main', { state: 'great' }, 'must be equal to one of the allowed values'],
  ])('%s %s that GitHub does not describe is refused, and noted: %j', async (method, path, body, message) => {
    const before = (await github.state()).github.violations.length;
    const answer = await send(method, path, body);
    expect([answer.status, answer.message]).toEqual([422, expect.stringContaining(message)]);
    const noted = (await github.state()).github.violations.slice(before);
    expect(noted).toEqual([expect.objectContaining({ method, path, reason: answer.message })]);
  });

  it('that is no JSON, asks for another version or comes without a token is refused', async () => {
    expect(await send('POST', comments, '{')).toEqual({ status: 400, message: 'Problems parsing JSON' });
    const client = clientOf();
    const { status, response } = await failureOf(
      client.request('GET /repos/{owner}/{repo}/pulls', { ...site, headers: { 'x-github-api-version': '2020-01-01' } }),
    );
    expect([status, response.data.message]).toEqual([400, expect.stringContaining('2020-01-01')]);
    expect((await failureOf(clientOf({ token: 'ghs_nobody' }).rest.pulls.list(site))).status).toBe(401);
    expect((await send('GET', '/repos/acme/site/branches')).status).toBe(404);
  });

  it('is the same below the path of an Enterprise Server, and the links stay there', async () => {
    const baseUrl = `${github.githubUrl}/api/v3`;
    const { rest } = clientOf({ baseUrl });
    await rest.issues.createComment({ ...site, issue_number: 1, body: 'One' });
    const { data } = await rest.issues.createComment({ ...site, issue_number: 1, body: 'Two' });
    expect(data.url).toBe(`${baseUrl}/repos/acme/site/issues/comments/${data.id}`);
    const { headers } = await rest.issues.listComments({ ...site, issue_number: 1, per_page: 1 });
    expect(headers.link).toContain(`<${baseUrl}/repos/acme/site/issues/1/comments?per_page=1&page=2>; rel="next"`);
    expect((await rest.pulls.get({ ...site, pull_number: 1 })).data.head.sha).toBe(head);
  });

  it.each([
    ['a secondary rate limit', secondaryRateLimit(30), 403, { 'retry-after': '30' }],
    ['a secondary rate limit as 429', secondaryRateLimit(1, {}, 429), 429, { 'retry-after': '1' }],
    [
      'the primary rate limit',
      primaryRateLimit(new Date('2030-01-01T00:00:00Z')),
      403,
      { 'x-ratelimit-remaining': '0', 'x-ratelimit-reset': '1893456000' },
    ],
    ['a proxy that fails', badGateway(), 502, { 'content-type': 'text/html' }],
  ])('meets %s', async (_case, fault, status, headers) => {
    await github.fault(fault);
    const refused = await failureOf(clientOf().rest.pulls.list(site));
    expect(refused.status).toBe(status);
    expect(refused.response.headers).toMatchObject(headers);
    expect((await clientOf().rest.pulls.list(site)).status).toBe(200);
  });
});

it('is the same after a restart, and no id comes twice', async () => {
  const { rest } = clientOf();
  const { data: kept } = await rest.issues.createComment({ ...site, issue_number: 1, body: 'Kept' });
  const { data: gone } = await rest.issues.createComment({ ...site, issue_number: 1, body: 'Gone' });
  await rest.issues.deleteComment({ ...site, comment_id: gone.id });
  const person = await clientWith({ user: alice, issues: 'write' });
  const { github: before } = await github.state();
  await github.restart({ signal: 'SIGKILL' });
  expect((await github.state()).github).toEqual(before);
  expect((await rest.issues.getComment({ ...site, comment_id: kept.id })).data).toEqual(kept);
  const { data: next } = await person.rest.issues.createComment({ ...site, issue_number: 1, body: 'Next' });
  expect(next).toMatchObject({ user: alice });
  expect(next.id).toBeGreaterThan(gone.id);
});

describe('an answer', () => {
  const operation = 'GET /repos/{owner}/{repo}/issues/comments/{comment_id}';
  const read = async (): Promise<Record<string, unknown>> => {
    const { rest } = clientOf();
    const { data } = await rest.issues.createComment({ ...site, issue_number: 1, body: 'Checked' });
    return { ...data };
  };

  it('fits the description of GitHub, and one that does not is noticed', async () => {
    const comment = await read();
    expect(checkAnswer(operation, 200, comment)).toBeUndefined();
    const { user: _lost, ...anonymous } = comment;
    expect(checkAnswer(operation, 200, anonymous)).toContain('user');
    expect(checkAnswer(operation, 200, { ...comment, id: '7' })).toContain('/id must be integer');
    expect(checkAnswer(operation, 200, { ...comment, created_at: 'now' })).toContain('date-time');
    expect(checkAnswer(operation, 200, { ...comment, colour: 'red' })).toContain('colour');
    expect(checkAnswer(operation, 200, { ...comment, user: { login: 'x' } })).toContain('/user');
    expect(checkAnswer(operation, 201, comment)).toContain('201 is not described');
    expect(checkAnswer(operation, 404, { message: 'Not Found', reason: 'x' })).toContain('reason');
    expect(checkAnswer('GET /nothing', 200, {})).toContain('not described');
  });
});
