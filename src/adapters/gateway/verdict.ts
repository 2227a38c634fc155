import { createHash } from 'node:crypto';
import { cidFromDigest, codecOf, RAW_CODEC } from '../../domain/cid.ts';
import { isPlainPath, type Opening, type Sample } from '../../domain/link.ts';
import type { Probe } from '../../domain/outcome.ts';
import { readWebPage } from '../../domain/web-page.ts';
import { refusalIn } from './body.ts';
import { type Answer, MAX_BODY_BYTES } from './visit.ts';

export type Verdict = Pick<Probe, 'state' | 'note' | 'final' | 'bytes' | 'routes'> & {
  /** The gateway has the content, and gives out no pages. */
  readonly refusesPages?: true;
};

export function down(note: string): Verdict {
  return { state: 'down', note, final: false, bytes: 0 };
}

function downForGood(note: string): Verdict {
  return { ...down(note), final: true };
}

/** What Pinata's gateways mean by their refusals; only the missing content may come yet. */
const REFUSALS: Readonly<Record<string, Verdict>> = {
  '00004': downForGood('says the link is invalid'),
  '00006': down('does not have the content yet'),
  '00023': { ...downForGood('serves HTML only through a custom domain'), refusesPages: true },
  '00024': downForGood('refuses this content or its key'),
};

/** What an answer without content means, by its status. The others may pass. */
const STATUSES: Readonly<Record<number, string>> = {
  401: 'wants a key',
  402: 'wants to be paid',
  403: 'refuses it',
  404: 'has not found it yet',
  410: 'has not found it yet',
  429: 'has had too many requests',
  451: 'may not serve it',
  500: 'failed',
  502: 'has not found it yet',
  503: 'has not found it yet',
  504: 'has not found it yet',
};

/** What the answer to the link of the sample says. */
export function judge(answer: Answer, { sample, kind, landing }: Opening): Verdict {
  const { status, body } = answer;
  const isFine = status >= 200 && status < 300;
  // The bytes first: a page may well talk about the gateway's refusals.
  const proof = isFine ? proofOf(answer, sample) : undefined;
  if (proof !== undefined) return { state: 'live', final: true, ...proof };
  const refusal = refusalIn(body);
  if (refusal !== undefined) return REFUSALS[refusal] ?? down(`refused it (ERR_ID:${refusal})`);
  if (!isFine) return unfit(status);
  const led = landing === undefined ? undefined : proofOf(answer, landing);
  if (led !== undefined) return { state: 'live', final: true, ...led, note: `${led.note}, where _redirects lead` };
  return misfit(answer, { sample, isPage: kind === 'directory' && sample?.path === '' });
}

function unfit(status: number): Verdict {
  if (status >= 300 && status < 400) return down(`redirects (${status}), and a key must not follow`);
  const meaning = STATUSES[status];
  return down(meaning === undefined ? `answered ${status}` : `${meaning} (${status})`);
}

/** A success with something else than the bytes that were looked for. */
function misfit(
  { url, status, body, quotable }: Answer,
  { sample, isPage }: { readonly sample: Sample | undefined; readonly isPage: boolean },
): Verdict {
  const page = readWebPage(body.toString('utf8', 0, 65_536));
  const title = page === undefined || page.title === '' || !quotable ? '' : ` (${page.title})`;
  if (page?.isError === true) return down(`answered ${status} with an error page${title}`);
  if (isServiceWorkerHost(new URL(url).hostname)) {
    return { state: 'opens', note: 'loads and checks the content in the browser', final: true, bytes: 0 };
  }
  if (sample === undefined) {
    // Any page at all would do: that is no proof.
    return { state: 'opens', note: 'answers; which bytes are right is not known', final: true, bytes: 0 };
  }
  if (page !== undefined && !isPage && isPlainPath(sample.path)) return down(`answered with a page instead${title}`);
  return down('answered with other bytes');
}

/** Gateways whose first answer is a page that fetches and verifies the content itself. */
function isServiceWorkerHost(host: string): boolean {
  return host.endsWith('.inbrowser.link') || host.endsWith('.inbrowser.dev');
}

/** How an answer shows that it is the file; undefined where it does not. */
export function proofOf(
  { body, announcedBytes }: Answer,
  sample: Sample | undefined,
): { readonly note: string; readonly bytes: number } | undefined {
  if (sample === undefined) return undefined;
  const isRaw = codecOf(sample.cid) === RAW_CODEC;
  if (isRaw || sample.sha256 !== undefined) {
    const digest = createHash('sha256').update(body).digest();
    const isRight = isRaw ? cidFromDigest(RAW_CODEC, digest) === sample.cid : digest.toString('hex') === sample.sha256;
    return isRight ? { note: 'bytes match', bytes: body.length } : undefined;
  }
  // Of large files, and of those in several blocks that nobody has read, only the length is known.
  const length = sample.bytes > MAX_BODY_BYTES ? announcedBytes : body.length;
  return length === sample.bytes ? { note: 'length matches', bytes: 0 } : undefined;
}
