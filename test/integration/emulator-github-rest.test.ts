import { beforeAll, describe, expect, it } from 'vitest';
import { emulatorFor } from '../support/emulator-inside.ts';
import { emulatorForFile } from '../support/file-emulator.ts';
import { type Failure, failureOf, type Octokit, octokitOf } from '../support/octokit.ts';

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
const [head, main, lost] = ['a'.repeat(40), 'b'.repeat(40), 'c'.repeat(40)];

beforeAll(async () => {
  await github.github({
    repository: 'acme/site',
    refs: { main },
    pullRequests: [
      { number: 1, state: 'OPEN', headRefOid: head, headRef: 'feature/x', createdAt: '2026-01-01T00:00:00Z' },
    ],
    issues: [{ number: 2 }],
  });
  await github.github({ repository: 'acme/secret', private: true, pullRequests: [{ number: 1, state: 'OPEN' }] });
});

describe('comments', () => {
  const comments = clientOf().rest.issues;

  it('are written, read, changed and deleted, by the user of the token', async () => {
    const { status, data: made } = await comments.createComment({ ...site, issue_number: 1, body: 'Hello' });
    expect(status).toBe(201);
    expect(made).toMatchObject({
      body: 'Hello',
      user: { login: 'github-actions[bot]', id: 41_898_282, type: 'Bot' },
      author_association: 'NONE',
      performed_via_github_app: { slug: 'github-actions' },
      created_at: made.updated_at,
      html_url: `${github.githubUrl}/acme/site/pull/1#issuecomment-${made.id}`,
    });
    const read = async (): Promise<unknown> => (await comments.getComment({ ...site, comment_id: made.id })).data;
    expect(await read()).toEqual(made);
    await github.clock({ advanceMs: 60_000 });
    const { data: changed } = await comments.updateComment({ ...site, comment_id: made.id, body: 'Bye' });
    expect(changed).toEqual({ ...made, body: 'Bye', updated_at: changed.updated_at });
    expect(changed.updated_at > made.updated_at).toBe(true);
    expect(await read()).toEqual(changed);
    expect((await comments.deleteComment({ ...site, comment_id: made.id })).status).toBe(204);
    expect((await failureOf(read())).status).toBe(404);
  });

  it('come oldest first, in pages that lead to each other', async () => {
    const emulator = await emulatorFor({});
    const given = Array.from({ length: 120 }, (_, index) => ({ number: 7, body: `Comment ${index}` }));
    const author = { login: 'eve', id: 9, type: 'User' } as const;
    await emulator.github({
      repository: 'acme/site',
      pullRequests: [
        { number: 7, state: 'OPEN' },
        { number: 8, state: 'OPEN' },
      ],
      comments: [...given, { number: 8, body: 'Elsewhere', author }],
    });
    const client = clientOf({ token: emulator.githubToken, baseUrl: emulator.githubUrl });
    const where = { ...site, issue_number: 7 };
    const first = await client.rest.issues.listComments({ ...where, per_page: 100 });
    const address = `${emulator.githubUrl}/repos/acme/site/issues/7/comments?per_page=100&page=`;
    expect(first.headers.link).toBe(`<${address}2>; rel="next", <${address}2>; rel="last"`);
    const second = await client.rest.issues.listComments({ ...where, per_page: 100, page: 2 });
    expect(second.headers.link).toBe(`<${address}1>; rel="prev", <${address}1>; rel="first"`);
    const bodies = given.map(({ body }) => body);
    expect([...first.data, ...second.data].map(({ body }) => body)).toEqual(bodies);
    expect((await client.paginate(client.rest.issues.listComments, where)).map(({ body }) => body)).toEqual(bodies);
    // Sizes over 100 are cut, and without one it is 30.
    expect((await client.rest.issues.listComments({ ...where, per_page: 500 })).data).toHaveLength(100);
    expect((await client.rest.issues.listComments(where)).data).toHaveLength(30);
    const { data: other } = await client.rest.issues.listComments({ ...where, issue_number: 8 });
    expect(other).toMatchObject([{ body: 'Elsewhere', user: author, performed_via_github_app: null }]);
    expect((await emulator.state()).github.comments).toHaveLength(121);
  });

  it('have at most 65,536 characters, and at least one', async () => {
    const write = (body: string): Promise<unknown> => comments.createComment({ ...site, issue_number: 1, body });
    await write('é'.repeat(65_536));
    const { status, response } = await failureOf(write('é'.repeat(65_537)));
    expect([status, response.data]).toEqual([
      422,
      {
        message: 'Validation Failed',
        errors: [
          {
            resource: 'IssueComment',
            code: 'unprocessable',
            field: 'data',
            message: 'Body is too long (maximum is 65536 characters)',
          },
        ],
        documentation_url: 'https://docs.github.com/rest/issues/comments#create-an-issue-comment',
        status: '422',
      },
    ]);
    expect((await failureOf(write(' \n'))).message).toContain('Body cannot be blank');
  });

  it('may be of anybody, and of nobody', async () => {
    const carol = { login: 'Acme', id: 5, type: 'User' } as const;
    const made = await github.github({
      repository: 'acme/authors',
      pullRequests: [{ number: 3, state: 'OPEN' }],
      comments: [
        { number: 3, body: 'One', author: null, createdAt: '2026-02-03T04:05:06Z' },
        { number: 3, body: 'Two', author: carol },
        { number: 3, body: 'Three' },
      ],
    });
    const where = { owner: 'acme', repo: 'authors', issue_number: 3 } as const;
    const { data } = await comments.listComments(where);
    expect(data).toMatchObject([
      { body: 'One', user: null, created_at: '2026-02-03T04:05:06Z', updated_at: '2026-02-03T04:05:06Z' },
      { body: 'Two', user: carol, author_association: 'OWNER' },
      { body: 'Three', user: { type: 'User' }, author_association: 'NONE' },
    ]);
    expect(data.map(({ id }) => id)).toEqual(made.comments.map(({ databaseId }) => databaseId));
    await github.clock({ advanceMs: 60_000 });
    const [one] = made.comments;
    const changed = { number: 3, body: 'Edited', databaseId: one?.databaseId ?? 0 };
    await github.github({ repository: 'acme/authors', comments: [changed] });
    const [first] = (await comments.listComments(where)).data;
    expect(first).toMatchObject({ body: 'Edited', user: null, created_at: '2026-02-03T04:05:06Z' });
    expect(first?.updated_at).not.toBe(first?.created_at);
  });

  it('are only there where an issue or pull request is', async () => {
    for (const where of [{ issue_number: 99 }, { issue_number: 1, repo: 'none' }]) {
      const { status, response } = await failureOf(comments.listComments({ ...site, ...where }));
      expect([status, response.data.message]).toEqual([404, 'Not Found']);
    }
  });

  it('need write access to issues or pull requests; an issue needs the first', async () => {
    const write = async (permissions: Parameters<typeof github.addGithubToken>[0], number: number): Promise<number> => {
      const { rest } = clientOf({ token: await github.addGithubToken(permissions) });
      return await rest.issues.createComment({ ...site, issue_number: number, body: 'x' }).then(
        ({ status }) => status,
        (error: unknown) => (error as Failure).status,
      );
    };
    expect(await write({ issues: 'write' }, 1)).toBe(201);
    expect(await write({ pullRequests: 'write' }, 1)).toBe(201);
    expect(await write({ issues: 'write' }, 2)).toBe(201);
    expect(await write({ pullRequests: 'write' }, 2)).toBe(403);
    expect(await write({ issues: 'read', pullRequests: true, contents: 'write' }, 1)).toBe(403);
  });
});

describe('a user', () => {
  it('is told for a token of a person, and not for a workflow', async () => {
    const { status, response } = await failureOf(clientOf().rest.users.getAuthenticated());
    expect([status, response.data]).toEqual([
      403,
      {
        message: 'Resource not accessible by integration',
        documentation_url: 'https://docs.github.com/rest/users/users#get-the-authenticated-user',
        status: '403',
      },
    ]);
    const client = await clientWith({ user: alice, issues: 'write' });
    expect((await client.rest.users.getAuthenticated()).data).toMatchObject(alice);
    const { data } = await client.rest.issues.createComment({ ...site, issue_number: 1, body: 'By hand' });
    expect(data).toMatchObject({ user: alice, performed_via_github_app: null });
  });

  it('is the viewer of a query, for a workflow too', async () => {
    const viewer = async (client: Octokit): Promise<unknown> =>
      await client.graphql('{ viewer { login databaseId } }', { baseUrl: github.githubUrl });
    expect(await viewer(clientOf())).toEqual({ viewer: { login: 'github-actions[bot]', databaseId: 41_898_282 } });
    expect(await viewer(await clientWith({ user: alice }))).toEqual({ viewer: { login: 'alice', databaseId: 77 } });
  });
});

describe('pull requests', () => {
  const { pulls, repos } = clientOf().rest;

  beforeAll(async () => {
    await github.github({
      repository: 'acme/site',
      pullRequests: [
        {
          number: 11,
          state: 'OPEN',
          headRef: 'patch',
          headRepository: 'eve/site',
          headRefOid: 'd'.repeat(40),
          author: alice,
        },
        { number: 12, state: 'MERGED', headRef: 'patch', headRefOid: 'd'.repeat(40) },
        { number: 13, state: 'CLOSED', headRef: 'patch', headRefOid: 'd'.repeat(40) },
        { number: 14, state: 'OPEN', headRepository: null, draft: true, baseRef: 'next' },
      ],
    });
  });

  it('have head and base with their repositories', async () => {
    const { data: fork } = await pulls.get({ ...site, pull_number: 11 });
    expect(fork).toMatchObject({
      number: 11,
      state: 'open',
      merged: false,
      user: alice,
      head: { label: 'eve:patch', ref: 'patch', sha: 'd'.repeat(40), repo: { full_name: 'eve/site', fork: true } },
      base: { ref: 'main', sha: main, repo: { full_name: 'acme/site', fork: false } },
    });
    const { data: merged } = await pulls.get({ ...site, pull_number: 12 });
    expect(merged).toMatchObject({
      state: 'closed',
      merged: true,
      head: { repo: { full_name: 'acme/site', fork: false } },
    });
    const { data: gone } = await pulls.get({ ...site, pull_number: 14 });
    expect(gone).toMatchObject({ head: { repo: null }, draft: true, base: { ref: 'next' } });
    expect((await failureOf(pulls.get({ ...site, pull_number: 99 }))).status).toBe(404);
  });

  it('are listed by state, head and base, newest first, in pages', async () => {
    const list = async (how: Parameters<typeof pulls.list>[0] | object): Promise<readonly number[]> =>
      (await pulls.list({ ...site, ...how })).data.map(({ number }) => number);
    expect(await list({})).toEqual([14, 11, 1]);
    expect(await list({ state: 'closed' })).toEqual([13, 12]);
    expect(await list({ state: 'all', direction: 'asc' })).toEqual([1, 11, 12, 13, 14]);
    expect(await list({ state: 'all', head: 'acme:patch' })).toEqual([13, 12]);
    expect(await list({ head: 'eve:patch' })).toEqual([11]);
    expect(await list({ base: 'next' })).toEqual([14]);
    expect(await list({ state: 'all', per_page: 2, page: 2 })).toEqual([12, 11]);
  });

  it('are found by the commit that is their head, unless they were closed without a merge', async () => {
    const find = async (commit_sha: string): Promise<readonly number[]> =>
      (await repos.listPullRequestsAssociatedWithCommit({ ...site, commit_sha })).data.map(({ number }) => number);
    expect(await find('d'.repeat(40))).toEqual([11, 12]);
    expect(await find(main)).toEqual([]);
    expect(await failureOf(find(lost))).toMatchObject({
      status: 422,
      message: expect.stringContaining('No commit found') as string,
    });
  });
});

describe('deployments', () => {
  const { repos } = clientOf().rest;
  const make = async (more: Partial<Parameters<typeof repos.createDeployment>[0]> = {}): Promise<number> => {
    const { status, data } = await repos.createDeployment({ ...site, ref: main, required_contexts: [], ...more });
    if (status !== 201) throw new Error('No deployment');
    return data.id;
  };
  const stateOf = async (deployment_id: number): Promise<unknown> =>
    (await repos.listDeploymentStatuses({ ...site, deployment_id })).data[0]?.state;

  it('are made for a ref, listed newest first, and the same in a query', async () => {
    const id = await make({ ref: 'main', environment: 'listed', payload: { cid: 'bafy' }, description: 'A deploy' });
    const other = await make({ ref: head, environment: 'listed', payload: 'text', transient_environment: true });
    const list = async (filter: object): Promise<readonly number[]> =>
      (await repos.listDeployments({ ...site, environment: 'listed', ...filter })).data.map((row) => row.id);
    expect(await list({})).toEqual([other, id]);
    expect(await list({ sha: main })).toEqual([id]);
    expect(await list({ ref: head })).toEqual([other]);
    expect(await list({ per_page: 1, page: 2 })).toEqual([id]);
    expect(await list({ environment: 'none at all' })).toEqual([]);
    expect((await repos.getDeployment({ ...site, deployment_id: id })).data).toMatchObject({
      ref: 'main',
      sha: main,
      task: 'deploy',
      payload: { cid: 'bafy' },
      description: 'A deploy',
      environment: 'listed',
      transient_environment: false,
      production_environment: false,
      creator: { login: 'github-actions[bot]' },
    });
    const environment_url = 'https://site.example/';
    const log_url = 'https://log.example/';
    const { data: status } = await repos.createDeploymentStatus({
      ...site,
      deployment_id: id,
      state: 'success',
      environment_url,
      log_url,
    });
    expect(status).toMatchObject({
      state: 'success',
      environment: 'listed',
      environment_url,
      log_url,
      target_url: log_url,
    });
    const query = `{ repository(owner: "acme", name: "site") { deployments(first: 9, environments: ["listed"]) { nodes {
      databaseId state payload latestStatus { state environmentUrl logUrl }
    } } } }`;
    const answer = await clientOf().graphql(query, { baseUrl: github.githubUrl });
    const latestStatus = { state: 'SUCCESS', environmentUrl: environment_url, logUrl: log_url };
    expect(answer).toEqual({
      repository: {
        deployments: {
          nodes: [
            { databaseId: id, state: 'ACTIVE', payload: '{"cid":"bafy"}', latestStatus },
            { databaseId: other, state: 'PENDING', payload: 'text', latestStatus: null },
          ],
        },
      },
    });
  });

  it('that control requests made have the same statuses', async () => {
    const environmentUrl = 'https://made.example/';
    const { deployments } = await github.github({
      repository: 'acme/site',
      deployments: [{ environment: 'made', state: 'ACTIVE', environmentUrl }],
    });
    const deployment_id = deployments.at(-1)?.databaseId ?? 0;
    const { data } = await repos.listDeploymentStatuses({ ...site, deployment_id });
    expect(data).toMatchObject([{ state: 'success', environment: 'made', environment_url: environmentUrl }]);
  });

  it('retire the earlier ones of their environment, but for transient and production ones', async () => {
    const [transient, old, elsewhere] = [
      await make({ environment: 'staging', transient_environment: true }),
      await make({ environment: 'staging' }),
      await make({ environment: 'other' }),
    ];
    const production = await make({});
    const ids = [transient, old, elsewhere, production];
    for (const deployment_id of ids) await repos.createDeploymentStatus({ ...site, deployment_id, state: 'success' });
    const kept = await make({ environment: 'staging' });
    await repos.createDeploymentStatus({ ...site, deployment_id: kept, state: 'success', auto_inactive: false });
    expect(await stateOf(old)).toBe('success');
    for (const environment of ['staging', 'production']) {
      await repos.createDeploymentStatus({ ...site, deployment_id: await make({ environment }), state: 'success' });
    }
    expect(await Promise.all([...ids, kept].map(stateOf))).toEqual([
      'success',
      'inactive',
      'success',
      'success',
      'inactive',
    ]);
    await repos.createDeploymentStatus({ ...site, deployment_id: transient, state: 'inactive' });
    const { github: state } = await github.state();
    expect(state.deployments.find(({ databaseId }) => databaseId === transient)?.state).toBe('DESTROYED');
  });

  it('need a ref that is there, and the contexts that are required', async () => {
    expect((await failureOf(make({ ref: '9'.repeat(40) }))).status).toBe(422);
    expect(await failureOf(make({ ref: 'nowhere' }))).toMatchObject({
      status: 422,
      message: expect.stringContaining('No ref found for: nowhere') as string,
    });
    const sha = 'e'.repeat(40);
    await github.github({ repository: 'acme/site', commits: [{ oid: sha, tree: lost }] });
    const wanted = { ...site, ref: sha };
    expect((await repos.createDeployment(wanted)).status).toBe(201);
    await repos.createCommitStatus({ ...site, sha, state: 'pending', context: 'tests' });
    expect((await failureOf(repos.createDeployment(wanted))).status).toBe(409);
    expect((await repos.createDeployment({ ...wanted, required_contexts: [] })).status).toBe(201);
    await repos.createCommitStatus({ ...site, sha, state: 'success', context: 'tests' });
    expect((await repos.createDeployment(wanted)).status).toBe(201);
    expect((await failureOf(repos.createDeployment({ ...wanted, required_contexts: ['lint'] }))).status).toBe(409);
  });

  it('have statuses with at most 140 characters and with web addresses', async () => {
    const status = { ...site, deployment_id: await make(), state: 'success' } as const;
    await repos.createDeploymentStatus({ ...status, description: 'x'.repeat(140) });
    const long = await failureOf(repos.createDeploymentStatus({ ...status, description: 'x'.repeat(141) }));
    expect(long).toMatchObject({
      status: 422,
      message: expect.stringContaining('maximum is 140 characters') as string,
    });
    expect((await failureOf(repos.createDeploymentStatus({ ...status, environment_url: 'ipfs://bafy' }))).status).toBe(
      422,
    );
    expect((await failureOf(repos.createDeploymentStatus({ ...status, deployment_id: 1 }))).status).toBe(404);
  });
});

describe('commit statuses', () => {
  const { repos } = clientOf().rest;

  it('count by the newest of each context', async () => {
    const sha = 'f'.repeat(40);
    await github.github({ repository: 'acme/site', refs: { 'release/1': sha } });
    const read = async (): Promise<unknown> => {
      const { data } = await repos.getCombinedStatusForRef({ ...site, ref: 'release/1' });
      return [
        data.sha === sha,
        data.state,
        data.total_count,
        data.statuses.map(({ context, state }) => `${context} ${state}`),
      ];
    };
    expect(await read()).toEqual([true, 'pending', 0, []]);
    await repos.createCommitStatus({
      ...site,
      sha,
      state: 'failure',
      context: 'a',
      description: 'No',
      target_url: null,
    });
    await repos.createCommitStatus({ ...site, sha, state: 'success' });
    expect(await read()).toEqual([true, 'failure', 2, ['a failure', 'default success']]);
    const { data } = await repos.createCommitStatus({
      ...site,
      sha,
      state: 'success',
      context: 'a',
      target_url: 'https://a.example/',
    });
    expect(data).toMatchObject({ state: 'success', context: 'a', target_url: 'https://a.example/' });
    expect(await read()).toEqual([true, 'success', 2, ['a success', 'default success']]);
    expect((await github.state()).github.commitStatuses.filter((row) => row.sha === sha)).toHaveLength(3);
  });

  it('have at most 140 characters, a web address, and a commit', async () => {
    const status = { ...site, sha: main, state: 'success' } as const;
    await repos.createCommitStatus({ ...status, description: 'x'.repeat(140) });
    for (const wrong of [{ description: 'x'.repeat(141) }, { target_url: 'ipfs://bafy' }, { sha: lost }]) {
      expect((await failureOf(repos.createCommitStatus({ ...status, ...wrong }))).status).toBe(422);
    }
  });
});

describe('releases', () => {
  const { repos } = clientOf().rest;

  beforeAll(async () => {
    await github.github({
      repository: 'acme/site',
      releases: [
        { tag: 'v1.0.0', name: 'One', body: 'Notes' },
        { tag: 'site/v2', draft: true },
      ],
    });
  });

  it('are found by tag and by id, and their notes change', async () => {
    const { data: release } = await repos.getReleaseByTag({ ...site, tag: 'v1.0.0' });
    expect(release).toMatchObject({ tag_name: 'v1.0.0', name: 'One', body: 'Notes', draft: false });
    const { data: changed } = await repos.updateRelease({ ...site, release_id: release.id, body: 'Other' });
    expect(changed).toEqual({ ...release, body: 'Other', updated_at: changed.updated_at });
    expect((await repos.getRelease({ ...site, release_id: release.id })).data).toEqual(changed);
    expect((await github.state()).github.releases).toMatchObject([
      { tag: 'v1.0.0', body: 'Other' },
      { tag: 'site/v2' },
    ]);
  });

  it('have no tag while they are drafts, and only writers see them', async () => {
    expect((await failureOf(repos.getReleaseByTag({ ...site, tag: 'site/v2' }))).status).toBe(404);
    const release_id = (await github.state()).github.releases.find(({ draft }) => draft)?.databaseId ?? 0;
    const reader = await clientWith({ contents: 'read' });
    expect((await failureOf(reader.rest.repos.getRelease({ ...site, release_id }))).status).toBe(404);
    expect((await repos.getRelease({ ...site, release_id })).data).toMatchObject({ draft: true, published_at: null });
    expect((await repos.updateRelease({ ...site, release_id, draft: false })).data.published_at).not.toBeNull();
    expect((await repos.getReleaseByTag({ ...site, tag: 'site/v2' })).data.id).toBe(release_id);
    expect((await failureOf(repos.updateRelease({ ...site, release_id, tag_name: 'v1.0.0' }))).status).toBe(422);
  });

  it('have notes of at most 125,000 characters', async () => {
    const {
      data: { id: release_id },
    } = await repos.getReleaseByTag({ ...site, tag: 'v1.0.0' });
    await repos.updateRelease({ ...site, release_id, body: 'x'.repeat(125_000) });
    const long = await failureOf(repos.updateRelease({ ...site, release_id, body: 'x'.repeat(125_001) }));
    expect(long).toMatchObject({
      status: 422,
      message: expect.stringContaining('maximum is 125000 characters') as string,
    });
  });
});

it('issues are opened, labelled, closed and listed beside pull requests', async () => {
  const repository = 'acme/tracker';
  await github.github({ repository, pullRequests: [{ number: 4, state: 'OPEN' }] });
  const where = { owner: 'acme', repo: 'tracker' } as const;
  const { issues } = clientOf().rest;
  const { data: made } = await issues.create({ ...where, title: 'Broken', body: 'Look', labels: ['bug'] });
  expect(made).toMatchObject({ number: 5, state: 'open', labels: [{ name: 'bug' }], comments: 0 });
  await issues.createComment({ ...where, issue_number: 5, body: 'Seen' });
  const { data: closed } = await issues.update({ ...where, issue_number: 5, state: 'closed', labels: ['bug', 'old'] });
  expect(closed).toMatchObject({ state: 'closed', state_reason: 'completed', title: 'Broken', comments: 1 });
  const list = async (how: object): Promise<unknown> =>
    (await issues.listForRepo({ ...where, ...how })).data.map(({ number, pull_request }) => [
      number,
      pull_request !== undefined,
    ]);
  expect(await list({})).toEqual([[4, true]]);
  expect(await list({ state: 'all', labels: 'bug,old' })).toEqual([[5, false]]);
  expect(await list({ state: 'all', creator: 'github-actions[bot]' })).toEqual([[5, false]]);
  expect((await failureOf(issues.update({ ...where, issue_number: 4, state: 'closed' }))).status).toBe(404);
});
