import { type Cid, parseCid } from './cid.ts';
import { isTagName } from './tag.ts';

/** A name that people keep while the content changes, and the tag that it follows. */
export type StableName = DnslinkName | HotSwapName;

/** `_dnslink.<domain>` says which CID a domain is. */
export interface DnslinkName {
  readonly kind: 'dnslink';
  /** Lower case, without a dot at its end. */
  readonly domain: string;
  readonly tag: string;
}

/** This CID is answered with other content on the account's own gateways. */
export interface HotSwapName {
  readonly kind: 'hot-swap';
  readonly cid: Cid;
  readonly tag: string;
}

/** What became of a stable name, or what it says. */
export interface NameState {
  readonly name: StableName;
  /**
   * `moved`: it points to the content, and was seen to. `unconfirmed`: it was written, and not everybody sees it yet.
   * `unchanged`: it pointed there before. `planned`: it would be moved. `failed`: it does not point there.
   */
  readonly state: 'moved' | 'unconfirmed' | 'unchanged' | 'planned' | 'failed';
  /** What it pointed to before this run; undefined for nothing, or when nobody could tell. */
  readonly previous: NameTarget | undefined;
  /** In words, for a table: who has seen it, or why it failed. */
  readonly note: string;
  /** This run wrote it, so there is something to undo; also where nobody follows what was written. */
  readonly written?: true;
}

/** Where a name points to: `/ipfs/bafy…`, `/ipns/…`. */
export interface NameTarget {
  /** As it is written. */
  readonly path: string;
  /** The root of an `/ipfs/` path, also of one that goes on below it: `pointsTo` tells whether it is all there is. */
  readonly cid: Cid | undefined;
}

/** `example.com`, or the CID that is swapped: what people call the name. */
export function labelOf(name: StableName): string {
  return name.kind === 'dnslink' ? name.domain : name.cid;
}

/** The tag that a name follows when its line says none. */
const DEFAULT_TAG = 'production';
/** RFC 1035, less the label that a DNSLink has its record at. */
const MAX_DOMAIN = 253 - '_dnslink.'.length;

/** A line of the input: `example.com` or `example.com=tag`. Undefined when it is none; names of other scripts go as `xn--…`. */
export function parseDnslinkName(line: string): DnslinkName | undefined {
  const { label, tag } = cutTag(line);
  const domain = label
    .toLowerCase()
    .replace(/^_dnslink\./, '')
    .replace(/\.$/, '');
  const labels = domain.split('.');
  const fits = labels.every((part) => /^[a-z0-9_]([a-z0-9_-]{0,61}[a-z0-9_])?$/.test(part));
  // The last label of an address of IPv4 is a number, that of a domain never.
  const isDomain = labels.length > 1 && !/^[0-9]+$/.test(labels.at(-1) ?? '') && domain.length <= MAX_DOMAIN;
  return fits && isDomain && tag !== undefined ? { kind: 'dnslink', domain, tag } : undefined;
}

/** A line of the input: a CID, or `<cid>=tag`. Undefined when it is none. */
export function parseHotSwapName(line: string): HotSwapName | undefined {
  const { label, tag } = cutTag(line);
  const cid = parseCid(label);
  return cid === undefined || tag === undefined ? undefined : { kind: 'hot-swap', cid, tag };
}

function cutTag(line: string): { readonly label: string; readonly tag: string | undefined } {
  const [, label = '', given = DEFAULT_TAG] = /^\s*([^\s=]+)\s*(?:=\s*(\S*)\s*)?$/.exec(line) ?? [];
  return { label, tag: isTagName(given) ? given : undefined };
}

const LINK = 'dnslink=';
const MAX_PATH = 2000;

/** What a DNSLink says, with or without `dnslink=` before it. Undefined for what is no path of printable ASCII. */
export function parseNameTarget(text: string): NameTarget | undefined {
  const path = (text.startsWith(LINK) ? text.slice(LINK.length) : text).trimEnd();
  const [, namespace, identifier] =
    /^\/([\x21-\x2e\x30-\x7e]+)\/([\x21-\x2e\x30-\x7e]+)(\/[\x20-\x7e]*)?$/.exec(path) ?? [];
  if (namespace === undefined || identifier === undefined || path.length > MAX_PATH) return undefined;
  return { path, cid: namespace === 'ipfs' ? parseCid(identifier) : undefined };
}

/** True for a value that says, or should say, where IPFS content is. A link of another system may stand beside it. */
export function isOwnLink(value: string): boolean {
  if (!value.startsWith(LINK)) return false;
  const target = parseNameTarget(value);
  return target === undefined || isIpfsPath(target.path);
}

function isIpfsPath(path: string): boolean {
  return /^\/ip[fn]s\//.test(path);
}

/** The path that a DNSLink to content has. */
export function renderTarget(cid: Cid): string {
  return `/ipfs/${cid}`;
}

/** True when a name that says this is the content with the CID, and nothing below it. */
export function pointsTo(target: NameTarget | undefined, cid: Cid): boolean {
  return target?.cid === cid && /^\/ipfs\/[^/]+\/?$/.test(target.path);
}

/** True where a name leads to another name, and only whoever follows that one knows to what content. */
export function isMovingTarget(target: NameTarget | undefined): boolean {
  return target?.path.startsWith('/ipns/') === true;
}

/** What a TXT record set means to those who follow DNSLinks. */
export type DnslinkReading =
  | { readonly kind: 'target'; readonly target: NameTarget }
  | { readonly kind: 'none' }
  /** In words that follow the name of who answered. */
  | { readonly kind: 'unclear'; readonly trouble: string };

/**
 * Reads the TXT values of `_dnslink.<domain>`; what is no DNSLink is somebody else's. The specification lets several stand
 * side by side and sorts them (dnslink.dev, "Multiple entries"), but IPFS clients refuse a domain that has more than one
 * in their namespaces (ipfs/boxo#507) and ignore the others, so that is no answer that anybody may rely on.
 */
export function readDnslink(values: readonly string[]): DnslinkReading {
  const links = values.filter((value) => value.startsWith(LINK));
  const targets = links.map(parseNameTarget).filter((target) => target !== undefined);
  const paths = [...new Map(targets.map((target) => [target.path, target] as const)).values()].sort((a, b) =>
    a.path < b.path ? -1 : 1,
  );
  const ours = paths.filter(({ path }) => isIpfsPath(path));
  if (ours.length > 1) {
    const shown = ours.slice(0, 2).map(({ path }) => shortTarget(path));
    return { kind: 'unclear', trouble: `has ${ours.length} DNSLinks at once, such as ${shown.join(' and ')}` };
  }
  const target = ours[0] ?? paths[0];
  if (target !== undefined) return { kind: 'target', target };
  return links.length === 0 ? { kind: 'none' } : { kind: 'unclear', trouble: 'has a DNSLink that is no path' };
}

/** `/ipfs/bafybeib…pfe`: a path as a sentence can hold it. It is printable, but long, and somebody else's. */
export function shortTarget(path: string): string {
  const named = path.replace(/\b(Qm[1-9A-HJ-NP-Za-km-z]{44}|[bkz][0-9A-Za-z]{48,})\b/g, (cid) => {
    return `${cid.slice(0, 8)}…${cid.slice(-3)}`;
  });
  return named.length > 80 ? `${named.slice(0, 79)}…` : named;
}

/**
 * What makes `original` be answered with `wanted`, where it is answered with `current` (undefined: with its own content).
 * A CID is never swapped for itself: to have its own content again it needs no swap.
 */
export function judgeSwap(original: Cid, current: Cid | undefined, wanted: Cid): 'keep' | 'write' | 'remove' {
  if (wanted === original) return current === undefined || current === original ? 'keep' : 'remove';
  return current === wanted ? 'keep' : 'write';
}
