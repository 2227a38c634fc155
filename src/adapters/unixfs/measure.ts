import type { Stats } from 'node:fs';
import { closeSync, lstatSync, openSync } from 'node:fs';
import type { FileTrouble } from '../../domain/file-trouble.ts';
import { errorCode } from './links.ts';
import { identityOf } from './source-file.ts';

export interface Measured {
  readonly bytes: number;
  readonly identity: string;
}

/** Size and identity of the real file at `source`, or why it cannot be published. */
export function measure(source: string): Measured | Omit<FileTrouble, 'path'> {
  try {
    const stats = lstatSync(source);
    if (stats.isFile()) {
      // Most files may be read by everybody; for the others only opening them tells, at the price of another two calls.
      if ((stats.mode & 0o444) !== 0o444) closeSync(openSync(source, 'r'));
      return { bytes: stats.size, identity: identityOf(stats) };
    }
    const special = specialKind(stats);
    return special === undefined ? { kind: 'changed' } : { kind: 'special', detail: `(${special})` };
  } catch (error) {
    const code = errorCode(error);
    return { kind: code === 'ENOENT' || code === 'ENOTDIR' ? 'changed' : 'unreadable', detail: `(${code})` };
  }
}

/** What something is that is neither file, directory nor link. */
export function specialKind(stats: Stats): string | undefined {
  if (stats.isFIFO()) return 'a pipe';
  if (stats.isSocket()) return 'a socket';
  return stats.isCharacterDevice() || stats.isBlockDevice() ? 'a device' : undefined;
}
