import * as v from 'valibot';
import { type Answer, json } from './answer.ts';
import type { Backend } from './backend.ts';
import { numberOf } from './github-ids.ts';
import type { GithubIssue, PullRequest } from './github-records.ts';
import { apiOf, associationOf, nodeId, renderTime, renderTimeOrNull, renderUser } from './github-render.ts';
import { pageOf } from './github-rest-page.ts';
import { checkLength, notFound, type RestCall, type RestRoute } from './github-rest-route.ts';
import { checkShape } from './json-body.ts';

const issues = '/repos/{owner}/{repo}/issues';
const needs = ['issues'] as const;

export const issueRoutes: readonly RestRoute[] = [
  { operation: `GET ${issues}`, needs, answer: listIssues },
  { operation: `POST ${issues}`, needs, answer: createIssue },
  { operation: `PATCH ${issues}/{issue_number}`, needs, answer: changeIssue },
];

/** Pull requests are among them, as GitHub has it. */
function listIssues(call: RestCall, backend: Backend): Answer {
  const { state = 'open', creator, labels, direction = 'desc' } = call.parameters;
  const wanted = typeof labels === 'string' ? labels.split(',').map((label) => label.trim()) : [];
  const { github } = backend.store;
  const rows = [...github.issues.all(), ...github.pullRequests.all().map(asIssue)]
    .filter((row) => row.repository === call.repository.id)
    .filter(({ isOpen }) => state === 'all' || isOpen === (state === 'open'))
    .filter(({ author }) => creator === undefined || author.login === creator)
    .filter((row) => wanted.every((label) => row.labels.includes(label)))
    .toSorted((left, right) => left.createdAt - right.createdAt || left.number - right.number);
  return pageOf(call, direction === 'desc' ? rows.toReversed() : rows, (row) => renderIssue(row, call, backend));
}

function asIssue(pull: PullRequest): GithubIssue {
  const { id, repository, number, title, author, createdAt, closedAt } = pull;
  const isOpen = pull.state === 'OPEN';
  const updatedAt = closedAt ?? createdAt;
  return { id, repository, number, title, author, body: null, labels: [], isOpen, createdAt, updatedAt, closedAt };
}

const labelsSchema = v.optional(
  v.array(
    v.union([
      v.string(),
      v.pipe(
        v.object({ name: v.string() }),
        v.transform(({ name }) => name),
      ),
    ]),
  ),
);
const titleSchema = v.pipe(
  v.union([v.string(), v.number()]),
  v.transform((title) => String(title)),
);

const newSchema = v.object({ title: titleSchema, body: v.optional(v.string()), labels: labelsSchema });

function createIssue(call: RestCall, backend: Backend): Answer {
  const { title, body = null, labels = [] } = checkShape(newSchema, call.body);
  const repository = call.repository.id;
  const { github } = backend.store;
  const used = [...github.issues.all(), ...github.pullRequests.all()].filter((row) => row.repository === repository);
  const number = Math.max(0, ...used.map((row) => row.number)) + 1;
  const nowMs = backend.clock.now().getTime();
  const issue: GithubIssue = {
    id: `${repository}#${number}`,
    repository,
    number,
    title,
    body,
    labels,
    isOpen: true,
    author: call.token.user,
    createdAt: nowMs,
    updatedAt: nowMs,
    closedAt: null,
  };
  checkTexts(issue);
  github.issues.put(issue);
  const headers = { Location: `${apiOf(call.repository, call.links)}/issues/${number}` };
  return json(201, renderIssue(issue, call, backend), headers);
}

const changeSchema = v.object({
  title: v.nullish(titleSchema),
  body: v.optional(v.nullable(v.string())),
  state: v.optional(v.picklist(['open', 'closed'])),
  labels: labelsSchema,
});

/** Only issues: what else a pull request is changed by is not played. */
function changeIssue(call: RestCall, backend: Backend): Answer {
  const { github } = backend.store;
  const before = github.issues.get(`${call.repository.id}#${String(call.parameters.issue_number)}`);
  if (before === undefined) throw notFound();
  const given = checkShape(changeSchema, call.body);
  const nowMs = backend.clock.now().getTime();
  const isOpen = given.state === undefined ? before.isOpen : given.state === 'open';
  const issue: GithubIssue = {
    ...before,
    title: given.title ?? before.title,
    body: given.body === undefined ? before.body : given.body,
    labels: given.labels ?? before.labels,
    isOpen,
    updatedAt: nowMs,
    closedAt: isOpen ? null : (before.closedAt ?? nowMs),
  };
  checkTexts(issue);
  github.issues.put(issue);
  return json(200, renderIssue(issue, call, backend));
}

function checkTexts({ title, body }: GithubIssue): void {
  checkLength(title, 256, { resource: 'Issue', field: 'title', code: 'custom' });
  checkLength(body, 65_536, { resource: 'Issue', field: 'body', code: 'custom' });
}

function renderIssue(issue: GithubIssue, { repository, links }: RestCall, backend: Backend): object {
  const { number, title, body, labels, isOpen, author, createdAt, updatedAt, closedAt } = issue;
  const { comments, pullRequests } = backend.store.github;
  const api = apiOf(repository, links);
  const isPull = pullRequests.get(issue.id) !== undefined;
  const page = `${links.html}/${repository.nameWithOwner}/${isPull ? 'pull' : 'issues'}/${number}`;
  const id = numberOf(issue.id);
  return {
    id,
    node_id: nodeId(isPull ? 'PR' : 'I', id),
    url: `${api}/issues/${number}`,
    repository_url: api,
    comments_url: `${api}/issues/${number}/comments`,
    html_url: page,
    number,
    state: isOpen ? 'open' : 'closed',
    state_reason: isOpen || isPull ? null : 'completed',
    title,
    body,
    user: renderUser(author, links),
    labels: labels.map((name) => renderLabel(name, api)),
    locked: false,
    comments: comments.all().filter((row) => row.repository === repository.id && row.number === number).length,
    closed_at: renderTimeOrNull(closedAt),
    created_at: renderTime(createdAt),
    updated_at: renderTime(updatedAt),
    author_association: associationOf(author, repository),
    ...(isPull ? { pull_request: renderPullLinks(page, `${api}/pulls/${number}`) } : {}),
  };
}

function renderPullLinks(page: string, url: string): object {
  return { url, html_url: page, diff_url: `${page}.diff`, patch_url: `${page}.patch` };
}

function renderLabel(name: string, api: string): object {
  const id = numberOf(`label ${name}`);
  const url = `${api}/labels/${encodeURIComponent(name)}`;
  return { id, node_id: nodeId('LA', id), url, name, description: null, color: 'ededed', default: false };
}
