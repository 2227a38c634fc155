import { ActionError } from '../domain/errors.ts';
import { type Expiry, planExpiry } from '../domain/expiry.ts';
import type { Pin } from '../domain/pin.ts';
import { isMarker, type KeyvalueChanges, parseTags, renderTags, wasPreview } from '../domain/tag.ts';
import { applyChanges, cutPreviews, planTags, type TagRequest } from '../domain/tagging.ts';
import type { Clock, Log, PinChange, Pins } from '../ports.ts';

export interface TagPorts {
  readonly pins: Pins;
  readonly clock: Clock;
  readonly log: Log;
}

export interface TagOrder extends TagRequest {
  readonly id: string;
  /** As it was listed a moment ago: good enough for the first write of tags that are no previews, since it is read by id afterwards. */
  readonly listed?: Pin;
  /** What the user protects does not expire. */
  readonly protectedContent: boolean;
  readonly previewsKeptMs: number | undefined;
  readonly now: Date;
}

/** Puts tags on one pin and keeps them there. Every call answers the pin as it is, undefined when it is gone. */
export interface Tagger {
  /** Writes the tags and reads them back by id, where nothing lags; what another run overwrote meanwhile is repaired. */
  tag(): Promise<Pin | undefined>;
  /** The same as the last act of a run: afterwards no run that was at work on this pin can take it or its tags away. */
  settle(): Promise<Pin | undefined>;
  /** The expiry that was written; undefined for none. */
  expiresAt(): Date | undefined;
}

const WRITES = 5;
/** `previews` is one text for all: it is written while what was read is still true, and read again when all that were read before must have been written. */
export const PREVIEWS_FRESH_MS = 1000;
/** Until then every text that rests on a reading from before has been answered, with half a second to spare. */
const PREVIEWS_QUIET_MS = 3500;
/** A run that announced to unpin has done so by then, or never will. */
export const UNPIN_WINDOW_MS = 15_000;
const UNPIN_OUTLIVED_MS = 20_000;
/** An announcement so old is of a run that was stopped. */
const UNPIN_FORGOTTEN_MS = 600_000;
const POLL_MS = 1000;

interface Progress {
  /** The reading that is taken first, once. */
  listed: Pin | undefined;
  written: Expiry | undefined;
  /** When `previews` was last written, or may have been, in the clock's time. */
  previewsAt: number | undefined;
  /** Requests to write that were sent, or may have been. */
  writes: number;
  /** The pin was there before any project used it: seen once, it stays so, though a run that releases it takes the mark off. */
  adopted: boolean;
  /** Whether the pin was a preview when it was first read. */
  wasPreview: boolean | undefined;
}

export function createTagger(ports: TagPorts, order: TagOrder): Tagger {
  const progress: Progress = {
    listed: order.listed,
    written: undefined,
    previewsAt: undefined,
    writes: 0,
    adopted: false,
    wasPreview: undefined,
  };
  const work: Work = { ports, order, progress };
  return {
    tag: () => tag(work),
    settle: () => settle(work),
    expiresAt: () => (progress.written instanceof Date ? progress.written : undefined),
  };
}

interface Work {
  readonly ports: TagPorts;
  readonly order: TagOrder;
  readonly progress: Progress;
}

async function tag(work: Work): Promise<Pin | undefined> {
  const { ports, order } = work;
  for (let attempt = 0; attempt <= WRITES; attempt += 1) {
    const readAt = ports.clock.now();
    const pin = planOnListed(work) ?? (await ports.pins.read(order.id));
    if (pin === undefined) return undefined;
    const change = planChange(pin, work);
    if (change === undefined) return pin;
    if (attempt === WRITES) break;
    // Where the request budget delays every write, the last one goes as it is.
    const patient = attempt < WRITES - 1;
    if ((await write(work, { pin, change, readAt, patient })) === 'gone') return undefined;
  }
  throw new ActionError('conflict', `Pinata does not keep the tags ${order.tags.join(', ')} on the pin ${order.id}.`, {
    hint: 'Run the job again. If it stays so, look at the key-values of the pin in the Pinata app.',
  });
}

/** What was listed, once, where something is missing on it: that it is all there, only a reading by id can tell. */
function planOnListed(work: Work): Pin | undefined {
  const { listed } = work.progress;
  work.progress.listed = undefined;
  return listed === undefined || planChange(listed, work) === undefined ? undefined : listed;
}

interface Write {
  readonly pin: Pin;
  readonly change: PinChange;
  readonly readAt: number;
  readonly patient: boolean;
}

async function write(work: Work, { pin, change, readAt, patient }: Write): Promise<'done' | 'late' | 'gone'> {
  const { ports, order, progress } = work;
  const previews = Object.keys(change.keyvalues).some((key) => key.endsWith('.previews'));
  const notAfter = previews && patient ? readAt + PREVIEWS_FRESH_MS : Number.POSITIVE_INFINITY;
  const answer = await ports.pins.update(order.id, change, { notAfter });
  // A request whose answer got lost counts as late, and may have been carried out.
  progress.writes += 1;
  if (previews) progress.previewsAt = ports.clock.now();
  if (answer !== 'done') return answer;
  if (change.expiresAt !== undefined) progress.written = change.expiresAt;
  warnOfCut(pin, change, work);
  return answer;
}

/** What is missing on the pin; undefined when nothing is. */
function planChange(pin: Pin, work: Work): PinChange | undefined {
  const { order, progress } = work;
  const keyvalues = keepAdopted(pin, planTags(pin.keyvalues, order), work);
  progress.wasPreview ??= wasPreview(pin.keyvalues);
  const { written } = progress;
  const expiresAt = planExpiry(pin, keyvalues, { ...order, written, wasPreview: progress.wasPreview });
  return Object.keys(keyvalues).length === 0 && expiresAt === undefined ? undefined : { keyvalues, expiresAt };
}

/**
 * Another run may release the pin between our reading and our writing, and take the marks off as the last one to use it: what
 * is written on an adopted pin says so each time.
 */
function keepAdopted(pin: Pin, changes: KeyvalueChanges, { order, progress }: Work): KeyvalueChanges {
  const { adopted } = parseTags(applyChanges(pin.keyvalues, changes), order.project);
  progress.adopted ||= adopted;
  const isWritten = !adopted || Object.keys(changes).length > 0;
  if (!progress.adopted || !isWritten) return changes;
  return { ...changes, ...renderTags({ tags: [], previews: [], adopted: true }, order.project) };
}

function warnOfCut(pin: Pin, change: PinChange, { ports, order }: Work): void {
  const cut = cutPreviews(pin.keyvalues, change.keyvalues, order.project).filter((number) => number !== 0);
  if (cut.length === 0) return;
  ports.log.warn(
    `More pull requests have this very content than fit on its pin: ${cut.map((number) => `#${number}`).join(', ')} fell out. It stays pinned for 30 days; a push to them puts them back.`,
  );
}

async function settle(work: Work): Promise<Pin | undefined> {
  const { ports, order, progress } = work;
  let outlivedAt: number | undefined;
  for (let round = 0; round <= WRITES; round += 1) {
    await quiet(work);
    const before = progress.previewsAt;
    const pin = await tag(work);
    if (pin === undefined) return undefined;
    if (progress.previewsAt !== before) continue;
    // Who announced after our tags were there has seen them. So the announcement may stay, and must: it may be a newer one
    // by now, that another deploy has to see.
    if (progress.writes === outlivedAt || !isAnnounced(pin, ports.clock)) return pin;
    if (await isUnpinned(work)) return undefined;
    outlivedAt = progress.writes;
  }
  throw new ActionError(
    'conflict',
    `Other runs keep changing the pin ${order.id}; its tags are there, but not for sure.`,
    {
      hint: 'Run the job again when the other runs are through.',
    },
  );
}

/** Until every text of `previews` that rests on an earlier reading must have been written. */
async function quiet({ ports, progress }: Work): Promise<void> {
  if (progress.previewsAt === undefined) return;
  const left = progress.previewsAt + PREVIEWS_QUIET_MS - ports.clock.now();
  if (left > 0) await ports.clock.pause(left);
}

/** Whether a run of any project announced that it is about to unpin this; it may have judged before our tags were there. */
function isAnnounced({ keyvalues }: Pin, clock: Clock): boolean {
  const now = clock.date().getTime();
  return Object.entries(keyvalues).some(
    ([key, at]) =>
      isMarker(key) && key.endsWith('.unpinning') && Math.abs(now - Number(at) * 1000) <= UNPIN_FORGOTTEN_MS,
  );
}

/** Waits until whoever announced to unpin has done so, or never will. */
async function isUnpinned({ ports, order }: Work): Promise<boolean> {
  ports.log.line('Another run is about to unpin this very content; waiting until it is through.');
  const end = ports.clock.now() + UNPIN_OUTLIVED_MS;
  while (ports.clock.now() < end) {
    await ports.clock.pause(POLL_MS);
    if ((await ports.pins.read(order.id)) === undefined) return true;
  }
  return false;
}
