import { isHealthy } from '../domain/health.ts';
import { labelOf, type NameState } from '../domain/names.ts';
import type { BuildOutcome, Outcome, Presence, TagHealth } from '../domain/outcome.ts';
import { reportComparison } from './diff-report.ts';
import { reportRetention } from './retention.ts';

/** The whole result for machines, with the version of its form. */
export function renderReport(outcome: Outcome): string {
  return `${JSON.stringify({ schema: 1, result: resultOf(outcome), ...reportOf(outcome) }, undefined, 2)}\n`;
}

function reportOf(outcome: Outcome): Readonly<Record<string, unknown>> {
  switch (outcome.kind) {
    case 'skipped':
      return { reason: outcome.reason };
    case 'cleaned':
      return { tags: outcome.tags, retention: reportRetention(outcome.retention), mirrors: outcome.mirrors };
    case 'listed':
      return { usage: outcome.usage ?? null, retention: reportRetention(outcome.retention) };
    case 'promoted':
      return reportPromotion(outcome);
    case 'verified':
      return {
        checkedAt: outcome.checkedAt.toISOString(),
        healthy: isHealthy(outcome.tags),
        tags: outcome.tags.map(reportHealth),
      };
    default:
      return reportBuild(outcome);
  }
}

function reportPromotion(outcome: Extract<Outcome, { kind: 'promoted' }>): Readonly<Record<string, unknown>> {
  const { plan, comparison, pin } = outcome;
  return {
    cid: plan.cid,
    from: plan.label,
    tag: plan.toTag,
    previousCid: plan.previous ?? null,
    changed: plan.changed,
    commit: plan.commit,
    pinId: pin?.id ?? null,
    diff: reportComparison(comparison),
    ...reportPresence(outcome),
  };
}

function reportPresence({ probes, blocks, names, mirrors }: Presence): Readonly<Record<string, unknown>> {
  return { links: probes, blocks, names: names.map(reportName), mirrors };
}

function reportHealth({ tag, cid, since, ...found }: TagHealth): Readonly<Record<string, unknown>> {
  const { pinned, problems, remarks } = found;
  return { tag, cid: cid ?? null, since: since.toISOString(), pinned, problems, remarks, ...reportPresence(found) };
}

function reportBuild(outcome: BuildOutcome): Readonly<Record<string, unknown>> {
  const { build } = outcome;
  const plan = 'plan' in outcome ? outcome.plan : undefined;
  return {
    cid: build.root,
    profile: build.profile,
    ...(plan === undefined ? {} : { previousCid: plan.previous ?? null, changed: plan.changed, tags: plan.tags }),
    bytes: build.bytes,
    blocks: build.blocks,
    preflight: outcome.preflight ?? null,
    diff: reportComparison(outcome.comparison),
    sizeBudget: outcome.budget,
    ...('pin' in outcome
      ? {
          pinId: outcome.pin.id,
          uploadedBytes: outcome.uploadedBytes,
          expiresAt: outcome.expiresAt?.toISOString() ?? null,
          ...reportPresence(outcome),
        }
      : {}),
    ...('retention' in outcome ? { retention: reportRetention(outcome.retention) } : {}),
    files: Object.fromEntries(build.listing),
  };
}

/** The output `result`. */
export function resultOf(outcome: Outcome): string {
  switch (outcome.kind) {
    case 'cleaned':
      return outcome.dryRun ? 'planned' : outcome.kind;
    case 'compared':
      return outcome.reason === undefined ? 'planned' : 'skipped';
    case 'over-budget':
    case 'refused':
      return 'failed';
    case 'promoted':
      return outcome.dryRun ? 'planned' : outcome.kind;
    case 'verified':
      return outcome.tags.length > 0 && isHealthy(outcome.tags) ? outcome.kind : 'failed';
    default:
      return outcome.kind;
  }
}

/** A stable name for machines. */
export function reportName({ name, state, previous, note }: NameState): Readonly<Record<string, unknown>> {
  return { kind: name.kind, name: labelOf(name), tag: name.tag, state, previous: previous?.path ?? null, note };
}
