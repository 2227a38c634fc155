import { closeSync, constants, fstatSync, openSync, readSync, type Stats } from 'node:fs';
import { ActionError } from '../../domain/errors.ts';
import { quoted } from '../../domain/file-trouble.ts';

/** A file of a build: `path` is what messages call it, `source` where it is. */
export interface SourceFile {
  readonly path: string;
  readonly source: string;
  /** Given, it must be this very file: a link or another file put in its place is refused. */
  readonly identity?: string;
}

/** Which file it is, whatever its name. */
export function identityOf({ dev, ino }: Pick<Stats, 'dev' | 'ino'>): string {
  return `${dev}:${ino}`;
}

/** A file that is open for reading. */
export interface OpenFile {
  readonly file: SourceFile;
  readonly fd: number;
  readonly bytes: number;
  readonly modifiedMs: number;
}

/** The error of a file that is not what it was. */
export function changedFile(file: SourceFile, what: string): ActionError {
  return new ActionError('content', `${quoted(file.path)} changed while it was being deployed: ${what}.`, {
    hint: 'Deploy when the build has finished and nothing writes to its directory any more.',
  });
}

/** Without following a link at its place, and without waiting for a pipe's other end. Windows has neither flag: they count as 0. */
const LISTED_FLAGS = constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK;

export function openSource(file: SourceFile): OpenFile {
  return naming(file, () => {
    const fd = openSync(file.source, file.identity === undefined ? 'r' : LISTED_FLAGS);
    try {
      const stats = fstatSync(fd);
      if (file.identity !== undefined && (!stats.isFile() || identityOf(stats) !== file.identity)) {
        throw changedFile(file, 'something else was put in its place');
      }
      return { file, fd, bytes: stats.size, modifiedMs: stats.mtimeMs };
    } catch (cause) {
      closeSync(fd);
      throw cause;
    }
  });
}

export function closeSource(open: OpenFile): void {
  closeSync(open.fd);
}

/** Fails when the file was written to since it was opened. */
export function assertUntouched({ file, ...open }: OpenFile): void {
  const { size, mtimeMs } = naming(file, () => fstatSync(open.fd));
  if (size !== open.bytes) throw changedFile(file, `it had ${open.bytes} bytes and has ${size} now`);
  if (mtimeMs !== open.modifiedMs) throw changedFile(file, 'it was written to');
}

/** What to read: `length` bytes from `position` of the file. */
export interface Span {
  readonly position: number;
  readonly length: number;
}

/**
 * Reads exactly the span to `at` in `buffer`. Where the file should end with it, one byte more is asked for (the buffer
 * needs room for it): sizes are never trusted, so a file that has grown or shrunk fails by its name.
 */
export function readSpan(open: OpenFile, span: Span, { buffer, at, ends }: SpanTarget): void {
  const wanted = span.length + (ends ? 1 : 0);
  const read = naming(open.file, () => {
    let total = 0;
    do {
      const count = readSync(open.fd, buffer, at + total, wanted - total, span.position + total);
      if (count === 0) break;
      total += count;
    } while (total < span.length);
    return total;
  });
  if (read < span.length) throw changedFile(open.file, 'it has become shorter');
  if (read > span.length) throw changedFile(open.file, 'it has grown');
}

export interface SpanTarget {
  readonly buffer: Uint8Array;
  readonly at: number;
  readonly ends: boolean;
}

/** Runs `access`; what the system says against it becomes an error that names the file. */
function naming<Result>(file: SourceFile, access: () => Result): Result {
  try {
    return access();
  } catch (cause) {
    if (cause instanceof ActionError) throw cause;
    const code = cause instanceof Error && 'code' in cause ? String(cause.code) : String(cause);
    if (code === 'ELOOP') throw changedFile(file, 'a link was put in its place');
    const gone = code === 'ENOENT' ? 'it is gone' : `it cannot be read (${code})`;
    throw new ActionError('content', `${quoted(file.path)} was found, but now ${gone}.`, {
      hint: 'Deploy when the build has finished, and check who may read its files.',
      cause,
    });
  }
}
