import { cidV0, contenthash } from '../domain/cid.ts';
import { ActionError } from '../domain/errors.ts';
import { labelOf, type NameState } from '../domain/names.ts';
import type { Outcome } from '../domain/outcome.ts';
import type { PromotionPlan } from '../domain/promotion.ts';
import { code, table } from './markdown.ts';
import { renderCount, shortCid } from './units.ts';

type Promoted = Extract<Outcome, { kind: 'promoted' }>;

/** The first line of the summary. */
export function promotionHeadline({ plan, rollback, dryRun, names }: Promoted): string {
  const tag = code(plan.toTag);
  if (dryRun) return `🧪 Dry run: ${tag} stays where it is`;
  if (names.some(({ state }) => state === 'failed')) return `⚠️ ${tag} moved, not everything that follows it`;
  if (!plan.changed) return `✅ ${tag} points there already`;
  return rollback ? `⏪ Rolled ${tag} back` : `🚀 Promoted to ${tag}`;
}

/** What a tag was put on, and what that content is. */
export function promotionTable({ plan, pin }: Promoted): string {
  const v0 = cidV0(plan.cid);
  const { previous, cid, commit } = plan;
  const before = previous === undefined ? 'nothing' : previous === cid ? 'the same CID' : code(previous);
  const rows = [
    ...(v0 === undefined ? [] : [['CIDv0', code(v0)]]),
    ['URI', code(`ipfs://${cid}`)],
    ['ENS contenthash', code(contenthash(cid))],
    ['From', code(plan.label)],
    ['Tag', code(plan.toTag)],
    ['Before', before],
    ...(/^0+$/.test(commit) ? [] : [['Built from commit', code(commit)]]),
    ...(pin === undefined ? [] : [['Pin', code(pin.id)]]),
  ];
  return table(['CID', code(cid)], rows);
}

/** How to take it back, for whoever reads the summary in a hurry. */
export function undoSection({ plan, dryRun }: Promoted): string {
  const { previous, toTag, changed } = plan;
  if (previous === undefined || dryRun || !changed) return '';
  return `To take it back: ${code('mode: promote')}, ${code(`from: ${previous}`)}, ${code(`to-tag: ${toTag}`)}.`;
}

/** One line of the log: what is about to be done. */
export function renderPromotionLine({ label, cid, toTag, previous, changed, redone }: PromotionPlan): string {
  const what = label === cid ? cid : `${label} (${cid})`;
  if (redone) return `${toTag} was put on ${cid} by an earlier attempt of this run; finishing that.`;
  if (!changed) return `${toTag} points to ${what} already.`;
  return `${toTag} goes to ${what}${previous === undefined ? '' : `, from ${shortCid(previous)}`}.`;
}

/** The failure that a run is whose names did not follow: people still get what was there before. */
export function namesError(names: readonly NameState[]): ActionError | undefined {
  const failed = names.filter(({ state }) => state === 'failed');
  if (failed.length === 0) return undefined;
  const lines = failed.map(({ name, note }) => `${labelOf(name)}: ${note}`);
  return new ActionError(
    'conflict',
    `The content is live and tagged, but ${renderCount(failed.length, 'name')} did not follow. ${lines.join(' ')}`,
    { hint: 'Correct that and run the job again: what is done already is not done twice. Old content was kept.' },
  );
}
