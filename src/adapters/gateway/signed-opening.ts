import { setTimeout as sleep } from 'node:timers/promises';
import type { Cid } from '../../domain/cid.ts';
import type { Sample } from '../../domain/link.ts';
import type { Probe } from '../../domain/outcome.ts';
import { down, judge, type Verdict } from './verdict.ts';
import { visit } from './visit.ts';

export interface SignedFile {
  /** Whoever has it may read: it is in no note. */
  readonly url: string;
  readonly root: Cid;
  /** Undefined where nobody knows which bytes are right. */
  readonly sample: Sample | undefined;
}

export type SignedAnswer = Pick<Probe, 'state' | 'note' | 'status' | 'firstByteMs' | 'bytes'>;

const ATTEMPT_TIMEOUT_MS = 15_000;
const DELAYS_MS = [1000, 2000, 4000, 8000];

/** Opens a signed link until it answers with the bytes, says its last word, or the time is over. Never fails. */
export async function openSigned(file: SignedFile, timeoutMs: number): Promise<SignedAnswer> {
  const end = performance.now() + timeoutMs;
  for (let round = 0; ; round += 1) {
    const { final, ...seen } = await openOnce(file);
    const left = Math.ceil(end - performance.now());
    if (final || left < 5) return seen;
    await sleep(Math.min(DELAYS_MS[Math.min(round, DELAYS_MS.length - 1)] ?? 0, left));
  }
}

async function openOnce({ url, root, sample }: SignedFile): Promise<SignedAnswer & Pick<Verdict, 'final'>> {
  const answer = await visit({ url, key: undefined, timeoutMs: ATTEMPT_TIMEOUT_MS });
  const { status, firstByteMs } = answer;
  if (answer.kind === 'none') return { ...down(answer.reason), status, firstByteMs };
  const opening = { root, kind: 'file', sample, plainSample: undefined, redirects: undefined } as const;
  // What the page is called is nobody's business either.
  const verdict = judge({ ...answer, quotable: false }, opening);
  // Only the account's own gateway is asked here, and of private content nobody can tell more.
  const state = verdict.state === 'opens' ? 'live' : verdict.state;
  return { ...verdict, state, status, firstByteMs };
}
