import { randomUUID } from 'node:crypto';
import { closeSync, fsyncSync, openSync, realpathSync, renameSync, rmSync, statSync, writeSync } from 'node:fs';
import { basename, dirname, isAbsolute, join, relative, resolve, sep } from 'node:path';
import { ActionError } from '../../domain/errors.ts';
import { quoted } from '../../domain/file-trouble.ts';
import type { CarSource } from '../../domain/listing.ts';

/**
 * Writes the CAR to `path`, which afterwards holds the whole of it or, after an error, what it held before. Throws an
 * ActionError of kind `input` when the path cannot be written or the disk is full; errors of reading the CAR pass through.
 */
export async function writeCar(car: CarSource, path: string): Promise<void> {
  // A pipe or a device cannot be replaced by a file: it takes the bytes as they come.
  const special = isSpecial(path);
  const target = special ? path : `${path}.${randomUUID()}.partial`;
  try {
    const fd = writing(path, () => openSync(target, special ? 'w' : 'wx'));
    try {
      await copyTo(car, fd, path);
      if (!special) writing(path, () => fsyncSync(fd));
    } finally {
      closeSync(fd);
    }
    if (!special) writing(path, () => renameSync(target, path));
  } finally {
    if (!special) rmSync(target, { force: true });
  }
}

/** Refuses a CAR that would lie in the directory it is made of: the next run would publish it, and find it changing. */
export function refuseCarInside(directory: string, path: string): void {
  const place = relative(realPath(directory), realPath(path));
  if (isAbsolute(place) || place === '..' || place.startsWith(`..${sep}`)) return;
  throw new ActionError('input', `car-file must be outside of path, got ${quoted(path)}.`, {
    hint: 'Put it beside the directory, such as ../site.car or $RUNNER_TEMP/site.car. Nothing was sent.',
  });
}

/** Where a path really is; of what does not exist yet, as far as its directories do. */
function realPath(path: string): string {
  const whole = resolve(path);
  try {
    return realpathSync(whole);
  } catch {
    return whole === dirname(whole) ? whole : join(realPath(dirname(whole)), basename(whole));
  }
}

function isSpecial(path: string): boolean {
  const found = writing(path, () => statSync(path, { throwIfNoEntry: false }));
  return found !== undefined && !found.isFile() && !found.isDirectory();
}

async function copyTo(car: CarSource, fd: number, path: string): Promise<void> {
  for await (const piece of car.read(0, car.bytes)) {
    writing(path, () => {
      for (let written = 0; written < piece.length; ) written += writeSync(fd, piece, written);
    });
  }
}

/** Runs `access`; what the system says against it becomes an error that names the input. */
function writing<Result>(path: string, access: () => Result): Result {
  try {
    return access();
  } catch (cause) {
    const code = cause instanceof Error && 'code' in cause ? String(cause.code) : String(cause);
    const reason = code === 'ENOSPC' ? 'the disk is full' : code;
    throw new ActionError('input', `car-file ${quoted(path)} could not be written (${reason}).`, {
      hint: 'Name a file in a directory that exists, can be written to, and has room for the whole CAR.',
      cause,
    });
  }
}
