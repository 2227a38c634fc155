import { getOctokit } from '@actions/github';
import { beforeAll, describe, expect, it } from 'vitest';
import { emulatorFor } from '../support/emulator-inside.ts';
import { emulatorForFile } from '../support/file-emulator.ts';

type Octokit = ReturnType<typeof getOctokit>;

const github = await emulatorForFile();
const site = { owner: 'acme', repo: 'site' } as const;

function clientOf({ token = github.githubToken, baseUrl = github.githubUrl } = {}): Octokit {
  return getOctokit(token, { baseUrl });
}

interface Failure {
  readonly status: number;
  readonly message: string;
  readonly response: {
    readonly headers: Readonly<Record<string, string>>;
    readonly data: Readonly<Record<string, unknown>>;
  };
}

/** How GitHub refused; fails when it did not. */
async function failureOf(call: Promise<unknown>): Promise<Failure> {
  const outcome = await call.then(
    () => undefined,
    (error: unknown) => error as Failure,
  );
  if (outcome === undefined) throw new Error('The call was not refused');
  return outcome;
}

beforeAll(async () => {
  await github.github({
    repository: 'acme/site',
    pullRequests: [{ number: 1, state: 'OPEN' }],
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
