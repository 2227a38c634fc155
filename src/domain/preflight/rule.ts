import type { RuleName, Sighting } from './finding.ts';

/** A file whose bytes are about to come. */
export interface InspectedFile {
  /** As it will be published: `/`-separated, relative to the root of the site. */
  readonly path: string;
  readonly bytes: number;
}

/** What is known of a build before its first byte is read. */
export interface Site {
  /** path → bytes, of every file. */
  readonly files: ReadonlyMap<string, number>;
  /** A single file is the root itself: it has a name, and no place in a directory. */
  readonly isSingleFile: boolean;
}

/** Takes a file in pieces, cut anywhere; a piece of bytes is valid only during the call. */
export type Reader =
  | { readonly kind: 'bytes'; readonly take: (piece: Uint8Array) => void; readonly end: () => void }
  /** The file as UTF-8; what is no UTF-8 comes as U+FFFD. No piece is cut within a character. */
  | { readonly kind: 'text'; readonly take: (piece: string) => void; readonly end: () => void };

/** Says what it sees in the files of one build, one file after the other. */
export interface Rule {
  readonly name: RuleName;
  /** Who reads this file; undefined where the rule has nothing to look for in it. */
  readonly open: (file: InspectedFile) => Reader | undefined;
  /** Called once, after the last file: what only the whole tells. */
  readonly finish: () => void | Promise<void>;
  /** Texts that nobody must be shown, in what other rules say neither. Asked after `finish`. */
  readonly hidden?: () => Iterable<string>;
}

/** Called for everything that a rule sees; equal sightings are merged by who takes them. */
export type Report = (sighting: Sighting) => void;
