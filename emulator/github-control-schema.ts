import * as v from 'valibot';
import { actionsBot, deploymentStates, pullRequestStates } from './github-records.ts';

const time = v.pipe(
  v.string(),
  v.isoTimestamp(),
  v.transform((text) => new Date(text).getTime()),
);
const url = v.pipe(v.string(), v.url());
const identifier = v.pipe(v.number(), v.integer(), v.minValue(1), v.maxValue(2_147_483_647));
const objectId = v.pipe(v.string(), v.regex(/^[0-9a-f]{40}$/));
const fullName = v.pipe(v.string(), v.regex(/^[\w.-]+\/[\w.-]+$/));
const name = v.pipe(v.string(), v.nonEmpty());

const user = v.strictObject({ login: name, id: identifier, type: v.picklist(['Bot', 'User']) });

const pullRequestSchema = v.strictObject({
  number: identifier,
  state: v.picklist(pullRequestStates),
  title: v.optional(v.string()),
  author: v.optional(user),
  draft: v.optional(v.boolean()),
  headRefOid: v.optional(objectId),
  headRef: v.optional(name),
  /** The fork that the head is in; null when it was deleted. */
  headRepository: v.optional(v.nullable(fullName)),
  baseRef: v.optional(name),
  createdAt: v.optional(time),
  closedAt: v.optional(time),
  mergedAt: v.optional(time),
});

const issueSchema = v.strictObject({
  number: identifier,
  title: v.optional(v.string()),
  body: v.optional(v.string()),
  labels: v.optional(v.array(name)),
  isOpen: v.optional(v.boolean()),
  author: v.optional(user),
  createdAt: v.optional(time),
});

/** Not held to the limits of a body: people have other means to write. */
const commentSchema = v.strictObject({
  number: identifier,
  body: v.string(),
  author: v.optional(v.nullable(user)),
  /** Names the comment to change; without it a new one is made. */
  databaseId: v.optional(identifier),
  createdAt: v.optional(time),
});

const deploymentSchema = v.strictObject({
  /** Names the deployment to change; without it a new one is made. */
  databaseId: v.optional(identifier),
  environment: name,
  state: v.picklist(deploymentStates),
  environmentUrl: v.optional(url),
  logUrl: v.optional(url),
  payload: v.optional(v.union([v.string(), v.record(v.string(), v.unknown())])),
  ref: v.optional(name),
  sha: v.optional(objectId),
  transient: v.optional(v.boolean()),
  production: v.optional(v.boolean()),
  creator: v.optional(user),
  createdAt: v.optional(time),
});

const releaseSchema = v.strictObject({
  tag: name,
  name: v.optional(v.string()),
  body: v.optional(v.string()),
  target: v.optional(name),
  draft: v.optional(v.boolean()),
  prerelease: v.optional(v.boolean()),
  author: v.optional(user),
  createdAt: v.optional(time),
});

const commitSchema = v.strictObject({ oid: objectId, tree: objectId });

export const changeSchema = v.strictObject({
  repository: fullName,
  private: v.optional(v.boolean()),
  defaultBranch: v.optional(name),
  /** Heads of branches and tags by their names. */
  refs: v.optional(v.record(v.string(), objectId)),
  pullRequests: v.optional(v.array(pullRequestSchema), []),
  issues: v.optional(v.array(issueSchema), []),
  comments: v.optional(v.array(commentSchema), []),
  deployments: v.optional(v.array(deploymentSchema), []),
  releases: v.optional(v.array(releaseSchema), []),
  commits: v.optional(v.array(commitSchema), []),
});

/** What a control request says about a repository: `POST /__emulator/github`. */
export type GithubChange = v.InferInput<typeof changeSchema>;

export type Change = v.InferOutput<typeof changeSchema>;

/** `true` is short for `read`. */
const permission = v.optional(
  v.pipe(
    v.union([v.picklist(['none', 'read', 'write']), v.boolean()]),
    v.transform((given): 'none' | 'read' | 'write' => {
      if (typeof given === 'string') return given;
      return given ? 'read' : 'none';
    }),
  ),
  'none',
);

export const tokenSchema = v.strictObject({
  contents: permission,
  issues: permission,
  pullRequests: permission,
  deployments: permission,
  statuses: permission,
  /** Whose token it is: a workflow's own unless said otherwise. */
  user: v.optional(user, actionsBot),
  /** The repositories it was made for; all without it. */
  repositories: v.optional(
    v.pipe(
      v.array(fullName),
      v.transform((names): readonly string[] | null => names.map((given) => given.toLowerCase())),
    ),
  ),
});

/** What a control request says about a token: `POST /__emulator/github/tokens`. */
export type GithubTokenRequest = v.InferInput<typeof tokenSchema>;
