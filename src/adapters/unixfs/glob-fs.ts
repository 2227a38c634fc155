import type { Stats } from 'node:fs';
import { lstatSync } from 'node:fs';
import { resolve, sep } from 'node:path';
import type fastGlob from 'fast-glob';

// fast-glob matches and decides which directories are read; what it reads comes from here instead of the disk, because it
// cannot carry every name: `*` does not match a line break, so such files would be missing in silence, and a backslash is
// turned into a slash here and there. It sees stand-ins, and only as paths: the tree knows the exact names.

/** A directory's content and a path's existence, by fast-glob's path: `/`-separated, '' for the root. */
export interface GlobSource {
  list(globPath: string): GlobDirent[];
  has(globPath: string): boolean;
}

/** A name as fast-glob gets it: that of a file or a directory, never of a link. */
export interface GlobDirent {
  readonly name: string;
  isFile(): boolean;
  isDirectory(): boolean;
  isSymbolicLink(): boolean;
  isSocket(): boolean;
  isFIFO(): boolean;
  isBlockDevice(): boolean;
  isCharacterDevice(): boolean;
}

export type GlobFs = Pick<fastGlob.FileSystemAdapter, 'readdirSync' | 'lstatSync'>;

/** The `cwd` under which fast-glob sees the root: glob characters in the directory's own path cannot matter. */
export const GLOB_ROOT = resolve('/');

/** Makes what fast-glob reads from. */
export function globFs(source: GlobSource): GlobFs {
  const anyStats = lstatSync(GLOB_ROOT);

  function readdirSync(path: string, options: { withFileTypes: true }): GlobDirent[];
  function readdirSync(path: string): string[];
  function readdirSync(path: string, options?: { withFileTypes: true }): GlobDirent[] | string[] {
    const listing = source.list(belowGlobRoot(path));
    return options === undefined ? listing.map(({ name }) => name) : listing;
  }

  return {
    readdirSync,
    // Asked for a pattern without wildcards, only to learn whether the name exists; the stats do not matter.
    lstatSync(path: string): Stats {
      if (!source.has(belowGlobRoot(path))) throw Object.assign(new Error('no such entry'), { code: 'ENOENT' });
      return anyStats;
    },
  };
}

const no = () => false;
const yes = () => true;
const NEITHER = { isSymbolicLink: no, isSocket: no, isFIFO: no, isBlockDevice: no, isCharacterDevice: no };
const FILE = { ...NEITHER, isFile: yes, isDirectory: no };
const DIRECTORY = { ...NEITHER, isFile: no, isDirectory: yes };

export function globDirent(name: string, kind: 'file' | 'directory'): GlobDirent {
  return kind === 'file' ? { name, ...FILE } : { name, ...DIRECTORY };
}

// Noncharacters of unicode, which names do not contain. One that does gets ESCAPE before it, so no two names become one.
const STAND_INS = new Map([
  ['\n', '\ufdd0'],
  ['\r', '\ufdd1'],
  ['\u2028', '\ufdd2'],
  ['\u2029', '\ufdd3'],
  ['\\', '\ufdd4'],
]);
const ESCAPE = '\ufdd5';

/** The stand-in for one name. Different names have different ones. */
export function globName(name: string): string {
  return name.replace(/[\n\r\u2028\u2029\\\ufdd0-\ufdd5]/g, (found) => STAND_INS.get(found) ?? ESCAPE + found);
}

/** A user's pattern for the stand-ins: `\\` is a backslash in a name, any other backslash still escapes what follows. */
export function globPattern(pattern: string): string {
  return pattern.replace(/\\./g, (found) => (found === '\\\\' ? globName('\\') : found));
}

/** The directory around a path of fast-glob's; '' for what is in the root. */
export function parentOf(globPath: string): string {
  return globPath.slice(0, Math.max(0, globPath.lastIndexOf('/')));
}

function belowGlobRoot(path: string): string {
  const below = path.slice(GLOB_ROOT.length);
  return sep === '/' ? below : below.replaceAll(sep, '/');
}
