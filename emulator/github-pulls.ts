import { json, Refusal } from './answer.ts';
import type { Backend } from './backend.ts';
import { numberOf } from './github-ids.ts';
import type { PullRequest } from './github-records.ts';
import { hasCommit } from './github-refs.ts';
import {
  apiOf,
  associationOf,
  nodeId,
  ownerOf,
  renderRepository,
  renderTime,
  renderTimeOrNull,
  renderUser,
} from './github-render.ts';
import { pageOf } from './github-rest-page.ts';
import { notFound, type RestCall, type RestRoute } from './github-rest-route.ts';

const needs = ['pullRequests'] as const;

export const pullRoutes: readonly RestRoute[] = [
  {
    operation: 'GET /repos/{owner}/{repo}/pulls',
    needs,
    answer: (call, backend) => {
      const { state = 'open', head, base, direction = 'desc' } = call.parameters;
      const rows = backend.store.github.pullRequests
        .all()
        .filter((pull) => pull.repository === call.repository.id)
        .filter((pull) => state === 'all' || state === stateOf(pull))
        .filter((pull) => head === undefined || head === labelOf(pull) || head === pull.headRef)
        .filter((pull) => base === undefined || base === pull.baseRef)
        .toSorted((left, right) => left.createdAt - right.createdAt || left.number - right.number);
      const ordered = direction === 'desc' ? rows.toReversed() : rows;
      return pageOf(call, ordered, (pull) => renderPull(pull, call, backend));
    },
  },
  {
    operation: 'GET /repos/{owner}/{repo}/pulls/{pull_number}',
    needs,
    answer: (call, backend) => {
      const { github } = backend.store;
      const number = Number(call.parameters.pull_number);
      const pull = github.pullRequests.get(`${call.repository.id}#${number}`);
      if (pull === undefined) throw notFound();
      const comments = github.comments
        .all()
        .filter((row) => row.repository === pull.repository && row.number === number);
      const more = { merged: pull.state === 'MERGED', comments: comments.length };
      return json(200, { ...renderPull(pull, call, backend), ...more });
    },
  },
  {
    /** What merged the commit, and the open ones that have it as their head: the closed ones do not show. */
    operation: 'GET /repos/{owner}/{repo}/commits/{commit_sha}/pulls',
    needs: ['pullRequests', 'contents'],
    answer: (call, backend) => {
      const sha = String(call.parameters.commit_sha);
      if (!hasCommit(call.repository, sha, backend)) throw new Refusal(422, `No commit found for SHA: ${sha}`);
      const rows = backend.store.github.pullRequests
        .all()
        .filter((pull) => pull.repository === call.repository.id && pull.headRefOid === sha)
        .filter(({ state }) => state !== 'CLOSED');
      return pageOf(call, rows, (pull) => renderPull(pull, call, backend));
    },
  },
];

function stateOf({ state }: PullRequest): 'open' | 'closed' {
  return state === 'OPEN' ? 'open' : 'closed';
}

/** `owner:branch` of the head. */
function labelOf({ headRepository, headRef }: PullRequest): string {
  return `${headRepository?.split('/')[0] ?? 'unknown'}:${headRef}`;
}

function renderPull(pull: PullRequest, { repository, links }: RestCall, backend: Backend): object {
  const { number, createdAt, closedAt, mergedAt, title, author, draft, headRefOid } = pull;
  const api = apiOf(repository, links);
  const id = numberOf(`pull ${pull.id}`);
  return {
    url: `${api}/pulls/${number}`,
    id,
    node_id: nodeId('PR', id),
    html_url: `${links.html}/${repository.nameWithOwner}/pull/${number}`,
    issue_url: `${api}/issues/${number}`,
    comments_url: `${api}/issues/${number}/comments`,
    statuses_url: `${api}/statuses/${headRefOid}`,
    number,
    state: stateOf(pull),
    locked: false,
    title,
    user: renderUser(author, links),
    body: null,
    labels: [],
    created_at: renderTime(createdAt),
    updated_at: renderTime(Math.max(createdAt, closedAt ?? 0)),
    closed_at: renderTimeOrNull(closedAt),
    merged_at: renderTimeOrNull(mergedAt),
    merge_commit_sha: null,
    head: renderHead(pull, { repository, links }, backend),
    base: {
      label: `${ownerOf(repository).login}:${pull.baseRef}`,
      ref: pull.baseRef,
      sha: repository.refs[pull.baseRef] ?? '0'.repeat(40),
      user: renderUser(ownerOf(repository), links),
      repo: renderRepository(repository, links),
    },
    author_association: associationOf(author, repository),
    draft,
  };
}

function renderHead(
  pull: PullRequest,
  { repository, links }: Pick<RestCall, 'repository' | 'links'>,
  backend: Backend,
): object {
  const { headRepository, headRef, headRefOid, author } = pull;
  const head = { label: labelOf(pull), ref: headRef, sha: headRefOid };
  if (headRepository === null) return { ...head, user: renderUser(author, links), repo: null };
  const id = headRepository.toLowerCase();
  const like = { ...repository, id, nameWithOwner: headRepository, refs: {} };
  const fork = backend.store.github.repositories.get(id) ?? like;
  return {
    ...head,
    user: renderUser(ownerOf(fork), links),
    repo: { ...renderRepository(fork, links), fork: id !== repository.id },
  };
}
