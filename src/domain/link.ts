import { type Cid, codecOf, RAW_CODEC } from './cid.ts';
import type { ListedFile, Listing } from './listing.ts';

/** A place that serves IPFS content: a template with `{cid}`, and whether it is the account's own gateway. */
export interface GatewayTemplate {
  readonly template: string;
  readonly dedicated: boolean;
}

/**
 * Whether links of this form obey the `_redirects` of the content: gateways read it where the content has a host of its
 * own, and not below a path.
 */
export function followsRedirects(template: string): boolean {
  return /^[a-z]+:\/\/[^/?#]*\{cid\}/i.test(template);
}

/** A link to a root: a directory ends with a slash, so that relative paths in its pages work. */
export function renderLink(template: string, cid: Cid, kind: 'directory' | 'file'): string {
  const link = template.replaceAll('{cid}', cid).replace(/\/+$/, '');
  const bare = new URL(link).pathname === '/';
  return kind === 'directory' || bare ? `${link}/` : link;
}

/** A file to open. For a build of a single file that is the root itself. */
export interface Sample {
  /** Relative to the link of the root; '' for the root itself. */
  readonly path: string;
  readonly cid: Cid;
  readonly bytes: number;
  /** Of its bytes, hex: where its CID is the hash of something else, and somebody has read them. */
  readonly sha256?: string | undefined;
}

/** A path that the content does not have, and the file that its `_redirects` answer it with. */
export interface DeepRoute {
  /** Relative to the link of the root. */
  readonly path: string;
  readonly target: Sample;
}

/** What is needed to open content, and to know whether what comes back is right. */
export interface Opening {
  readonly root: Cid;
  readonly kind: 'directory' | 'file';
  /** The file that is opened; undefined where none is known, or none has bytes. */
  readonly sample: Sample | undefined;
  /** The smallest file that no gateway takes for HTML, for those that serve none; undefined where there is none. */
  readonly plainSample: Sample | undefined;
  /** The text of its `_redirects`; undefined without, or where it cannot be read. */
  readonly redirects: string | undefined;
  /** The file that `_redirects` send a visitor of the root to; undefined where it is the sample, or not known. */
  readonly landing?: Sample | undefined;
  /** Opened where `_redirects` are followed, to see that they are; undefined where no rule can be tried. */
  readonly deepRoute?: DeepRoute | undefined;
}

/**
 * The file to open as proof that a root is served: the page a visitor gets first, else the smallest file that has bytes.
 * Undefined where no file has any.
 */
export function chooseSample(root: Cid, listing: Listing): Sample | undefined {
  const index = listing.get('index.html');
  if (index !== undefined && index.cid !== root) return { path: '', ...index };
  let smallest: Sample | undefined;
  for (const [path, file] of listing) {
    if (file.cid === root && listing.size === 1) return { path: '', ...file };
    // An empty file proves nothing: an empty answer has its bytes.
    if (file.bytes > 0 && (smallest === undefined || file.bytes < smallest.bytes)) smallest = { path, ...file };
  }
  return smallest;
}

/** What gateways may take for a page: they go by the name, and without one by the bytes. */
const PAGE_LIKE = new Set(['html', 'htm', 'xhtml', 'xht', 'shtml', 'mhtml', 'svg', 'xml']);

export function isPlainPath(path: string): boolean {
  const extension = /[^/.][^/]*\.([a-z0-9]{1,8})$/i.exec(path)?.[1]?.toLowerCase();
  return extension !== undefined && !PAGE_LIKE.has(extension);
}

/** The smallest file that has bytes and is no page, one whose bytes its CID proves first; undefined where there is none. */
export function choosePlainSample(listing: Listing): Sample | undefined {
  let chosen: Sample | undefined;
  for (const [path, file] of listing) {
    if (file.bytes > 0 && isPlainPath(path) && (chosen === undefined || isBetterProof(file, chosen))) {
      chosen = { path, ...file };
    }
  }
  return chosen;
}

function isBetterProof(file: ListedFile, other: ListedFile): boolean {
  const [mine, others] = [file, other].map(({ cid }) => codecOf(cid) === RAW_CODEC);
  return mine === others ? file.bytes < other.bytes : mine === true;
}

/** A path below a link, percent-encoded segment by segment. */
export function renderPath(path: string): string {
  return path.split('/').map(encodeURIComponent).join('/');
}
