import type { Cid } from './cid.ts';
import type { Listing } from './listing.ts';

/** A place that serves IPFS content: a template with `{cid}`, and whether it is the account's own gateway. */
export interface GatewayTemplate {
  readonly template: string;
  readonly dedicated: boolean;
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

/** A path below a link, percent-encoded segment by segment. */
export function renderPath(path: string): string {
  return path.split('/').map(encodeURIComponent).join('/');
}
