import * as v from 'valibot';
import { type Answer, json, Refusal } from './answer.ts';
import type { Backend } from './backend.ts';
import { nextGithubId } from './github-ids.ts';
import { type CommitStatus, commitStatusStates } from './github-records.ts';
import { hasCommit, resolveRef } from './github-refs.ts';
import { apiOf, nodeId, renderRepository, renderTime, renderUser } from './github-render.ts';
import { cutPage } from './github-rest-page.ts';
import { checkLength, checkWebUrl, notFound, type RestCall, RestRefusal, type RestRoute } from './github-rest-route.ts';
import { checkShape } from './json-body.ts';

const needs = ['statuses'] as const;

export const commitStatusRoutes: readonly RestRoute[] = [
  { operation: 'POST /repos/{owner}/{repo}/statuses/{sha}', needs, answer: createStatus },
  { operation: 'GET /repos/{owner}/{repo}/commits/{ref}/status', needs, answer: combineStatuses },
];

const requestSchema = v.object({
  state: v.picklist(commitStatusStates),
  target_url: v.nullish(v.string(), null),
  description: v.nullish(v.string(), null),
  context: v.optional(v.string(), 'default'),
});

const mostCharacters = 140;

function createStatus(call: RestCall, backend: Backend): Answer {
  const sha = String(call.parameters.sha);
  if (!hasCommit(call.repository, sha, backend)) throw new Refusal(422, `No commit found for SHA: ${sha}`);
  const given = checkShape(requestSchema, call.body);
  checkLength(given.description, mostCharacters, { resource: 'Status', field: 'description', code: 'custom' });
  checkWebUrl(given.target_url, { resource: 'Status', field: 'target_url' });
  const databaseId = nextGithubId(backend);
  const status: CommitStatus = {
    id: String(databaseId),
    repository: call.repository.id,
    databaseId,
    sha,
    state: given.state,
    context: given.context,
    description: given.description,
    targetUrl: given.target_url,
    creator: call.token.user,
    createdAt: backend.clock.now().getTime(),
  };
  backend.store.github.commitStatuses.put(status);
  const shown = { ...renderStatus(status, call), creator: renderUser(status.creator, call.links) };
  return json(201, shown, { Location: `${apiOf(call.repository, call.links)}/statuses/${sha}` });
}

function combineStatuses(call: RestCall, backend: Backend): Answer {
  const ref = String(call.parameters.ref);
  const sha = resolveRef(call.repository, ref, backend);
  if (sha === undefined) throw notFound();
  const latest = latestStatuses(call.repository.id, sha, backend);
  const { page, links } = cutPage(call, latest);
  const api = apiOf(call.repository, call.links);
  const combined = {
    state: combine(latest),
    statuses: page.map((status) => renderStatus(status, call)),
    sha,
    total_count: latest.length,
    repository: renderRepository(call.repository, call.links),
    commit_url: `${api}/commits/${sha}`,
    url: `${api}/commits/${sha}/status`,
  };
  return json(200, combined, links);
}

function combine(statuses: readonly CommitStatus[]): 'failure' | 'pending' | 'success' {
  if (statuses.some(({ state }) => state === 'failure' || state === 'error')) return 'failure';
  return statuses.length > 0 && statuses.every(({ state }) => state === 'success') ? 'success' : 'pending';
}

/** The newest of each context. */
function latestStatuses(repository: string, sha: string, backend: Backend): readonly CommitStatus[] {
  const latest = new Map<string, CommitStatus>();
  const statuses = backend.store.github.commitStatuses.all().filter((row) => row.repository === repository);
  for (const status of statuses.toSorted((left, right) => left.databaseId - right.databaseId)) {
    if (status.sha === sha) latest.set(status.context, status);
  }
  return [...latest.values()];
}

/** Throws 409 unless all contexts that are wanted, or without a list all that there are, have succeeded. */
export function requireContexts(
  deploying: {
    readonly repository: string;
    readonly sha: string;
    readonly ref: string;
    readonly wanted: readonly string[] | undefined;
  },
  backend: Backend,
): void {
  const { repository, sha, ref, wanted } = deploying;
  const latest = latestStatuses(repository, sha, backend);
  const required = wanted ?? latest.map(({ context }) => context);
  const isGood = (context: string): boolean =>
    latest.some((status) => status.context === context && status.state === 'success');
  if (required.every(isGood)) return;
  const problem = { resource: 'Deployment', field: 'required_contexts', code: 'invalid' };
  throw new RestRefusal(409, `Conflict: Commit status checks failed for ${ref}.`, [problem]);
}

function renderStatus(status: CommitStatus, { repository, links }: RestCall): object {
  const { databaseId, sha, state, context, description, targetUrl, creator, createdAt } = status;
  return {
    url: `${apiOf(repository, links)}/statuses/${sha}`,
    avatar_url: `${links.html}/avatars/${creator.id}`,
    id: databaseId,
    node_id: nodeId('SC', databaseId),
    state,
    description,
    target_url: targetUrl,
    context,
    created_at: renderTime(createdAt),
    updated_at: renderTime(createdAt),
  };
}
