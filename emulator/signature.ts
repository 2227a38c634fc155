import { createHmac, randomBytes, timingSafeEqual } from 'node:crypto';
import type { Backend } from './backend.ts';

/** The signature over some texts, with a secret that the state keeps. */
export function renderSignature(texts: readonly string[], backend: Pick<Backend, 'store'>): string {
  const known = backend.store.settings.get('signing-secret')?.value;
  const secret = known ?? randomBytes(32).toString('hex');
  if (known === undefined) backend.store.settings.put({ id: 'signing-secret', value: secret });
  return createHmac('sha256', secret).update(JSON.stringify(texts)).digest('hex');
}

/** True when the signature given is the one that was expected. */
export function isSameSignature(given: string | null, expected: string): boolean {
  const [mine, theirs] = [Buffer.from(expected), Buffer.from(given ?? '')];
  return mine.length === theirs.length && timingSafeEqual(mine, theirs);
}
