import type { Pin } from './pin.ts';
import { isLasting, type KeyvalueChanges, type Project, parseTags, wasPreview } from './tag.ts';
import { applyChanges } from './tagging.ts';

/** When the service removes a pin by itself. */
export type Expiry = Date | 'never';

export interface ExpiryRequest {
  readonly project: Project;
  /** What the user protects is never given up, so it does not expire either. */
  readonly protectedContent: boolean;
  /** How long a preview stays, milliseconds; undefined for ever. */
  readonly previewsKeptMs: number | undefined;
  readonly now: Date;
  /** The pin was a preview when this run first saw it. */
  readonly wasPreview: boolean;
  /** What this run has written on the pin so far. */
  readonly written: Expiry | undefined;
}

/** An expiry so far away counts as none: it stands in where the service cannot clear one. */
export const FAR_MS = 20 * 365 * 86_400_000;

/**
 * The expiry to write together with `changes`; undefined to leave it. A preview expires; what carries any lasting tag, of
 * whatever project, must not. Where the service does not tell a pin's expiry, its tags tell whether it may have one.
 */
export function planExpiry(pin: Pin, changes: KeyvalueChanges, request: ExpiryRequest): Expiry | undefined {
  const after = applyChanges(pin.keyvalues, changes);
  const { previews, adopted, shared } = parseTags(after, request.project);
  if (isLasting(after) || request.protectedContent) return mayExpire(pin, request) ? 'never' : undefined;
  // An adopted pin is not ours to end.
  if (previews.length === 0 || adopted) return undefined;
  if (request.previewsKeptMs === undefined) return request.wasPreview && mayExpire(pin, request) ? 'never' : undefined;
  return shared ? sharedExpiry(pin, request) : nextExpiry(pin, request);
}

/** Another project may keep its previews for longer, or for ever: its expiry is only ever moved on. */
function sharedExpiry(pin: Pin, request: ExpiryRequest): Expiry | undefined {
  if (pin.expiresAt === null) return undefined;
  if (pin.expiresAt !== undefined) return nextExpiry(pin, request);
  return request.written === 'never' ? undefined : 'never';
}

/** `never` where changes leave a lasting tag on a pin that may have the expiry of a preview; undefined elsewhere. */
export function planLasting(
  pin: Pin,
  changes: KeyvalueChanges,
  { project, now }: Pick<ExpiryRequest, 'project' | 'now'>,
): 'never' | undefined {
  const lasts = isLasting(applyChanges(pin.keyvalues, changes));
  return lasts && mayExpire(pin, { project, now, written: undefined }) ? 'never' : undefined;
}

function nextExpiry({ expiresAt }: Pin, { now, previewsKeptMs = 0, written }: ExpiryRequest): Date | undefined {
  if (written instanceof Date) return undefined;
  const at = new Date(now.getTime() + previewsKeptMs);
  return expiresAt instanceof Date && expiresAt >= at ? undefined : at;
}

function mayExpire(
  { expiresAt, keyvalues }: Pin,
  { now, written, project }: Pick<ExpiryRequest, 'project' | 'now' | 'written'>,
): boolean {
  if (expiresAt === null) return false;
  if (expiresAt !== undefined) return expiresAt.getTime() - now.getTime() < FAR_MS;
  if (written === 'never') return false;
  // Somebody else's pin may have anything.
  return wasPreview(keyvalues) || !parseTags(keyvalues, project).ours;
}
