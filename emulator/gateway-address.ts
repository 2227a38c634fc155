import { base32, base32upper } from 'multiformats/bases/base32';
import { base36 } from 'multiformats/bases/base36';
import { base58btc } from 'multiformats/bases/base58';
import { CID } from 'multiformats/cid';
import { GatewayRefusal } from './gateway-answer.ts';

/** What a request asks for: a path below a root CID, and how it was spelt. */
export interface ContentAddress {
  /** `files`: an address for private files, which needs a signature. */
  readonly form: 'path' | 'subdomain' | 'files';
  readonly root: CID;
  /** Decoded names from the root down; empty for the root itself. */
  readonly segments: readonly string[];
  /** The path as it stood in the request line, without the query. */
  readonly pathname: string;
  readonly query: URLSearchParams;
  /** `?…` as it stood in the request line, or empty. */
  readonly search: string;
}

export interface CanonicalRedirect {
  readonly location: string;
}

/** A DNS label holds no more, so a longer CID has no subdomain form. */
const MAX_LABEL_CHARS = 63;

const PATH_FORMS: ReadonlyMap<string | undefined, 'path' | 'files'> = new Map([
  ['ipfs', 'path'],
  ['files', 'files'],
]);

const BASES = base32.decoder.or(base32upper.decoder).or(base36.decoder).or(base58btc.decoder);

/**
 * Reads `/ipfs/<cid>[/path]`, `/files/<cid>[/path]` or `Host: <cid>.ipfs.<domain>`; a path form works on any host.
 * A subdomain that is not the CIDv1 in lower-case base32 becomes a redirect to it.
 * Throws a refusal: 400 for an invalid CID or percent-encoding, 404 for what is no content path.
 */
export function parseAddress(host: string, url: string): ContentAddress | CanonicalRedirect {
  const mark = url.indexOf('?');
  // One leading slash: a redirect to `//x` would leave the host.
  const pathname = (mark < 0 ? url : url.slice(0, mark)).replace(/^\/+/, '/');
  const search = mark < 0 ? '' : url.slice(mark);
  const spelling = { pathname, search, query: new URLSearchParams(search) };
  const [first, second = '', ...rest] = decodePath(pathname);
  const form = PATH_FORMS.get(first);
  const named = form === undefined ? undefined : parseCid(second);
  if (form !== undefined && named !== undefined) {
    return { ...spelling, form, root: named, segments: rest };
  }
  const [, label, domain] = /^([^.]+)\.ipfs\.(.+)$/i.exec(host) ?? [];
  if (label === undefined || domain === undefined) {
    throw first === 'ipfs' ? invalidUrl() : new GatewayRefusal(404, 'Nothing here: ask for /ipfs/<cid>.');
  }
  const root = parseLabel(label);
  const canonical = root.toString(base32);
  return label === canonical
    ? { ...spelling, form: 'subdomain', root, segments: decodePath(pathname) }
    : { location: `http://${canonical}.ipfs.${domain}${url}` };
}

/** `/ipfs/<cid>/…` for X-Ipfs-Path, percent-encoded because a header holds no UTF-8. */
export function contentPath(address: ContentAddress): string {
  const path = ['ipfs', address.root.toString(), ...address.segments].map(encodeURIComponent).join('/');
  return `/${path}${address.pathname.endsWith('/') ? '/' : ''}`;
}

/** A label as CIDv1. DNS has no case, so lower case is tried before what was written. */
function parseLabel(label: string): CID {
  const root = (parseCid(label.toLowerCase()) ?? parseCid(label))?.toV1();
  if (root === undefined || root.toString(base32).length > MAX_LABEL_CHARS) {
    throw invalidUrl();
  }
  return root;
}

function parseCid(text: string): CID | undefined {
  try {
    return text.startsWith('Qm') ? CID.parse(text) : CID.parse(text, BASES);
  } catch {
    return undefined;
  }
}

function decodePath(pathname: string): readonly string[] {
  try {
    return decodeURIComponent(pathname).split('/').filter(Boolean);
  } catch {
    throw new GatewayRefusal(400, 'The path is not valid percent-encoded UTF-8.');
  }
}

function invalidUrl(): GatewayRefusal {
  return new GatewayRefusal(400, 'This URL names no valid CID - ERR_ID:00004');
}
