import { ActionError } from '../domain/errors.ts';
import type { Exception, Retention } from '../domain/outcome.ts';
import type { Pin } from '../domain/pin.ts';
import { type Judged, judgeRevisions, type RetentionPolicy, tagsToTakeOff, toUnpin } from '../domain/retention.ts';
import type { Revision } from '../domain/revision.ts';
import { type KeyvalueChanges, type Keyvalues, parseTags, renderUnpinning } from '../domain/tag.ts';
import { planRelease, planUntag } from '../domain/tagging.ts';
import type { Clock, Log, Moment, Pins } from '../ports.ts';
import type { Judgement } from './survey.ts';
import { PREVIEWS_FRESH_MS, UNPIN_WINDOW_MS } from './tag-pin.ts';

export interface GiveUpPorts {
  readonly pins: Pins;
  readonly clock: Clock;
  readonly log: Log;
}

type Result = { readonly kind: 'done' | 'gone' } | { readonly kind: 'spared'; readonly reason: string };

const ATTEMPTS = 3;
/** A request to remove is not sent so long after its announcement that it could arrive after `UNPIN_WINDOW_MS`. */
const SEND_WITHIN_MS = UNPIN_WINDOW_MS / 2;

/**
 * Carries out what was judged. A pin goes only when a second judgement, from what is read by id after the removal was
 * announced on the pin, agrees with the first (docs/decisions/0007).
 */
export async function giveUp(ports: GiveUpPorts, first: Judgement): Promise<Retention> {
  const judgement = await confirmCurrents(ports, first);
  const done: Judged[] = [];
  const spared: Exception[] = [];
  const failed: Exception[] = [];
  for (const row of judgement.rows.filter(({ fate }) => fate !== 'keep')) {
    const result = await attempt(ports, judgement, { row, failed });
    if (result.kind === 'done') done.push(row);
    if (result.kind === 'spared') spared.push({ row, reason: result.reason });
    if (result.kind === 'failed') failed.push({ row, reason: result.error.message });
    // What the key may not do, it may not do twenty times.
    if (result.kind === 'failed' && result.error.kind === 'credentials') break;
  }
  const unpinned = done.filter(({ fate }) => fate === 'unpin');
  return { rows: judgement.rows, judgedAt: first.now, notApplied: undefined, unpinned, spared, failed };
}

interface Attempt {
  readonly row: Judged;
  readonly failed: readonly Exception[];
}

/** So many rows in a row that fail are not worth more requests: the service is not well. */
const PATIENCE = 3;

async function attempt(
  ports: GiveUpPorts,
  judgement: Judgement,
  { row, failed }: Attempt,
): Promise<Result | { readonly kind: 'failed'; readonly error: ActionError }> {
  try {
    if (failed.length >= PATIENCE) throw new ActionError('network', 'not tried after so many failures');
    return await carryOut(ports, judgement, row);
  } catch (error) {
    if (error instanceof ActionError) return { kind: 'failed', error };
    throw error;
  }
}

/**
 * The list may show what is not there any more. Where content is given up because a tag points to something newer, that
 * is read again and all is judged again with it; nothing new becomes stale by that.
 */
async function confirmCurrents(ports: GiveUpPorts, judgement: Judgement): Promise<Judgement> {
  const { policy, rows, now } = judgement;
  const tags = new Set(toUnpin(rows).flatMap(({ marks }) => marks.map(({ tag }) => tag)));
  const revisions: Revision[] = [];
  for (const { revision, refs, fate } of rows) {
    const isAsked = fate !== 'unpin' && refs.some((ref) => tags.has(ref));
    const pins = isAsked ? await readPins(ports, revision, policy) : revision.pins;
    if (pins.length > 0) revisions.push({ ...revision, pins });
  }
  const stale = new Set(toUnpin(rows).map(({ revision }) => revision.cid));
  const again = judgeRevisions(revisions, policy, now).map(
    (row): Judged => (row.fate === 'unpin' && !stale.has(row.revision.cid) ? { ...row, fate: 'keep' } : row),
  );
  return { ...judgement, rows: again };
}

async function carryOut(ports: GiveUpPorts, judgement: Judgement, row: Judged): Promise<Result> {
  if (row.fate === 'untag') return await untag(ports, judgement, row);
  for (let attempt = 0; attempt < ATTEMPTS; attempt += 1) {
    const result = await remove(ports, judgement, row);
    if (result.kind !== 'late') return result;
  }
  throw new ActionError('network', `The request budget left no room to unpin ${row.revision.cid} in one go.`);
}

/** Announces, reads again, judges again, removes: so neither side can miss the other. */
async function remove(
  ports: GiveUpPorts,
  judgement: Judgement,
  row: Judged,
): Promise<Result | { readonly kind: 'late' }> {
  const { policy } = judgement;
  const moment: Moment = { notAfter: ports.clock.now() + SEND_WITHIN_MS };
  const at = seconds(ports.clock.date());
  for (const { id } of row.revision.pins) {
    if ((await ports.pins.update(id, { keyvalues: renderUnpinning(policy.project, at) }, moment)) === 'late')
      return { kind: 'late' };
  }
  const present = await readPresent(ports, row.revision);
  const pins = ownPins(present, policy);
  await takeBack(ports, present, policy);
  if (pins.length === 0) return { kind: 'gone' };
  const second = judgeAgain(judgement, { ...row.revision, pins });
  // The announcement stays: taking it back could take another run's with it, and it ages by itself.
  if (second?.fate !== row.fate) return { kind: 'spared', reason: second?.verdict.reason ?? 'not ours any more' };
  for (const pin of pins) {
    const answer =
      row.fate === 'unpin'
        ? await ports.pins.unpin(pin.id, moment)
        : await ports.pins.update(
            pin.id,
            { keyvalues: planRelease(pin.keyvalues, { project: policy.project, at }) },
            moment,
          );
    if (answer === 'late') return { kind: 'late' };
  }
  return { kind: 'done' };
}

/** The revision's pins that are there and the project's, as they are now. */
async function readPins(ports: GiveUpPorts, revision: Revision, policy: RetentionPolicy): Promise<readonly Pin[]> {
  return ownPins(await readPresent(ports, revision), policy);
}

async function readPresent({ pins }: GiveUpPorts, { cid, pins: listed }: Revision): Promise<readonly Pin[]> {
  const read = await Promise.all(listed.map(({ id }) => pins.read(id)));
  return read.flatMap((pin) => (pin !== undefined && pin.cid === cid ? [pin] : []));
}

function ownPins(pins: readonly Pin[], { project }: RetentionPolicy): readonly Pin[] {
  return pins.filter((pin) => parseTags(pin.keyvalues, project).ours);
}

/** A pin that another run released meanwhile is nobody's: our announcement alone would make it look like a project's. */
async function takeBack(ports: GiveUpPorts, present: readonly Pin[], { project }: RetentionPolicy): Promise<void> {
  const keyvalues = renderUnpinning(project, undefined);
  for (const pin of present) {
    const isLeft = Object.keys(keyvalues).some((key) => Object.hasOwn(pin.keyvalues, key));
    if (isLeft && !parseTags(pin.keyvalues, project).ours) await ports.pins.update(pin.id, { keyvalues });
  }
}

function judgeAgain({ rows, policy, now }: Judgement, fresh: Revision): Judged | undefined {
  const revisions = rows.map(({ revision }) => (revision.cid === fresh.cid ? fresh : revision));
  return judgeRevisions(revisions, policy, now).find(({ revision }) => revision === fresh);
}

/** Takes given-up tags off content that stays. */
async function untag(ports: GiveUpPorts, { policy }: Judgement, row: Judged): Promise<Result> {
  const tags = tagsToTakeOff(policy);
  const plan = (found: Keyvalues): KeyvalueChanges =>
    planUntag(found, tags, { project: policy.project, at: seconds(ports.clock.date()) });
  for (const { id } of row.revision.pins) await untagPin(ports, id, plan);
  return { kind: 'done' };
}

/** Writes until it reads back right: `previews` has other writers. */
async function untagPin(ports: GiveUpPorts, id: string, plan: (found: Keyvalues) => KeyvalueChanges): Promise<void> {
  for (let round = 0; round <= ATTEMPTS; round += 1) {
    const readAt = ports.clock.now();
    const keyvalues = plan((await ports.pins.read(id))?.keyvalues ?? {});
    if (Object.keys(keyvalues).length === 0) return;
    const patient = round < ATTEMPTS - 1;
    await ports.pins.update(
      id,
      { keyvalues },
      { notAfter: patient ? readAt + PREVIEWS_FRESH_MS : Number.POSITIVE_INFINITY },
    );
  }
  throw new ActionError('conflict', `Pinata does not take the tags off the pin ${id}.`);
}

function seconds(date: Date): number {
  return Math.floor(date.getTime() / 1000);
}
