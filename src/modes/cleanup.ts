import type { Outcome, Retention } from '../domain/outcome.ts';
import { type Judged, judgeRevisions, type RetentionPolicy, refuseTooMany, toUnpin } from '../domain/retention.ts';
import { revisionsOf } from '../domain/revision.ts';
import { type GiveUpPorts, giveUp, type Judgement } from './give-up.ts';
import { readClosed, readFacts, type SurveyPorts, withOthers } from './survey.ts';

export interface CleanupRun {
  readonly policy: RetentionPolicy;
  readonly now: Date;
  readonly unpin: boolean;
  readonly maxRemovals: number;
  readonly dryRun: boolean;
}

export interface CleanupPorts extends SurveyPorts, GiveUpPorts {
  readonly showRetention: (rows: readonly Judged[]) => void;
}

/** Takes given-up tags away and unpins what nothing needs: look, judge, show, and only then carry out. */
export async function cleanup(run: CleanupRun, ports: CleanupPorts): Promise<Outcome> {
  const judgement = await judgeProject(run, ports);
  ports.showRetention(judgement.rows);
  const retention = await carryOut(run, ports, judgement);
  return { kind: 'cleaned', tags: [...run.policy.givenUp.keys()], dryRun: run.dryRun, retention };
}

/** What a cleanup would do, without doing any of it. */
export async function judgeProject(
  { policy, now, maxRemovals }: Pick<CleanupRun, 'policy' | 'now' | 'maxRemovals'>,
  ports: SurveyPorts,
): Promise<Judgement> {
  const revisions = revisionsOf(await ports.pins.listByProject(policy.project), policy.project);
  // Without tags to give up it is a sweep, which asks whose pull requests are closed.
  const isSweep = policy.givenUp.size === 0;
  const givenUp = isSweep ? await readClosed(ports, revisions, { policy, now }) : policy.givenUp;
  const known = { ...policy, givenUp };
  const first = judgeRevisions(revisions, known, now);
  // A plan that is refused anyway is not worth hundreds of requests.
  if (toUnpin(first).length > maxRemovals) return { rows: first, policy: known, now };
  const facts = await readFacts(ports, first, policy.project);
  const informed = { ...known, inUse: facts.inUse };
  return { rows: judgeRevisions(withOthers(revisions, facts), informed, now), policy: informed, now };
}

/** Carries a judgement out, or says why not. */
export async function carryOut(
  { dryRun, unpin, maxRemovals }: Pick<CleanupRun, 'dryRun' | 'unpin' | 'maxRemovals'>,
  ports: GiveUpPorts,
  judgement: Judgement,
): Promise<Retention> {
  if (dryRun || !unpin) {
    if (toUnpin(judgement.rows).length > maxRemovals) {
      ports.log.warn(`This plan unpins more than max-removals (${maxRemovals}): carried out, it would fail.`);
    }
    return shown(judgement, dryRun ? 'dry-run is true' : 'unpin is false');
  }
  refuseTooMany(judgement.rows, maxRemovals);
  const retention = await giveUp(ports, judgement);
  if (retention.failed.length > 0) {
    const reasons = [...new Set(retention.failed.map(({ reason }) => reason))].slice(0, 3).join(' ');
    ports.log.warn(
      `${retention.failed.length} of ${retention.failed.length + retention.unpinned.length} stale revisions could not be given up: ${reasons} The next run tries again.`,
    );
  }
  return retention;
}

/** A plan that is only shown. */
export function shown({ rows, now }: Pick<Judgement, 'rows' | 'now'>, notApplied: string): Retention {
  return { rows, judgedAt: now, notApplied, unpinned: [], spared: [], failed: [] };
}
