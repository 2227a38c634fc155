import { createHash } from 'node:crypto';
import * as v from 'valibot';
import { type Answer, json } from './answer.ts';
import type { Backend } from './backend.ts';
import { deploymentStates, type GithubDeployment, type PullRequest, pullRequestStates } from './github-records.ts';
import { readJson } from './json-body.ts';
import type { Call } from './route.ts';

const time = v.pipe(
  v.string(),
  v.isoTimestamp(),
  v.transform((text) => new Date(text).getTime()),
);
const url = v.pipe(v.string(), v.url());
const identifier = v.pipe(v.number(), v.integer(), v.minValue(1), v.maxValue(2_147_483_647));

const objectId = v.pipe(v.string(), v.regex(/^[0-9a-f]{40}$/));

const pullRequestSchema = v.strictObject({
  number: identifier,
  state: v.picklist(pullRequestStates),
  headRefOid: v.optional(objectId),
  closedAt: v.optional(time),
  mergedAt: v.optional(time),
});

const deploymentSchema = v.strictObject({
  /** Names the deployment to change; without it a new one is made. */
  databaseId: v.optional(identifier),
  environment: v.pipe(v.string(), v.nonEmpty()),
  state: v.picklist(deploymentStates),
  environmentUrl: v.optional(url),
  logUrl: v.optional(url),
  payload: v.optional(v.union([v.string(), v.record(v.string(), v.unknown())])),
  createdAt: v.optional(time),
});

const commitSchema = v.strictObject({ oid: objectId, tree: objectId });

const changeSchema = v.strictObject({
  repository: v.pipe(v.string(), v.regex(/^[\w.-]+\/[\w.-]+$/)),
  pullRequests: v.optional(v.array(pullRequestSchema), []),
  deployments: v.optional(v.array(deploymentSchema), []),
  commits: v.optional(v.array(commitSchema), []),
});

/** What a control request says about a repository: `POST /__emulator/github`. */
export type GithubChange = v.InferInput<typeof changeSchema>;

/** Makes the repository, its pull requests, deployments and commits, or changes them; answers all that it has now. */
export async function setGithub(call: Call, backend: Backend): Promise<Answer> {
  const { repository: nameWithOwner, pullRequests, deployments, commits } = await readJson(changeSchema, call.body);
  const { github } = backend.store;
  const id = nameWithOwner.toLowerCase();
  github.repositories.put({ id, nameWithOwner });
  for (const given of pullRequests) github.pullRequests.put(changePullRequest(id, given, backend));
  for (const given of deployments) github.deployments.put(changeDeployment(id, given, backend));
  for (const { oid, tree } of commits) github.commits.put({ id: `${id}@${oid}`, repository: id, oid, tree });
  const isOwn = ({ repository }: { readonly repository: string }): boolean => repository === id;
  return json(200, {
    repository: nameWithOwner,
    pullRequests: github.pullRequests.all().filter(isOwn),
    deployments: github.deployments.all().filter(isOwn),
    commits: github.commits.all().filter(isOwn),
  });
}

function changePullRequest(
  repository: string,
  given: v.InferOutput<typeof pullRequestSchema>,
  backend: Backend,
): PullRequest {
  const { number, state } = given;
  const id = `${repository}#${number}`;
  const before = backend.store.github.pullRequests.get(id);
  const same = before?.state === state ? before : undefined;
  const nowMs = backend.clock.now().getTime();
  const mergedAt = state === 'MERGED' ? (given.mergedAt ?? same?.mergedAt ?? given.closedAt ?? nowMs) : null;
  return {
    id,
    repository,
    number,
    state,
    headRefOid: given.headRefOid ?? before?.headRefOid ?? createHash('sha1').update(id).digest('hex'),
    closedAt: state === 'OPEN' ? null : (given.closedAt ?? same?.closedAt ?? mergedAt ?? nowMs),
    mergedAt,
  };
}

function changeDeployment(
  repository: string,
  given: v.InferOutput<typeof deploymentSchema>,
  backend: Backend,
): GithubDeployment {
  const databaseId = given.databaseId ?? nextDatabaseId(backend);
  const before = backend.store.github.deployments.get(String(databaseId));
  const payload = typeof given.payload === 'object' ? JSON.stringify(given.payload) : given.payload;
  return {
    id: String(databaseId),
    repository,
    databaseId,
    environment: given.environment,
    state: given.state,
    environmentUrl: given.environmentUrl ?? before?.environmentUrl ?? null,
    logUrl: given.logUrl ?? before?.logUrl ?? null,
    payload: payload ?? before?.payload ?? null,
    createdAt: given.createdAt ?? before?.createdAt ?? backend.clock.now().getTime(),
  };
}

const firstDatabaseId = 1_000_001;

function nextDatabaseId(backend: Backend): number {
  const used = backend.store.github.deployments.all().map(({ databaseId }) => databaseId);
  return Math.max(firstDatabaseId - 1, ...used) + 1;
}

const permissionsSchema = v.strictObject({
  contents: v.optional(v.boolean(), false),
  pullRequests: v.optional(v.boolean(), false),
  deployments: v.optional(v.boolean(), false),
});

export async function addGithubToken(call: Call, backend: Backend): Promise<Answer> {
  return json(200, { token: backend.githubTokens.add(await readJson(permissionsSchema, call.body)).id });
}
