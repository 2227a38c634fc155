import type { CidProfile } from '../../src/domain/listing.ts';
import type { Held } from '../support/dag-content.ts';
import { seededBytes } from '../support/seeded.ts';

const KIB = 1024;
const MIB = 1024 * KIB;

/** Files around the sizes at which their shape changes, for each profile. */
export const FILE_SIZES: Readonly<Record<CidProfile, readonly number[]>> = {
  'unixfs-v1-2025': [0, 1, MIB - 1, MIB, MIB + 1, 1024 * MIB, 1024 * MIB + 1],
  'unixfs-v0-2015': [0, 1, 256 * KIB, 256 * KIB + 1, 174 * 256 * KIB, 174 * 256 * KIB + 1, 350 * 256 * KIB + 7],
  'pinata-folder': [0, 1, 256 * KIB, 256 * KIB + 1, 174 * 256 * KIB, 174 * 256 * KIB + 1, 350 * 256 * KIB + 7],
};

/** Files of every shape, in directories of every kind but large ones. */
export function smallSite(): Record<string, Held> {
  return {
    'index.html': '<!doctype html>',
    empty: '',
    'one-chunk.bin': seededBytes(MIB, 2),
    'one-byte-more.bin': seededBytes(MIB + 1, 3),
    'three-chunks.bin': seededBytes(3 * MIB, 4),
    'three-levels.bin': { zeros: 175 * 256 * KIB },
    'copies/one-chunk.bin': seededBytes(MIB, 2),
    '.well-known/security.txt': 'dot',
    '.env': 'dot',
    'assets/.keep': '',
    'nothing/in/here': null,
    'also nothing': null,
    ...oddNames(),
  };
}

/** Names that shells, paths, URLs, sorting and protobuf treat in ways of their own. */
function oddNames(): Record<string, Held> {
  const names = [
    'caf\u00e9',
    'cafe\u0301',
    '\u{1F338}',
    '\uE000',
    '\uFEFFbom',
    '\u200B',
    '\u202Eright-to-left',
    '\u{1F468}\u200D\u{1F469}\u200D\u{1F467}',
    '日本語',
    ' ',
    ' both ends ',
    'trailing.',
    '...',
    '..two',
    '.dot',
    '-',
    '--help',
    '-rf',
    '~',
    '$HOME',
    '`id`',
    '#fragment',
    '?query=1&b=2',
    '100%41%2F',
    'a:b',
    'a|b<c>d*e',
    '"quoted" and \'quoted\'',
    'back\\slash',
    'dir\\',
    '[x]{y,z}!(w)',
    'line\nbreak',
    'carriage\rreturn',
    'tab\tbed',
    'bell\u0007and\u0001',
    'delete\u007f',
    'Z',
    'z',
    'toString',
    '__proto__',
    'constructor',
    '0',
    '10',
    '9',
    'CON',
    `${'é'.repeat(127)}n`,
    'n'.repeat(255),
  ];
  return Object.fromEntries(
    names.flatMap((name) => [
      [`odd/${name}`, `file ${name}`],
      [`odd directories/${name}/${name}`, name],
    ]),
  );
}

export type AroundThreshold = 'exactly at the threshold' | 'one byte over' | 'over by a byte for each name';

interface Filling {
  readonly count: number;
  readonly nameBytes: number;
}

// 262,144 bytes exactly. Whole blocks: 4 + 4,369 × 60, where a link is its name and 44 bytes, or 45 from a Tsize of 128 on.
// Names and CIDs only: 4,096 × 64, with CIDs of 36 bytes (version 1) or 34 (version 0).
const FILES: Readonly<Record<CidProfile, Filling>> = {
  'unixfs-v1-2025': { count: 4369, nameBytes: 16 },
  'unixfs-v0-2015': { count: 4096, nameBytes: 30 },
  'pinata-folder': { count: 4096, nameBytes: 28 },
};
const DIRECTORIES: Readonly<Record<CidProfile, Filling>> = {
  ...FILES,
  'unixfs-v1-2025': { count: 4369, nameBytes: 15 },
};

/** A directory `d` of files that is estimated at exactly the size up to which directories stay flat, or above it. */
export function filesAtThreshold(profile: CidProfile, how: AroundThreshold): Record<string, Held> {
  return named(FILES[profile], how, (name) => [`d/${name}`, 'x']);
}

/** The same with sub-directories, each of which holds a file of 200 bytes. */
export function directoriesAtThreshold(profile: CidProfile, how: AroundThreshold): Record<string, Held> {
  return named(DIRECTORIES[profile], how, (name) => [`d/${name}/f`, 'y'.repeat(200)]);
}

/** One file of over 127 bytes makes the size in its link a byte longer: that counts for whole blocks only. */
export function longerTsizeAtThreshold(): Record<string, Held> {
  const entries = Object.entries(filesAtThreshold('unixfs-v1-2025', 'exactly at the threshold'));
  return Object.fromEntries(entries.map(([path], index) => [path, index === 7 ? 'x'.repeat(128) : 'x']));
}

function named(
  { count, nameBytes }: Filling,
  how: AroundThreshold,
  entry: (name: string) => readonly [string, Held],
): Record<string, Held> {
  const longer = (index: number): boolean =>
    how === 'over by a byte for each name' || (how === 'one byte over' && index === 9);
  return Object.fromEntries(
    Array.from({ length: count }, (_, index) => entry(`${index}-`.padEnd(nameBytes + (longer(index) ? 1 : 0), 'n'))),
  );
}
