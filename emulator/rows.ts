import type { Backend } from './backend.ts';
import type { PinRecord } from './store.ts';

/** A row as listings, GET and PUT show it: microseconds, and null instead of no keyvalues, so that clients learn to guard. */
export function renderRow(pin: PinRecord, backend: Backend): Record<string, unknown> {
  return {
    id: pin.id,
    name: pin.name,
    cid: pin.cid,
    size: pin.size,
    number_of_files: pin.numberOfFiles,
    mime_type: pin.mimeType,
    keyvalues: Object.keys(pin.keyvalues).length === 0 ? null : pin.keyvalues,
    group_id: pin.groupId,
    created_at: new Date(pin.createdAt).toISOString().replace('Z', '000Z'),
    ...renderExpiry(pin, backend),
  };
}

/** Whether the service shows the expiry anywhere is not established. */
export function renderExpiry({ expiresAt }: PinRecord, backend: Backend): Record<string, number | null> {
  return backend.knobs.expiryShown === 'yes' ? { expires_at: expiresAt } : {};
}

/** The record with other keyvalues; the ones before stay for as long as listings lag behind. */
export function withKeyvalues(pin: PinRecord, keyvalues: PinRecord['keyvalues'], backend: Backend): PinRecord {
  const nowMs = backend.clock.now().getTime();
  const past = [...(pin.past ?? []), { keyvalues: pin.keyvalues, until: nowMs }];
  return { ...pin, keyvalues, past: past.filter(({ until }) => until + backend.knobs.updateLagMs > nowMs) };
}

/** The record as listings still know it. */
export function asListed(pin: PinRecord, backend: Backend): PinRecord {
  const known = backend.clock.now().getTime() - backend.knobs.updateLagMs;
  const stale = pin.past?.find(({ until }) => until > known);
  return stale === undefined ? pin : { ...pin, keyvalues: stale.keyvalues };
}
