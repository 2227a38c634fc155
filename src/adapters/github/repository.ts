import { ActionError } from '../../domain/errors.ts';
import type { ActiveDeployment, Known, PullRequest } from '../../domain/github.ts';
import { listAt, numberAt, textAt, valueAt } from '../../domain/json.ts';
import type { GitHub } from '../../ports.ts';
import type { RepositoryOptions } from './client.ts';
import { askRepository } from './query.ts';

/** Pull requests that one query asks for. */
const PULL_REQUESTS_A_QUERY = 50;
const COMMITS_A_QUERY = 50;
/** Whole or abbreviated. Nothing else is ever put into a query. */
const COMMIT = /^[0-9a-f]{7,40}$/;
/** Newest first. What was deployed two thousand deployments ago and never since is not looked for. */
const MAX_DEPLOYMENT_PAGES = 20;
const RECENT_PAGES = 3;

/** What GitHub knows about one repository. */
export function createRepository(options: RepositoryOptions): GitHub {
  return {
    pullRequests: (numbers) => whatIsKnown(() => readPullRequests(options, numbers)),
    activeDeployments: () =>
      whatIsKnown(() =>
        readDeployments(options, { pages: MAX_DEPLOYMENT_PAGES, isWanted: (state) => state === 'ACTIVE' }),
      ),
    recentDeployments: () => whatIsKnown(() => readDeployments(options, { pages: RECENT_PAGES, isWanted: () => true })),
    commitTrees: (commits) => whatIsKnown(() => readCommits(options, commits, ({ tree }) => tree)),
    commitIds: (commits) => whatIsKnown(() => readCommits(options, commits, ({ oid }) => oid)),
  };
}

/** Nothing that GitHub does not tell may fail a run. */
async function whatIsKnown<T>(read: () => Promise<T>): Promise<Known<T>> {
  try {
    return { kind: 'known', value: await read() };
  } catch (error) {
    if (!(error instanceof ActionError)) throw error;
    const kind = error.kind === 'credentials' ? 'denied' : 'failed';
    return { kind, reason: error.message.replace(/\.$/, '') };
  }
}

async function readPullRequests(
  options: RepositoryOptions,
  numbers: readonly number[],
): Promise<ReadonlyMap<number, PullRequest>> {
  const found = new Map<number, PullRequest>();
  for (let from = 0; from < numbers.length; from += PULL_REQUESTS_A_QUERY) {
    const asked = numbers.slice(from, from + PULL_REQUESTS_A_QUERY);
    const fields = asked.map((number) => `p${number}: pullRequest(number: ${number}) { number state closedAt }`);
    const repository = await askRepository(options, 'read the pull requests', fields.join(' '));
    for (const number of asked) {
      const answer = valueAt(repository, `p${number}`);
      const pullRequest = parsePullRequest(answer);
      if (pullRequest !== undefined) found.set(number, pullRequest);
    }
  }
  return found;
}

/** Undefined for a number that GitHub does not know: nothing follows from that. */
function parsePullRequest(value: unknown): PullRequest | undefined {
  const number = numberAt(value, 'number');
  const state = { OPEN: 'open', CLOSED: 'closed', MERGED: 'merged' } as const;
  const text = textAt(value, 'state');
  if (number === undefined || (text !== 'OPEN' && text !== 'CLOSED' && text !== 'MERGED')) return undefined;
  const closedAt = new Date(textAt(value, 'closedAt') ?? Number.NaN);
  return { number, state: state[text], closedAt: Number.isNaN(closedAt.getTime()) ? undefined : closedAt };
}

interface DeploymentQuery {
  readonly pages: number;
  readonly isWanted: (state: string) => boolean;
}

async function readDeployments(
  options: RepositoryOptions,
  { pages, isWanted }: DeploymentQuery,
): Promise<readonly ActiveDeployment[]> {
  const wanted: ActiveDeployment[] = [];
  let after = '';
  for (let page = 0; page < pages; page += 1) {
    const position = after === '' ? '' : `, after: ${JSON.stringify(after)}`;
    const fields = `deployments(first: 100${position}, orderBy: {field: CREATED_AT, direction: DESC}) {
        nodes { environment state payload latestStatus { environmentUrl } }
        pageInfo { hasNextPage endCursor }
      }`;
    const answer = await askRepository(options, 'read the deployments', fields);
    const { nodes, next } = parseDeployments(answer, isWanted);
    wanted.push(...nodes);
    after = next;
    if (after === '') break;
  }
  return wanted;
}

/** The wanted ones of a page, and where the next page starts; '' at the end. */
function parseDeployments(
  repository: unknown,
  isWanted: DeploymentQuery['isWanted'],
): {
  readonly nodes: readonly ActiveDeployment[];
  readonly next: string;
} {
  const nodes = (listAt(repository, 'deployments', 'nodes') ?? []).filter((node) =>
    isWanted(textAt(node, 'state') ?? ''),
  );
  const hasNext = valueAt(repository, 'deployments', 'pageInfo', 'hasNextPage') === true;
  return {
    nodes: nodes.map((node) => ({
      environment: textAt(node, 'environment') ?? 'an environment',
      texts: [textAt(node, 'latestStatus', 'environmentUrl'), textAt(node, 'payload')].filter(
        (text) => text !== undefined,
      ),
    })),
    next: hasNext ? (textAt(repository, 'deployments', 'pageInfo', 'endCursor') ?? '') : '',
  };
}

interface Commit {
  readonly oid: string;
  readonly tree: string;
}

async function readCommits(
  options: RepositoryOptions,
  commits: readonly string[],
  part: (commit: Commit) => string,
): Promise<ReadonlyMap<string, string>> {
  const found = new Map<string, string>();
  const wanted = [...new Set(commits)].filter((commit) => COMMIT.test(commit));
  for (let from = 0; from < wanted.length; from += COMMITS_A_QUERY) {
    const asked = wanted.slice(from, from + COMMITS_A_QUERY);
    const fields = asked.map(
      (commit, index) => `c${index}: object(expression: "${commit}") { ... on Commit { oid tree { oid } } }`,
    );
    const repository = await askRepository(options, 'read the commits', fields.join(' '));
    for (const [index, commit] of asked.entries()) {
      const answer = valueAt(repository, `c${index}`);
      const [oid, tree] = [textAt(answer, 'oid'), textAt(answer, 'tree', 'oid')];
      // The expression may be the name of a branch or a tag as well, which git prefers to an abbreviation.
      if (tree !== undefined && oid?.startsWith(commit) === true) found.set(commit, part({ oid, tree }));
    }
  }
  return found;
}
