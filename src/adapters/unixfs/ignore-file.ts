import { readFileSync, statSync } from 'node:fs';
import { relative, resolve, sep } from 'node:path';
import ignore from 'ignore';
import { ActionError } from '../../domain/errors.ts';
import { DEFAULT_IGNORE_FILE } from '../../domain/file-rules.ts';
import { quoted } from '../../domain/file-trouble.ts';
import { errorCode } from './links.ts';

/** Whether a path below the root is ignored; its parent directories are known not to be. */
export type IsIgnored = (path: string, kind: 'file' | 'directory') => boolean;

/**
 * Reads rules in gitignore syntax, upper and lower case told apart. They ignore their own file too. The file need not
 * exist when it has the default name; one that somebody named must, for a typing error would publish what it keeps back.
 *
 * @param ignoreFile Relative to `root`.
 * @throws ActionError `input` when the file cannot be read.
 */
export function readIgnoreFile(root: string, ignoreFile: string): IsIgnored {
  const file = resolve(root, ignoreFile);
  const text = readRules(file, ignoreFile);
  if (text === undefined) return () => false;
  const own = relative(root, file).split(sep).join('/');
  const rules = ignore({ ignorecase: false }).add(text);
  return (path, kind) => path === own || rules.ignores(kind === 'directory' ? `${path}/` : path);
}

function readRules(file: string, ignoreFile: string): string | undefined {
  let reason = 'is not a file';
  let cause: unknown;
  try {
    if (statSync(file).isFile()) return readFileSync(file, 'utf8');
  } catch (error) {
    const code = errorCode(error);
    if (code === 'ENOENT' && ignoreFile === DEFAULT_IGNORE_FILE) return undefined;
    reason = code === 'ENOENT' || code === 'ENOTDIR' ? 'does not exist below path' : `cannot be read (${code})`;
    cause = error;
  }
  throw new ActionError('input', `ignore-file must name a file below path, but ${quoted(ignoreFile)} ${reason}.`, {
    hint: 'Write the file where the build ends up, or correct ignore-file.',
    cause,
  });
}
