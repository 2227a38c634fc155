import type { Cid } from '../domain/cid.ts';
import { deployedIn } from '../domain/github.ts';
import type { Pin } from '../domain/pin.ts';
import { type GivenUp, type Judged, type RetentionPolicy, toUnpin } from '../domain/retention.ts';
import { marksOf, type Revision } from '../domain/revision.ts';
import { type Project, parseTags, pullRequestOf } from '../domain/tag.ts';
import type { GitHub, Log, Pins } from '../ports.ts';

export interface SurveyPorts {
  readonly pins: Pins;
  readonly github: GitHub;
  readonly log: Log;
}

/** What is known outside of the project's own pins about content that seems stale. */
export interface Facts {
  readonly others: ReadonlyMap<Cid, readonly Pin[]>;
  readonly inUse: ReadonlyMap<Cid, string>;
}

export const NO_FACTS: Facts = { others: new Map(), inUse: new Map() };

/** Looks for whatever else may need the content that a first judgement calls stale. Costs nothing when none is. */
export async function readFacts(ports: SurveyPorts, rows: readonly Judged[], project: Project): Promise<Facts> {
  const stale = toUnpin(rows).map(({ revision }) => revision.cid);
  if (stale.length === 0) return NO_FACTS;
  const inUse = new Map([...(await readDeployed(ports, stale)), ...(await readSwapped(ports, rows))]);
  const others = new Map<Cid, readonly Pin[]>();
  for (const cid of stale) {
    const same = await ports.pins.listByCid(cid);
    others.set(
      cid,
      same.filter((pin) => !parseTags(pin.keyvalues, project).ours),
    );
  }
  return { others, inUse };
}

type Uses = readonly (readonly [Cid, string])[];

async function readDeployed({ github, log }: SurveyPorts, cids: readonly Cid[]): Promise<Uses> {
  const deployments = await github.activeDeployments();
  if (deployments.kind === 'unknown') {
    log.line(`GitHub deployments protect nothing: ${deployments.reason}.`);
    return [];
  }
  return cids.flatMap((cid) => {
    const environment = deployedIn(deployments.value, cid);
    return environment === undefined ? [] : [[cid, `active GitHub deployment of ${environment}`] as const];
  });
}

/** Any content of the project may be the one that the gateway answers something else for. */
async function readSwapped({ pins, log }: SurveyPorts, rows: readonly Judged[]): Promise<Uses> {
  const swaps = await pins.readSwaps(rows.map(({ revision }) => revision.cid));
  if (swaps.kind === 'unknown') {
    log.line(`Hot swaps protect nothing: ${swaps.reason}.`);
    return [];
  }
  return [...swaps.value].flatMap(([original, target]) => [
    [original, 'a hot swap stands in its place'],
    [target, 'a hot swap points to it'],
  ]);
}

/** The project's revisions with what was found beside them. */
export function withOthers(revisions: readonly Revision[], { others }: Facts): readonly Revision[] {
  return revisions.map((revision) => ({ ...revision, others: others.get(revision.cid) ?? [] }));
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
  if (answer.kind === 'unknown') {
    log.warn(`All previews are kept, since it is not known whose pull request is closed: ${answer.reason}.`);
    return new Map();
  }
  const at = Math.floor(now.getTime() / 1000);
  return new Map(
    [...answer.value.values()].flatMap(({ number, state, closedAt }) => {
      if (state === 'open') return [];
      const given: GivenUp =
        state === 'merged'
          ? { why: 'pull request merged', at, mergedAt: closedAt ?? now }
          : { why: 'pull request closed', at };
      return [[`pr-${number}`, given] as const];
    }),
  );
}
