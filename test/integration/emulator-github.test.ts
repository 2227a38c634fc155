import { beforeAll, describe, expect, it } from 'vitest';
import { emulatorFor } from '../support/emulator-inside.ts';
import { emulatorForFile } from '../support/file-emulator.ts';

const github = await emulatorForFile();

interface Access {
  readonly githubUrl: string;
  readonly githubToken: string;
}

interface GraphqlError {
  readonly type?: string;
  readonly path?: readonly (string | number)[];
  readonly locations?: readonly { line: number; column: number }[];
  readonly message: string;
}

interface Answered {
  readonly status: number;
  readonly data?: unknown;
  readonly errors?: readonly GraphqlError[];
  readonly message?: string;
}

async function ask(
  query: string,
  { variables, to = github, headers }: { variables?: object; to?: Access; headers?: Record<string, string> } = {},
): Promise<Answered> {
  const response = await fetch(`${to.githubUrl}/graphql`, {
    method: 'POST',
    headers: { authorization: `bearer ${to.githubToken}`, ...headers },
    body: JSON.stringify({ query, ...(variables === undefined ? {} : { variables }) }),
  });
  return { ...((await response.json()) as object), status: response.status };
}

const inSite = (selection: string): string => `{ repository(owner: "acme", name: "site") { ${selection} } }`;

beforeAll(async () => {
  await github.clock({ now: '2026-07-01T12:00:00.500Z' });
  await github.github({
    repository: 'acme/site',
    pullRequests: [
      { number: 1, state: 'OPEN' },
      { number: 2, state: 'CLOSED', closedAt: '2026-06-01T00:00:00Z' },
      { number: 3, state: 'MERGED', mergedAt: '2026-06-02T00:00:00Z', headRefOid: 'c'.repeat(40) },
      { number: 4, state: 'MERGED' },
    ],
    deployments: [
      { environment: 'production', state: 'ACTIVE', environmentUrl: 'https://site.example/', payload: { cid: 'bafy' } },
      { environment: 'pr-1', state: 'INACTIVE', environmentUrl: 'https://pr.example/', logUrl: 'https://log.example/' },
      { environment: 'production', state: 'PENDING', payload: 'plain' },
    ],
  });
  await github.github({ repository: 'acme/other', deployments: [{ environment: 'production', state: 'ACTIVE' }] });
});

describe('a pull request', () => {
  it('has its state and times, those that were not given from the clock of the emulator', async () => {
    const fields = 'number state closed merged closedAt mergedAt';
    const numbers = [1, 2, 3, 4].map((number) => `pr${number}: pullRequest(number: ${number}) { ${fields} }`);
    const { status, data } = await ask(inSite(numbers.join(' ')));
    const merged = { state: 'MERGED', closed: true, merged: true };
    const now = expect.stringMatching(/^2026-07-01T12:00:\d\dZ$/) as string;
    expect([status, data]).toEqual([
      200,
      {
        repository: {
          pr1: { number: 1, state: 'OPEN', closed: false, merged: false, closedAt: null, mergedAt: null },
          pr2: {
            number: 2,
            state: 'CLOSED',
            closed: true,
            merged: false,
            closedAt: '2026-06-01T00:00:00Z',
            mergedAt: null,
          },
          pr3: { number: 3, ...merged, closedAt: '2026-06-02T00:00:00Z', mergedAt: '2026-06-02T00:00:00Z' },
          pr4: { number: 4, ...merged, closedAt: now, mergedAt: now },
        },
      },
    ]);
  });

  it('is asked for with variables, and names its head', async () => {
    const query = `query ($owner: String!, $name: String!, $number: Int!) {
      repository(owner: $owner, name: $name) { nameWithOwner pullRequest(number: $number) { headRefOid } }
    }`;
    // GitHub knows names in any case.
    const { data } = await ask(query, { variables: { owner: 'Acme', name: 'SITE', number: 3 } });
    expect(data).toEqual({ repository: { nameWithOwner: 'acme/site', pullRequest: { headRefOid: 'c'.repeat(40) } } });
  });

  it('can change, and keeps the time of what happened before', async () => {
    const emulator = await emulatorFor({});
    const read = async (): Promise<unknown> =>
      (await ask(inSite('pullRequest(number: 9) { state closedAt }'), { to: emulator })).data;
    await emulator.github({ repository: 'acme/site', pullRequests: [{ number: 9, state: 'OPEN' }] });
    expect(await read()).toEqual({ repository: { pullRequest: { state: 'OPEN', closedAt: null } } });
    await emulator.clock({ now: '2030-01-01T00:00:00Z' });
    await emulator.github({ repository: 'acme/site', pullRequests: [{ number: 9, state: 'CLOSED' }] });
    const closed = await read();
    expect(JSON.stringify(closed)).toContain('2030-01-01T00:00:0');
    await emulator.clock({ advanceMs: 3_600_000 });
    await emulator.github({ repository: 'acme/site', pullRequests: [{ number: 9, state: 'CLOSED' }] });
    expect(await read()).toEqual(closed);
  });
});

describe('what is not there', () => {
  it('is null where it was asked for, with an error that says so, and the rest is answered', async () => {
    const query = inSite('lost: pullRequest(number: 99) { number } name');
    const { status, data, errors } = await ask(query);
    expect([status, data]).toEqual([200, { repository: { lost: null, name: 'site' } }]);
    expect(errors).toEqual([
      {
        type: 'NOT_FOUND',
        path: ['repository', 'lost'],
        locations: [{ line: 1, column: query.indexOf('lost') + 1 }],
        message: 'Could not resolve to a PullRequest with the number of 99.',
      },
    ]);
  });

  it('may be the repository', async () => {
    const { status, data, errors } = await ask('{ repository(owner: "acme", name: "none") { name } }');
    expect([status, data]).toEqual([200, { repository: null }]);
    expect(errors).toMatchObject([
      {
        type: 'NOT_FOUND',
        path: ['repository'],
        message: "Could not resolve to a Repository with the name 'acme/none'.",
      },
    ]);
  });
});

describe('deployments', () => {
  const nodes = async (selection: string): Promise<readonly Record<string, unknown>[]> => {
    const { data, errors } = await ask(inSite(selection));
    expect(errors).toBeUndefined();
    return (data as { repository: { deployments: { nodes: Record<string, unknown>[] } } }).repository.deployments.nodes;
  };

  it('tell state, payload and their last status', async () => {
    const all = await nodes(`deployments(first: 100) { nodes {
      databaseId environment latestEnvironment state payload createdAt latestStatus { state environmentUrl logUrl }
    } }`);
    const createdAt = expect.stringMatching(/^2026-07-01T12:00:\d\dZ$/) as string;
    const [production, preview, pending] = all;
    expect(all).toHaveLength(3);
    expect(production).toEqual({
      databaseId: expect.any(Number) as number,
      environment: 'production',
      latestEnvironment: 'production',
      state: 'ACTIVE',
      payload: '{"cid":"bafy"}',
      createdAt,
      latestStatus: { state: 'SUCCESS', environmentUrl: 'https://site.example/', logUrl: null },
    });
    expect(preview).toMatchObject({
      environment: 'pr-1',
      payload: null,
      latestStatus: { state: 'INACTIVE', environmentUrl: 'https://pr.example/', logUrl: 'https://log.example/' },
    });
    expect(pending).toMatchObject({ state: 'PENDING', payload: 'plain', latestStatus: null });
  });

  it('come oldest first unless asked otherwise, and of the environments asked for', async () => {
    const order = (selection: string): Promise<unknown[]> =>
      nodes(`deployments(${selection}) { nodes { state } }`).then((rows) => rows.map(({ state }) => state));
    expect(await order('first: 5')).toEqual(['ACTIVE', 'INACTIVE', 'PENDING']);
    expect(await order('last: 2')).toEqual(['INACTIVE', 'PENDING']);
    const newest = 'orderBy: { field: CREATED_AT, direction: DESC }';
    expect(await order(`first: 1, ${newest}`)).toEqual(['PENDING']);
    expect(await order('first: 5, environments: ["production"]')).toEqual(['ACTIVE', 'PENDING']);
    expect(await order('first: 5, environments: ["none"]')).toEqual([]);
  });

  it('come in pages without gaps or repeats', async () => {
    const emulator = await emulatorFor({});
    const deployments = Array.from({ length: 250 }, (_, index) => ({
      environment: `pr-${index}`,
      state: 'ACTIVE' as const,
    }));
    const { deployments: made } = await emulator.github({ repository: 'acme/site', deployments });
    const query = `query ($after: String) { repository(owner: "acme", name: "site") {
      deployments(first: 100, after: $after, orderBy: { field: CREATED_AT, direction: DESC }) {
        totalCount nodes { databaseId } edges { cursor } pageInfo { hasNextPage hasPreviousPage startCursor endCursor }
      }
    } }`;
    const ids: number[] = [];
    const sizes: number[] = [];
    let after: string | null = null;
    do {
      const { data } = await ask(query, { variables: { after }, to: emulator });
      const { deployments: page } = (
        data as {
          repository: {
            deployments: {
              totalCount: number;
              nodes: { databaseId: number }[];
              edges: { cursor: string }[];
              pageInfo: { hasNextPage: boolean; hasPreviousPage: boolean; endCursor: string | null };
            };
          };
        }
      ).repository;
      expect([page.totalCount, page.pageInfo.hasPreviousPage]).toEqual([250, after !== null]);
      expect(page.edges.at(-1)?.cursor).toBe(page.pageInfo.endCursor);
      ids.push(...page.nodes.map(({ databaseId }) => databaseId));
      sizes.push(page.nodes.length);
      after = page.pageInfo.hasNextPage ? page.pageInfo.endCursor : null;
    } while (after !== null);
    expect(sizes).toEqual([100, 100, 50]);
    expect(ids).toEqual(made.map(({ databaseId }) => databaseId).toSorted((left, right) => right - left));
  });

  it.each([
    ['deployments(first: 101)', 'EXCESSIVE_PAGINATION', 'exceeds the `first` limit of 100 records.'],
    ['deployments(last: 500)', 'EXCESSIVE_PAGINATION', 'Requesting 500 records on the `deployments` connection'],
    ['deployments', 'MISSING_PAGINATION_BOUNDARIES', 'You must provide a `first` or `last` value'],
    ['deployments(first: 1, last: 1)', undefined, 'Passing both `first` and `last`'],
    ['deployments(first: -1)', undefined, 'cannot be less than zero'],
    ['deployments(first: 1, after: "x")', 'INVALID_CURSOR_ARGUMENTS', '`x` does not appear to be a valid cursor.'],
  ])('refuse %s', async (selection, type, message) => {
    const { status, data, errors } = await ask(inSite(`${selection} { totalCount }`));
    // The connection may not be null in GitHub's schema, so its repository is.
    expect([status, data]).toEqual([200, { repository: null }]);
    expect(errors).toMatchObject([{ path: ['repository', 'deployments'] }]);
    expect([errors?.[0]?.type, errors?.[0]?.message]).toEqual([type, expect.stringContaining(message)]);
  });

  it('can be changed by their id', async () => {
    const emulator = await emulatorFor({});
    const made = await emulator.github({
      repository: 'acme/site',
      deployments: [{ environment: 'pr-1', state: 'ACTIVE', environmentUrl: 'https://pr.example/' }],
    });
    const { databaseId = 0, createdAt } = made.deployments[0] ?? {};
    await emulator.clock({ advanceMs: 60_000 });
    const change = { databaseId, environment: 'pr-1', state: 'INACTIVE' } as const;
    const changed = await emulator.github({ repository: 'acme/site', deployments: [change] });
    expect(changed.deployments).toMatchObject([{ ...change, createdAt, environmentUrl: 'https://pr.example/' }]);
    expect((await emulator.state()).github.deployments).toEqual(changed.deployments);
  });
});

describe('a query', () => {
  it.each([
    [inSite('colour'), 'Cannot query field "colour" on type "Repository".'],
    [inSite('pullRequest { number }'), 'of type "Int!" is required'],
    [inSite('pullRequest(number: "1") { number }'), 'Int cannot represent non-integer value'],
    [inSite('name'.repeat(2).concat(' {')), 'Syntax Error'],
  ])('that GitHub would not take is refused with status 200 and no data: %s', async (query, message) => {
    const answer = await ask(query);
    expect(answer).not.toHaveProperty('data');
    expect(answer.status).toBe(200);
    expect(answer.errors?.map((error) => error.message).join()).toContain(message);
    expect(answer.errors?.[0]?.locations?.[0]).toMatchObject({ line: 1 });
  });

  it('with a variable of another type is refused too', async () => {
    const query = 'query ($n: Int!) { repository(owner: "acme", name: "site") { pullRequest(number: $n) { number } } }';
    const { status, data, errors } = await ask(query, { variables: { n: 'one' } });
    expect([status, data, errors?.[0]?.message]).toEqual([200, undefined, expect.stringContaining('$n')]);
  });

  it('is answered under the path of an Enterprise Server, and everything else is 404', async () => {
    const init = {
      method: 'POST',
      headers: { authorization: `token ${github.githubToken}` },
      body: JSON.stringify({ query: inSite('name') }),
    };
    const statusOf = async (path: string, how: RequestInit = init): Promise<number> =>
      (await fetch(`${github.githubUrl}${path}`, how)).status;
    expect(await statusOf('/api/graphql')).toBe(200);
    expect(await statusOf('/repos/acme/site/collaborators')).toBe(404);
    expect(await statusOf('/graphql', { headers: init.headers })).toBe(404);
    expect(await statusOf('/graphql', { ...init, body: '{' })).toBe(400);
    expect(await statusOf('/graphql', { ...init, body: '{}' })).toBe(400);
  });
});

describe('a token', () => {
  it.each([
    ['nobody made', 'bearer ghs_nobody'],
    ['is missing', ''],
    ['comes with another scheme', 'basic eDp5'],
  ])('that %s is refused', async (_case, authorization) => {
    const { status, message } = await ask(inSite('name'), { headers: { authorization } });
    expect([status, message]).toEqual([401, 'Bad credentials']);
  });

  it('of Pinata is none of GitHub, and the other way round', async () => {
    expect((await ask(inSite('name'), { headers: { authorization: `bearer ${github.jwt}` } })).status).toBe(401);
    const headers = { authorization: `bearer ${github.githubToken}` };
    expect((await fetch(`${github.apiUrl}/v3/files/public`, { headers })).status).toBe(401);
  });

  it('without a permission gets null for what it may not read', async () => {
    const headers = { authorization: `bearer ${await github.addGithubToken({ deployments: true })}` };
    const selection = 'name pullRequest(number: 1) { number } deployments(first: 1) { totalCount }';
    const { status, data, errors } = await ask(inSite(selection), { headers });
    expect([status, data]).toEqual([
      200,
      { repository: { name: 'site', pullRequest: null, deployments: { totalCount: 3 } } },
    ]);
    expect(errors).toMatchObject([
      {
        type: 'FORBIDDEN',
        path: ['repository', 'pullRequest'],
        message: 'Resource not accessible by integration',
      },
    ]);
  });

  it('without the permission for deployments gets no repository, because a connection may not be null', async () => {
    const headers = { authorization: `bearer ${await github.addGithubToken({ pullRequests: true })}` };
    const { status, data, errors } = await ask(inSite('name deployments(first: 1) { totalCount }'), { headers });
    expect([status, data]).toEqual([200, { repository: null }]);
    expect(errors).toMatchObject([{ type: 'FORBIDDEN', path: ['repository', 'deployments'] }]);
  });
});

it('is logged without its token, and meets faults', async () => {
  await github.fault({ match: { host: 'github', path: '/graphql' }, action: { status: 502, body: 'Bad gateway' } });
  const init = {
    method: 'POST',
    headers: { authorization: `bearer ${github.githubToken}` },
    body: JSON.stringify({ query: inSite('name') }),
  };
  expect((await fetch(`${github.githubUrl}/graphql`, init)).status).toBe(502);
  await github.fault({ match: { host: 'github' }, action: { cut: 'after' } });
  await expect(fetch(`${github.githubUrl}/graphql`, init)).rejects.toThrow();
  expect((await ask(inSite('name'))).status).toBe(200);
  const logged = await github.requests({ host: 'github' });
  expect(logged.map(({ method, path, status }) => [method, path, status])).toEqual([
    ['POST', '/graphql', 502],
    ['POST', '/graphql', 0],
    ['POST', '/graphql', 200],
  ]);
  expect(logged[2]?.headers.authorization).toBe('<key: github>');
  expect(JSON.stringify(logged)).not.toContain(github.githubToken);
});

it('is the same after a restart', async () => {
  const limited = await github.addGithubToken({ pullRequests: true });
  const query = inSite('pullRequest(number: 3) { state headRefOid }');
  const before = await ask(query);
  await github.restart({ signal: 'SIGKILL' });
  expect(await ask(query)).toEqual(before);
  expect((await ask(query, { headers: { authorization: `bearer ${limited}` } })).data).toEqual(before.data);
});

it('refuses controls that make no sense', async () => {
  const set = (change: object): Promise<unknown> => github.github(change as Parameters<typeof github.github>[0]);
  await expect(set({ repository: 'site' })).rejects.toThrow('repository');
  await expect(set({ repository: 'a/b', pullRequests: [{ number: 1, state: 'closed' }] })).rejects.toThrow('state');
  await expect(set({ repository: 'a/b', deployments: [{ environment: '', state: 'ACTIVE' }] })).rejects.toThrow();
  await expect(set({ repository: 'a/b', deploymentz: [] })).rejects.toThrow('deploymentz');
  await expect(github.addGithubToken({ all: true } as object)).rejects.toThrow('all');
});

describe('a git object', () => {
  const commit = `1234567${'a'.repeat(33)}`;
  const tree = 'd'.repeat(40);

  beforeAll(async () => {
    await github.github({
      repository: 'acme/site',
      commits: [
        { oid: commit, tree },
        { oid: `1234568${'a'.repeat(33)}`, tree },
      ],
    });
  });

  const read = async (wanted: string, headers?: Record<string, string>): Promise<Answered> =>
    await ask(inSite(`object(${wanted}) { __typename oid ... on Commit { tree { oid abbreviatedOid } } }`), {
      ...(headers === undefined ? {} : { headers }),
    });

  it('is found by its oid, by an abbreviation, and with its tree', async () => {
    const found = { __typename: 'Commit', oid: commit, tree: { oid: tree, abbreviatedOid: 'ddddddd' } };
    for (const wanted of [`oid: "${commit}"`, `expression: "${commit}"`, 'expression: "1234567"']) {
      expect(await read(wanted)).toEqual({ status: 200, data: { repository: { object: found } } });
    }
    const { data } = await read('expression: "1234567:"');
    expect(data).toEqual({ repository: { object: { __typename: 'Tree', oid: tree } } });
  });

  it.each(['expression: "123456"', 'expression: "7654321"', 'expression: "main"', `oid: "${'e'.repeat(40)}"`])(
    'is null without an error where nothing, or more than one, is meant: %s',
    async (wanted) => {
      expect(await read(wanted)).toEqual({ status: 200, data: { repository: { object: null } } });
    },
  );

  it('is shown to a token that may read contents', async () => {
    const bearer = async (contents: boolean): Promise<Record<string, string>> => ({
      authorization: `bearer ${await github.addGithubToken({ contents, deployments: true })}`,
    });
    expect((await read('expression: "1234567"', await bearer(true))).errors).toBeUndefined();
    const refused = await read('expression: "1234567"', await bearer(false));
    expect([refused.data, refused.errors?.[0]?.type]).toEqual([{ repository: { object: null } }, 'FORBIDDEN']);
  });

  it('is what a control named, by whole oids', async () => {
    const set = github.github({ repository: 'acme/site', commits: [{ oid: '1234567', tree }] });
    await expect(set).rejects.toThrow('oid');
    const { commits } = (await github.state()).github;
    expect(commits.map(({ oid }) => oid.slice(0, 7))).toEqual(['1234567', '1234568']);
  });
});
