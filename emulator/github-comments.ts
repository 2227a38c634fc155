import * as v from 'valibot';
import { json } from './answer.ts';
import type { Backend } from './backend.ts';
import { nextGithubId } from './github-ids.ts';
import type { IssueComment } from './github-records.ts';
import { apiOf, associationOf, nodeId, renderApp, renderTime, renderUser } from './github-render.ts';
import { pageOf } from './github-rest-page.ts';
import { checkLength, invalid, notAccessible, notFound, type RestCall, type RestRoute } from './github-rest-route.ts';
import { checkShape } from './json-body.ts';

const issues = '/repos/{owner}/{repo}/issues';
/** For a comment of a pull request either is enough. */
const needs = ['issues', 'pullRequests'] as const;

export const commentRoutes: readonly RestRoute[] = [
  {
    operation: `GET ${issues}/{issue_number}/comments`,
    needs,
    answer: (call, backend) => {
      const number = numberIn(call, backend);
      const since = new Date(String(call.parameters.since ?? 0)).getTime();
      const comments = backend.store.github.comments
        .all()
        .filter((comment) => comment.repository === call.repository.id && comment.number === number)
        .filter(({ updatedAt }) => updatedAt >= since)
        .toSorted((left, right) => left.databaseId - right.databaseId);
      return pageOf(call, comments, (comment) => renderComment(comment, call, backend));
    },
  },
  {
    operation: `POST ${issues}/{issue_number}/comments`,
    needs,
    answer: (call, backend) => {
      const number = numberIn(call, backend);
      requireWrite(call, number, backend);
      const databaseId = nextGithubId(backend);
      const nowMs = backend.clock.now().getTime();
      const comment = {
        id: String(databaseId),
        repository: call.repository.id,
        databaseId,
        number,
        body: bodyIn(call),
        author: call.token.user,
        createdAt: nowMs,
        updatedAt: nowMs,
      };
      backend.store.github.comments.put(comment);
      const headers = { Location: `${apiOf(call.repository, call.links)}/issues/comments/${databaseId}` };
      return json(201, renderComment(comment, call, backend), headers);
    },
  },
  {
    operation: `GET ${issues}/comments/{comment_id}`,
    needs,
    answer: (call, backend) => json(200, renderComment(commentIn(call, backend), call, backend)),
  },
  {
    operation: `PATCH ${issues}/comments/{comment_id}`,
    needs,
    answer: (call, backend) => {
      const before = commentIn(call, backend);
      requireWrite(call, before.number, backend);
      const comment = { ...before, body: bodyIn(call), updatedAt: backend.clock.now().getTime() };
      backend.store.github.comments.put(comment);
      return json(200, renderComment(comment, call, backend));
    },
  },
  {
    operation: `DELETE ${issues}/comments/{comment_id}`,
    needs,
    answer: (call, backend) => {
      const { id, number } = commentIn(call, backend);
      requireWrite(call, number, backend);
      backend.store.github.comments.remove(id);
      return { status: 204, headers: {}, body: '' };
    },
  },
];

/** The number of an issue or pull request. Throws 404 when it is neither. */
function numberIn({ parameters, repository }: RestCall, backend: Backend): number {
  const number = Number(parameters.issue_number);
  const { issues: all, pullRequests } = backend.store.github;
  const id = `${repository.id}#${number}`;
  if (all.get(id) === undefined && pullRequests.get(id) === undefined) throw notFound();
  return number;
}

/** A permission for pull requests does not reach an issue. */
function requireWrite({ token, repository }: RestCall, number: number, backend: Backend): void {
  const isPullRequest = backend.store.github.pullRequests.get(`${repository.id}#${number}`) !== undefined;
  if (!isPullRequest && token.issues !== 'write') throw notAccessible(['issues'], 'write');
}

function commentIn({ parameters, repository }: RestCall, backend: Backend): IssueComment {
  const comment = backend.store.github.comments.get(String(parameters.comment_id));
  if (comment === undefined || comment.repository !== repository.id) throw notFound();
  return comment;
}

const mostCharacters = 65_536;

function bodyIn({ body }: RestCall): string {
  const text = checkShape(v.object({ body: v.string() }), body).body;
  const problem = { resource: 'IssueComment', code: 'unprocessable', field: 'data' };
  if (text.trim() === '') throw invalid({ ...problem, message: 'Body cannot be blank' });
  checkLength(text, mostCharacters, problem);
  return text;
}

function renderComment(comment: IssueComment, { repository, links }: RestCall, backend: Backend): object {
  const { databaseId, number, body, author, createdAt, updatedAt } = comment;
  const api = `${apiOf(repository, links)}/issues`;
  const isPullRequest = backend.store.github.pullRequests.get(`${repository.id}#${number}`) !== undefined;
  const page = `${links.html}/${repository.nameWithOwner}/${isPullRequest ? 'pull' : 'issues'}/${number}`;
  return {
    id: databaseId,
    node_id: nodeId('IC', databaseId),
    url: `${api}/comments/${databaseId}`,
    html_url: `${page}#issuecomment-${databaseId}`,
    issue_url: `${api}/${number}`,
    body,
    user: author === null ? null : renderUser(author, links),
    created_at: renderTime(createdAt),
    updated_at: renderTime(updatedAt),
    author_association: author === null ? 'NONE' : associationOf(author, repository),
    performed_via_github_app: author === null ? null : renderApp(author, links),
  };
}
