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

export interface GithubRepository {
  /** The full name in lower case: GitHub compares without case. */
  readonly id: string;
  readonly nameWithOwner: string;
}

export interface PullRequest {
  /** `acme/site#7`. */
  readonly id: string;
  /** The id of its repository. */
  readonly repository: string;
  readonly number: number;
  readonly state: (typeof pullRequestStates)[number];
  readonly headRefOid: string;
  /** Milliseconds. */
  readonly closedAt: number | null;
  /** Milliseconds. */
  readonly mergedAt: number | null;
}

export interface GithubDeployment {
  /** The database id as text. */
  readonly id: string;
  /** The id of its repository. */
  readonly repository: string;
  readonly databaseId: number;
  readonly environment: string;
  readonly state: DeploymentState;
  readonly environmentUrl: string | null;
  readonly logUrl: string | null;
  /** JSON text, as GraphQL shows it. */
  readonly payload: string | null;
  /** Milliseconds. */
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

/** What a token may read. */
export interface GithubPermissions {
  readonly contents: boolean;
  readonly pullRequests: boolean;
  readonly deployments: boolean;
}

export interface GithubToken extends GithubPermissions {
  /** The token itself. */
  readonly id: string;
  /** Stands for the token in the request log. */
  readonly label: string;
}
