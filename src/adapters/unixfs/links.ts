import { readlinkSync, realpathSync, statSync } from 'node:fs';
import { sep } from 'node:path';
import type { FileTrouble } from '../../domain/file-trouble.ts';
import { quoted } from '../../domain/file-trouble.ts';

/** Where a link ends, and why it may not be followed. A pipe, socket or device counts as a file here. */
export interface FollowedLink {
  /** The real file or directory; of a link that ends nowhere, the link. */
  readonly source: string;
  readonly kind: 'file' | 'directory';
  readonly trouble: FileTrouble | undefined;
}

export interface Link {
  /** Relative to the root, as it is seen. */
  readonly path: string;
  /** Absolute. */
  readonly source: string;
  /** The real paths of the directories the link is seen in, the root first. */
  readonly above: readonly string[];
}

/**
 * Follows a link to its real end, through every other link on the way. What counts is where it ends: inside the root, and
 * not in a directory it is seen in, which would have no end.
 */
export function followLink(link: Link): FollowedLink {
  let source: string;
  try {
    source = realpathSync.native(link.source);
  } catch (error) {
    return { source: link.source, kind: 'file', trouble: brokenLink(link, error) };
  }
  const kind = statSync(source, { throwIfNoEntry: false })?.isDirectory() ? 'directory' : 'file';
  const root = link.above[0] ?? source;
  if (!isInside(root, source)) return { source, kind, trouble: linkTrouble('link-leaves', link) };
  const loops = kind === 'directory' && link.above.includes(source);
  return { source, kind, trouble: loops ? linkTrouble('link-loop', link) : undefined };
}

export function isInside(root: string, path: string): boolean {
  return path === root || path.startsWith(root.endsWith(sep) ? root : root + sep);
}

export function linkTrouble(
  kind: 'link-leaves' | 'link-loop' | 'link-refused' | 'link-dangling',
  link: Link,
): FileTrouble {
  return { kind, path: link.path, detail: `→ ${quoted(readlinkSync(link.source))}` };
}

function brokenLink(link: Link, error: unknown): FileTrouble {
  const code = errorCode(error);
  if (code === 'ENOENT' || code === 'ENOTDIR') return linkTrouble('link-dangling', link);
  if (code === 'ELOOP') return linkTrouble('link-loop', link);
  return { kind: 'unreadable', path: link.path, detail: `(${code})` };
}

export function errorCode(error: unknown): string {
  return error instanceof Error && 'code' in error && typeof error.code === 'string' ? error.code : String(error);
}
