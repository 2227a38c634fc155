import type { Cid } from '../domain/cid.ts';
import { ActionError } from '../domain/errors.ts';
import { deployedIn, type Known } from '../domain/github.ts';
import type { Pin } from '../domain/pin.ts';
import {
  type GivenUp,
  type Judged,
  judgeRevisions,
  type RetentionPolicy,
  refuseTooMany,
  toUnpin,
} from '../domain/retention.ts';
import { marksOf, type Revision } from '../domain/revision.ts';
import { type Project, parseTags, pullRequestOf } from '../domain/tag.ts';
import type { GitHub, Log, Pins } from '../ports.ts';

export interface SurveyPorts {
  readonly pins: Pins;
  readonly github: GitHub;
  readonly log: Log;
  /** Content that the names given to the run show, with the reason. Fails as ActionError where nobody can tell. */
  readonly named: () => Promise<Uses>;
}

/** What was judged, by what, and when. */
export interface Judgement {
  readonly rows: readonly Judged[];
  readonly policy: RetentionPolicy;
  readonly now: Date;
}

/**
 * Looks for whatever else may need the content that a first judgement calls stale, and judges again with it. Costs nothing
 * when none is.
 * @throws ActionError when something cannot be looked at: then nothing may be given up.
 */
export async function investigate(ports: SurveyPorts, first: Judgement): Promise<Judgement> {
  const { rows, policy, now } = first;
  const stale = toUnpin(rows).map(({ revision }) => revision.cid);
  if (stale.length === 0) return first;
  const inUse = new Map([
    ...policy.inUse,
    ...(await ports.named()),
    ...(await readDeployed(ports, stale, policy.project)),
    ...(await readSwapped(ports, first)),
  ]);
  const holders = new Map<Cid, readonly Pin[]>();
  for (const cid of stale) holders.set(cid, await ports.pins.listByCid(cid));
  const informed = { ...policy, inUse };
  const revisions = rows.map(({ revision }) => withHolders(revision, holders.get(revision.cid) ?? [], policy.project));
  // What only became stale by what was found was not asked about: the next run does.
  const judged = judgeRevisions(revisions, informed, now).map(
    (row): Judged => (row.fate === 'unpin' && !stale.includes(row.revision.cid) ? { ...row, fate: 'keep' } : row),
  );
  return { rows: judged, policy: informed, now };
}

/** So many that a plan is refused anyway are not worth hundreds of requests. */
const INVESTIGATED_AT_LEAST = 100;

/** True where a plan is small enough that asking around could still make it fit. */
export function isWorthAsking({ rows }: Judgement, maxRemovals: number): boolean {
  return toUnpin(rows).length <= Math.max(INVESTIGATED_AT_LEAST, 4 * maxRemovals);
}

/**
 * Refuses a plan that would unpin more than the user allows, before anything is sent. Only one that seems to is looked
 * into; where that fails, nothing will be given up anyway.
 */
export async function refuseTooManyFor(ports: SurveyPorts, first: Judgement, maxRemovals: number): Promise<void> {
  if (toUnpin(first.rows).length <= maxRemovals) return;
  if (!isWorthAsking(first, maxRemovals)) refuseTooMany(first.rows, maxRemovals);
  const known = await investigate(ports, first).catch((error: unknown) => {
    if (!(error instanceof ActionError)) throw error;
    return undefined;
  });
  if (known !== undefined) refuseTooMany(known.rows, maxRemovals);
}

/** A revision with what the list by CID shows: pins of others, and own ones that the project's list did not show yet. */
function withHolders(revision: Revision, holders: readonly Pin[], project: Project): Revision {
  const known = new Set(revision.pins.map(({ id }) => id));
  const more = holders.filter(({ id }) => !known.has(id));
  const isOurs = (pin: Pin): boolean => parseTags(pin.keyvalues, project).ours;
  return {
    ...revision,
    pins: [...revision.pins, ...more.filter(isOurs)],
    others: more.filter((pin) => !isOurs(pin)),
  };
}

export type Uses = readonly (readonly [Cid, string])[];

async function readDeployed({ github, log }: SurveyPorts, cids: readonly Cid[], project: Project): Promise<Uses> {
  const deployments = await github.activeDeployments();
  if (deployments.kind !== 'known') return unprotected(log, 'GitHub deployments', deployments);
  return cids.flatMap((cid) => {
    const environment = deployedIn(deployments.value, cid, project.name);
    return environment === undefined ? [] : [[cid, `active GitHub deployment of ${environment}`] as const];
  });
}

/** What people were given as a lasting address may be answered with something else: what had a long-lived tag, or is stale. */
async function readSwapped({ pins, log }: SurveyPorts, { rows, policy }: Judgement): Promise<Uses> {
  const lasting = rows.filter(
    ({ marks, fate }) => fate === 'unpin' || marks.some(({ tag }) => pullRequestOf(tag) === undefined),
  );
  const swaps = await pins.readSwaps([
    ...new Set([...lasting.map(({ revision }) => revision.cid), ...policy.protectCids]),
  ]);
  if (swaps.kind !== 'known') return unprotected(log, 'Hot swaps', swaps);
  return [...swaps.value].flatMap(([original, target]) => [
    [original, 'a hot swap stands in its place'],
    [target, 'a hot swap points to it'],
  ]);
}

/** Nobody may ask: that is a decision of the user. What failed is not known, and nothing may be given up on it. */
function unprotected(
  log: Log,
  what: string,
  { kind, reason }: Exclude<Known<unknown>, { kind: 'known' }>,
): readonly never[] {
  if (kind === 'failed') throw new ActionError('network', `${what} could not be looked at: ${reason}.`);
  log.line(`${what} protect nothing: ${reason}.`);
  return [];
}

/** The previews of pull requests that are closed, whatever event was missed. None where GitHub does not tell. */
export async function readClosed(
  { github, log }: SurveyPorts,
  revisions: readonly Revision[],
  { policy, now }: { readonly policy: RetentionPolicy; readonly now: Date },
): Promise<ReadonlyMap<string, GivenUp>> {
  const tags = revisions.flatMap((revision) => marksOf(revision, policy.project).map(({ tag }) => tag));
  const numbers = [...new Set(tags.flatMap((tag) => pullRequestOf(tag) ?? []))];
  if (numbers.length === 0) return new Map();
  const answer = await github.pullRequests(numbers);
  if (answer.kind !== 'known') {
    log.warn(`All previews are kept, since it is not known whose pull request is closed: ${answer.reason}.`);
    return new Map();
  }
  // A pull request may be opened again, by GitHub's clock, and deployed, by another runner's: a mark that is as fresh stays.
  const settled = now.getTime() - CLOCKS_DIFFER_MS;
  return new Map(
    [...answer.value.values()].flatMap(({ number, state, closedAt }) => {
      if (state === 'open') return [];
      const at = Math.floor(Math.max(settled, closedAt?.getTime() ?? 0) / 1000);
      const given: GivenUp =
        state === 'merged'
          ? { why: 'pull request merged', at, mergedAt: closedAt ?? now }
          : { why: 'pull request closed', at };
      return [[`pr-${number}`, given] as const];
    }),
  );
}

const CLOCKS_DIFFER_MS = 300_000;

/** The tags to give up, without those of pull requests that GitHub says were opened again since. */
export async function stillGivenUp(
  { github, log }: SurveyPorts,
  givenUp: ReadonlyMap<string, GivenUp>,
): Promise<ReadonlyMap<string, GivenUp>> {
  const numbers = [...givenUp.keys()].flatMap((tag) => pullRequestOf(tag) ?? []);
  if (numbers.length === 0) return givenUp;
  const answer = await github.pullRequests(numbers);
  if (answer.kind !== 'known') return givenUp;
  const open = numbers.filter((number) => answer.value.get(number)?.state === 'open').map((number) => `pr-${number}`);
  if (open.length > 0) log.line(`Not given up, since the pull request is open: ${open.join(', ')}.`);
  return new Map([...givenUp].filter(([tag]) => !open.includes(tag)));
}
