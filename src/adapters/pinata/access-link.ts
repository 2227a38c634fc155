import type { Cid } from '../../domain/cid.ts';
import { ActionError } from '../../domain/errors.ts';
import { parseJson, textAt } from '../../domain/json.ts';
import { renderPath } from '../../domain/link.ts';
import type { AccessLink } from '../../domain/outcome.ts';
import type { Answer } from '../http/traffic.ts';
import type { PlainAccount } from './account.ts';
import { DOING } from './errors.ts';
import { isFine, send } from './plain-request.ts';

/** A file of private content: the service signs the address of one file, never of a directory. */
export interface PrivateFile {
  readonly root: Cid;
  /** Below the root; '' where the root is the file. */
  readonly path: string;
}

export interface AccessLinkOptions {
  /** Base URL of the account's own gateway; no other serves private content. */
  readonly gatewayUrl: string;
  readonly date: () => Date;
}

export type CreateAccessLink = (
  file: PrivateFile,
  expiresMs: number,
) => Promise<Omit<AccessLink, 'opened'> & { readonly signature: string }>;

/** Both are documented; the second is the older one. */
const PATHS = ['/v3/files/private/download_link', '/v3/files/download_link'] as const;

/**
 * Links that let whoever has one read a private file for a while. Not through the SDK: it makes https of every gateway. The
 * link is a secret, and in no message.
 */
export function createAccessLink(account: PlainAccount, { gatewayUrl, date }: AccessLinkOptions): CreateAccessLink {
  const { host } = new URL(gatewayUrl);
  return async ({ root, path }, expiresMs) => {
    const url = `${gatewayUrl}/files/${root}${path === '' ? '' : `/${renderPath(path)}`}`;
    const seconds = Math.floor(date().getTime() / 1000);
    const expires = Math.floor(expiresMs / 1000);
    const answer = await sign(account, { url, date: seconds, expires, method: 'GET' });
    if (answer.status === 404) throw notKnown(root, host);
    if (!isFine(answer)) throw explainRefusal(account, answer);
    const link = parseLink(textAt(parseJson(answer.body), 'data'), url);
    if (link === undefined) throw noLink(host);
    return { ...link, expiresAt: new Date(Math.min(seconds + expires, endOf(link.url)) * 1000) };
  };
}

/** Answers the 404 of the last path where none is known. */
async function sign(account: PlainAccount, body: Readonly<Record<string, unknown>>): Promise<Answer> {
  for (const path of PATHS) {
    const answer = await send(account, 'accessLink', { method: 'POST', url: `${account.apiUrl}${path}`, body });
    if (answer !== 'late' && (answer.status !== 404 || path === PATHS[1])) return answer;
  }
  throw new ActionError('bug', `No request was sent to ${DOING.accessLink.text}.`);
}

/** The same address on the same host, with a signature; undefined for anything else. */
function parseLink(
  text: string | undefined,
  asked: string,
): { readonly url: string; readonly signature: string } | undefined {
  if (text === undefined || !URL.canParse(text)) return undefined;
  const [link, own] = [new URL(text), new URL(asked)];
  const signature = link.searchParams.get('X-Signature') ?? '';
  const isSafe = link.protocol === 'https:' || link.protocol === own.protocol;
  const isOwn = link.host === own.host && link.pathname === own.pathname && link.username === '';
  return isSafe && isOwn && signature !== '' ? { url: link.href, signature } : undefined;
}

/** Unix seconds; the gateway goes by what stands in the link. */
function endOf(url: string): number {
  const { searchParams } = new URL(url);
  const end = Number(searchParams.get('X-Date')) + Number(searchParams.get('X-Expires'));
  return Number.isFinite(end) && end > 0 ? end : Number.POSITIVE_INFINITY;
}

function notKnown(root: Cid, host: string): ActionError {
  return new ActionError('conflict', `Pinata knows no private content ${root} on the gateway ${host}.`, {
    hint: 'Set pinata-gateway to a gateway of this account.',
  });
}

function noLink(host: string): ActionError {
  return new ActionError('network', `Pinata answered with something that is no signed link to ${host}.`, {
    hint: 'Run the job again. If it stays so, set access-link-expires: never, and open an issue without the link.',
  });
}

function explainRefusal({ traffic }: PlainAccount, answer: Answer): ActionError {
  const known = traffic.policy.explain(answer, DOING.accessLink.text);
  if (answer.status !== 403 || known.kind !== 'credentials') return known;
  const hint = `${known.hint ?? ''} Private files are there on Enterprise accounts only.`.trim();
  return new ActionError(known.kind, known.message, { hint, cause: known.cause });
}
