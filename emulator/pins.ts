import type { CID } from 'multiformats/cid';
import type { Backend } from './backend.ts';
import type { PinRecord } from './store.ts';

/** Neither deleted nor past its expiry. */
export function exists(pin: PinRecord, now: Date): boolean {
  return pin.deletedAt === null && (pin.expiresAt === null || pin.expiresAt * 1000 > now.getTime());
}

/** Imported: the record answers by id and its content counts as pinned. */
export function isReady(pin: PinRecord, now: Date): boolean {
  return exists(pin, now) && pin.readyAt !== null && pin.readyAt <= now.getTime();
}

/** The import of its CAR has not come through, and perhaps never will. */
export function isPending(pin: PinRecord, now: Date): boolean {
  return exists(pin, now) && !isReady(pin, now);
}

/** What listings show: new records late, deleted ones a while longer. */
export function isListed(pin: PinRecord, backend: Backend): boolean {
  const now = backend.clock.now();
  const { listLagMs, deleteLagMs } = backend.knobs;
  if (pin.readyAt === null || pin.readyAt + listLagMs > now.getTime()) return false;
  if (exists(pin, now)) return true;
  return pin.deletedAt !== null && pin.deletedAt + deleteLagMs > now.getTime();
}

/** The ready records that hold this root, oldest first. */
export function pinsHolding(root: CID, backend: Backend): readonly PinRecord[] {
  const now = backend.clock.now();
  return backend.store.pins.withRoot(root.toV1().toString()).filter((pin) => isReady(pin, now));
}
