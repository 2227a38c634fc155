/** Words of GitHub's schema: `PullRequestState`. */
export const pullRequestStates = ['OPEN', 'CLOSED', 'MERGED'] as const;

/** Words of GitHub's schema: `DeploymentState`. */
export const deploymentStates = [
  'ABANDONED',
  'ACTIVE',
  'DESTROYED',
  'ERROR',
  'FAILURE',
  'INACTIVE',
  'IN_PROGRESS',
  'PENDING',
  'QUEUED',
  'SUCCESS',
  'WAITING',
] as const;

export type DeploymentState = (typeof deploymentStates)[number];

export interface GithubUser {
  readonly login: string;
  readonly id: number;
  readonly type: 'Bot' | 'User';
}

export interface GithubRepository {
  /** The full name in lower case: GitHub compares without case. */
  readonly id: string;
  readonly nameWithOwner: string;
  readonly private: boolean;
  readonly defaultBranch: string;
  /** The head of each branch or tag by its name. */
  readonly refs: Readonly<Record<string, string>>;
}

export interface PullRequest {
  /** `acme/site#7`. */
  readonly id: string;
  /** The id of its repository. */
  readonly repository: string;
  readonly number: number;
  readonly state: (typeof pullRequestStates)[number];
  readonly title: string;
  readonly author: GithubUser;
  readonly draft: boolean;
  readonly headRefOid: string;
  readonly headRef: string;
  /** Full name of the repository that has the head; null when that was deleted. */
  readonly headRepository: string | null;
  readonly baseRef: string;
  /** Milliseconds, like all times here. */
  readonly createdAt: number;
  readonly closedAt: number | null;
  readonly mergedAt: number | null;
}

export interface GithubIssue {
  /** `acme/site#7`; pull requests and issues share their numbers. */
  readonly id: string;
  readonly repository: string;
  readonly number: number;
  readonly title: string;
  readonly body: string | null;
  readonly labels: readonly string[];
  readonly isOpen: boolean;
  readonly author: GithubUser;
  readonly createdAt: number;
  readonly updatedAt: number;
  readonly closedAt: number | null;
}

export interface IssueComment {
  /** The database id as text. */
  readonly id: string;
  readonly repository: string;
  readonly databaseId: number;
  /** Of the issue or pull request. */
  readonly number: number;
  readonly body: string;
  /** Null: GitHub tells nobody. */
  readonly author: GithubUser | null;
  readonly createdAt: number;
  readonly updatedAt: number;
}

/** Words of GitHub's REST API. */
export const deploymentStatusStates = [
  'error',
  'failure',
  'inactive',
  'in_progress',
  'queued',
  'pending',
  'success',
] as const;

export interface DeploymentStatus {
  readonly databaseId: number;
  readonly state: (typeof deploymentStatusStates)[number];
  readonly environment: string;
  readonly description: string;
  readonly environmentUrl: string | null;
  readonly logUrl: string | null;
  readonly creator: GithubUser;
  readonly createdAt: number;
}

export interface GithubDeployment {
  /** The database id as text. */
  readonly id: string;
  /** The id of its repository. */
  readonly repository: string;
  readonly databaseId: number;
  readonly ref: string;
  readonly sha: string;
  readonly task: string;
  readonly description: string | null;
  readonly creator: GithubUser;
  readonly transient: boolean;
  readonly production: boolean;
  readonly originalEnvironment: string;
  readonly environment: string;
  readonly state: DeploymentState;
  readonly environmentUrl: string | null;
  readonly logUrl: string | null;
  /** JSON text, as GraphQL shows it. */
  readonly payload: string | null;
  /** Oldest first. */
  readonly statuses: readonly DeploymentStatus[];
  readonly createdAt: number;
}

export interface GithubCommit {
  /** `acme/site@<oid>`. */
  readonly id: string;
  /** The id of its repository. */
  readonly repository: string;
  readonly oid: string;
  /** The oid of its root tree. */
  readonly tree: string;
}

export const commitStatusStates = ['error', 'failure', 'pending', 'success'] as const;

export interface CommitStatus {
  /** The database id as text. */
  readonly id: string;
  readonly repository: string;
  readonly databaseId: number;
  readonly sha: string;
  readonly state: (typeof commitStatusStates)[number];
  readonly context: string;
  readonly description: string | null;
  readonly targetUrl: string | null;
  readonly creator: GithubUser;
  readonly createdAt: number;
}

export interface GithubRelease {
  /** The database id as text. */
  readonly id: string;
  readonly repository: string;
  readonly databaseId: number;
  readonly tag: string;
  readonly target: string;
  readonly name: string | null;
  readonly body: string | null;
  readonly draft: boolean;
  readonly prerelease: boolean;
  readonly author: GithubUser;
  readonly createdAt: number;
  readonly publishedAt: number | null;
  readonly updatedAt: number;
}

/** A request that does not fit GitHub's description of its API. */
export interface RestViolation {
  readonly id: string;
  readonly method: string;
  /** Path with query. */
  readonly path: string;
  readonly reason: string;
}

export const permissionNames = ['contents', 'issues', 'pullRequests', 'deployments', 'statuses'] as const;

export type GithubPermission = (typeof permissionNames)[number];

/** What a token may do; `write` includes `read`. */
export type GithubPermissions = Readonly<Record<GithubPermission, 'none' | 'read' | 'write'>>;

export interface GithubToken extends GithubPermissions {
  /** The token itself. */
  readonly id: string;
  /** Stands for the token in the request log. */
  readonly label: string;
  readonly user: GithubUser;
  /** Ids of the repositories it was made for; null for all. */
  readonly repositories: readonly string[] | null;
}

/** The user of a workflow's own token on github.com; an Enterprise Server has another id. */
export const actionsBot: GithubUser = { login: 'github-actions[bot]', id: 41_898_282, type: 'Bot' };
