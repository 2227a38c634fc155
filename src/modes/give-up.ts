import { ActionError } from '../domain/errors.ts';
import { planLasting } from '../domain/expiry.ts';
import type { Exception, Retention } from '../domain/outcome.ts';
import type { Pin } from '../domain/pin.ts';
import { type Judged, judgeRevisions, type RetentionPolicy, tagsToTakeOff, toUnpin } from '../domain/retention.ts';
import { parseTagRef, type Revision } from '../domain/revision.ts';
import { parseTags, renderUnpinning } from '../domain/tag.ts';
import { planAnnouncement, planRelease, planUntag } from '../domain/tagging.ts';
import type { Clock, Log, Moment, PinChange, Pins } from '../ports.ts';
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
  const judgement = await confirmKept(ports, first);
  if (first.policy.scope === 'all') await keepLasting(ports, judgement);
  const done: Judged[] = [];
  const spared: Exception[] = [];
  const failed: Exception[] = [];
  let trouble: Trouble = { inARow: 0, hopeless: undefined };
  for (const row of inOrder(judgement)) {
    const result = await attempt(ports, judgement, { row, trouble });
    if (result.kind === 'done') done.push(row);
    if (result.kind === 'spared') spared.push({ row, reason: result.reason });
    if (result.kind === 'failed') failed.push({ row, reason: result.error.message });
    trouble = after(trouble, result);
  }
  const unpinned = done.filter(({ fate }) => fate === 'unpin');
  return { rows: judgement.rows, judgedAt: first.now, notApplied: undefined, unpinned, spared, failed };
}

/**
 * What a tag left long ago gives it up first: whoever looks meanwhile for what the tag points to, to promote it, finds that, or
 * the note of it, and never what was there before.
 */
function inOrder({ rows, policy }: Judgement): readonly Judged[] {
  const newest = ({ marks }: Judged): number =>
    Math.max(0, ...marks.filter(({ tag }) => policy.givenUp.has(tag)).map(({ at }) => at));
  const untagged = rows.filter(({ fate }) => fate === 'untag').sort((a, b) => newest(a) - newest(b));
  return [...rows.filter(({ fate }) => fate !== 'keep' && fate !== 'untag'), ...untagged];
}

/** How it went so far. */
interface Trouble {
  readonly inARow: number;
  /** Why the rest is not tried. */
  readonly hopeless: string | undefined;
}

type Attempted = Result | { readonly kind: 'failed'; readonly error: ActionError };

/** So many failures in a row are not worth more requests: the service is not well. */
const PATIENCE = 3;

function after({ inARow, hopeless }: Trouble, result: Attempted): Trouble {
  if (result.kind !== 'failed') return { inARow: 0, hopeless };
  // What the key may not do, it may not do twenty times.
  if (result.error.kind === 'credentials' || inARow + 1 >= PATIENCE) {
    return { inARow: inARow + 1, hopeless: 'It was not tried after the failures before it.' };
  }
  return { inARow: inARow + 1, hopeless };
}

async function attempt(
  ports: GiveUpPorts,
  judgement: Judgement,
  { row, trouble }: { readonly row: Judged; readonly trouble: Trouble },
): Promise<Attempted> {
  try {
    if (trouble.hopeless !== undefined) throw new ActionError('network', trouble.hopeless);
    return await carryOut(ports, judgement, row);
  } catch (error) {
    if (error instanceof ActionError) return { kind: 'failed', error };
    throw error;
  }
}

/** Content with a lasting tag must not expire; a preview's deploy that was cut off may have left an expiry on it. */
async function keepLasting({ pins, log }: GiveUpPorts, { rows, policy, now }: Judgement): Promise<void> {
  for (const pin of rows.filter(({ fate }) => fate === 'keep').flatMap(({ revision }) => revision.pins)) {
    const expiresAt = planLasting(pin, {}, { project: policy.project, now });
    if (expiresAt === undefined) continue;
    await pins.update(pin.id, { keyvalues: {}, expiresAt }).catch((error: unknown) => {
      if (!(error instanceof ActionError)) throw error;
      log.warn(`The expiry of the pin ${pin.id}, which has a lasting tag, could not be taken off: ${error.message}`);
    });
  }
}

/**
 * The list may show what is not there any more. Where content is given up because its tag has newer ones to keep, those
 * are read again and all is judged again with them; nothing new becomes stale by that.
 */
async function confirmKept(ports: GiveUpPorts, judgement: Judgement): Promise<Judgement> {
  const { policy, rows, now } = judgement;
  const tags = new Set(toUnpin(rows).flatMap(({ marks }) => marks.map(({ tag }) => tag)));
  const revisions: Revision[] = [];
  for (const { revision, refs, fate } of rows) {
    const isAsked = fate !== 'unpin' && refs.some((ref) => isKeptFor(tags, ref, policy));
    const pins = isAsked ? await readPins(ports, revision, policy) : revision.pins;
    if (pins.length > 0) revisions.push({ ...revision, pins });
  }
  const before = new Map(rows.map(({ revision, fate }) => [revision.cid, fate]));
  const again = judgeRevisions(revisions, policy, now).map((row): Judged => {
    const fate = before.get(row.revision.cid) ?? 'keep';
    // What was to stay stays, without the tags that are given up; the next sweep sees to it.
    return row.fate === 'unpin' && fate !== 'unpin' ? { ...row, fate } : row;
  });
  return { ...judgement, rows: again };
}

/** True for one of the newest contents of such a tag. */
function isKeptFor(tags: ReadonlySet<string>, text: string, { keepLast }: RetentionPolicy): boolean {
  const ref = parseTagRef(text);
  return ref !== undefined && tags.has(ref.tag) && ref.back < keepLast;
}

async function carryOut(ports: GiveUpPorts, judgement: Judgement, row: Judged): Promise<Result> {
  if (row.fate === 'untag') return await untag(ports, judgement, row);
  const { pins } = row.revision;
  let sent = false;
  for (let from = 0; from < pins.length; from += GROUP) {
    const group = pins.slice(from, from + GROUP);
    const result = await removeGroup(ports, judgement, {
      row,
      group,
      beside: pins.filter((pin) => !group.includes(pin)),
    });
    if (result.kind === 'spared') return result;
    sent ||= result.kind === 'done';
  }
  return { kind: sent ? 'done' : 'gone' };
}

/** Records of one content that go together: more would not fit between their announcement and its end. */
const GROUP = 4;

/** Some pins of a revision, and all others of it. */
interface Group {
  readonly row: Judged;
  readonly group: readonly Pin[];
  readonly beside: readonly Pin[];
}

async function removeGroup(ports: GiveUpPorts, judgement: Judgement, work: Group): Promise<Result> {
  let sent = false;
  for (let attempt = 0; attempt < ATTEMPTS; attempt += 1) {
    const result = await remove(ports, judgement, work);
    // What is gone after a request of ours whose answer got lost is gone by us.
    if (result.kind === 'gone' && sent) return { kind: 'done' };
    if (result.kind !== 'late') return result;
    sent ||= result.sent;
  }
  throw new ActionError('network', `The request budget left no room to unpin ${work.row.revision.cid} in one go.`);
}

/** Announces, reads again, judges again, removes: so neither side can miss the other. */
async function remove(
  ports: GiveUpPorts,
  judgement: Judgement,
  { row, group, beside }: Group,
): Promise<Result | { readonly kind: 'late'; readonly sent: boolean }> {
  const { policy } = judgement;
  const moment: Moment = { notAfter: ports.clock.now() + SEND_WITHIN_MS };
  const at = seconds(ports.clock.date());
  for (const { id, keyvalues } of group) {
    const announced = planAnnouncement(keyvalues, { project: policy.project, at });
    const answer = await ports.pins.update(id, { keyvalues: announced }, moment);
    if (answer === 'late') return { kind: 'late', sent: false };
  }
  const revision = { ...row.revision, pins: group };
  const present = await readPresent(ports, revision);
  const pins = ownPins(present, policy);
  await takeBack(ports, present, policy);
  if (pins.length === 0) return { kind: 'gone' };
  const others = await readPins(ports, { ...row.revision, pins: beside }, policy);
  const second = judgeAgain(judgement, { ...revision, pins: [...pins, ...others] });
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
    if (answer === 'late') return { kind: 'late', sent: true };
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
async function untag(ports: GiveUpPorts, { policy, now }: Judgement, row: Judged): Promise<Result> {
  const tags = tagsToTakeOff(policy);
  const { project, givenUp } = policy;
  // Only what the pull request showed last can be promoted: where there is no room to say so, nothing older takes its place.
  const isLast = (tag: string): boolean => row.refs.includes(tag);
  const merged = new Set(
    [...givenUp].filter(([tag, { mergedAt }]) => mergedAt !== undefined && isLast(tag)).map(([tag]) => tag),
  );
  const plan = (pin: Pin): PinChange => {
    const keyvalues = planUntag(pin.keyvalues, tags, { project, at: seconds(ports.clock.date()), merged });
    return { keyvalues, expiresAt: planLasting(pin, keyvalues, { project, now }) };
  };
  for (const { id } of row.revision.pins) await untagPin(ports, id, plan);
  return { kind: 'done' };
}

/** Writes until it reads back right: `previews` has other writers. */
async function untagPin(ports: GiveUpPorts, id: string, plan: (found: Pin) => PinChange): Promise<void> {
  for (let round = 0; round <= ATTEMPTS; round += 1) {
    const readAt = ports.clock.now();
    const pin = await ports.pins.read(id);
    const change = pin === undefined ? undefined : plan(pin);
    if (change === undefined || Object.keys(change.keyvalues).length === 0) return;
    const patient = round < ATTEMPTS - 1;
    await ports.pins.update(id, change, { notAfter: patient ? readAt + PREVIEWS_FRESH_MS : Number.POSITIVE_INFINITY });
  }
  throw new ActionError('conflict', `Pinata does not take the tags off the pin ${id}.`);
}

function seconds(date: Date): number {
  return Math.floor(date.getTime() / 1000);
}
