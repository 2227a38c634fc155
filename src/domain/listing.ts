import type { Cid } from './cid.ts';

/** The parameter sets that turn files into a DAG. Sources: IPIP-0499 and, for `pinata-folder`, Pinata's folder upload. */
export type CidProfile = 'unixfs-v1-2025' | 'unixfs-v0-2015' | 'pinata-folder';

/** One thing found below `path`. `path` is relative, `/`-separated, and exact: no normalisation of unicode. */
export interface FileEntry {
  readonly path: string;
  /** Where the bytes are: an absolute path on this machine. */
  readonly source: string;
  /** Bytes when it was listed; 0 for a directory. */
  readonly bytes: number;
  /** Which file was listed, by device and inode. Where it is known, no other file at the same place is read instead. */
  readonly identity?: string;
  /** A directory is listed only when it is empty; others follow from the paths of their files. */
  readonly kind: 'file' | 'directory';
}

/** What a build is made of. A single file becomes the root itself, without a directory around it. */
export type Content =
  | { readonly kind: 'directory'; readonly entries: readonly FileEntry[] }
  | { readonly kind: 'file'; readonly entry: FileEntry }
  | { readonly kind: 'car'; readonly source: string };

export interface ListedFile {
  readonly cid: Cid;
  readonly bytes: number;
}

/** path → file below a root. For a single file the path is its name. */
export type Listing = ReadonlyMap<string, ListedFile>;

/** A CAR (v1, one root, no duplicate blocks) that is never written: any range is made from the source files on demand. */
export interface CarSource {
  readonly bytes: number;
  /**
   * The bytes from `start` (inclusive) to `end` (exclusive), in pieces of at most 1 MiB. Every block touched is hashed
   * again first: a file that changed since the build throws an ActionError of kind `content` that names it.
   * A piece is valid until the next one is asked for.
   */
  read(start: number, end: number): AsyncIterable<Uint8Array>;
}

/** A directory or file with everything that is known of it before a byte is sent. */
export interface Build {
  readonly root: Cid;
  /** For a CAR, the profile that was asked for: its DAG is taken as it is and need not follow it. */
  readonly profile: CidProfile;
  readonly listing: Listing;
  /** Sum of the file sizes in bytes. */
  readonly bytes: number;
  readonly blocks: number;
  readonly car: CarSource;
  /** The blocks of directories and of files of several blocks: what stands above the content. */
  readonly nodes: ReadonlyMap<Cid, Uint8Array>;
  /** The bytes of a listed file, checked and handed out like those of `car`. Undefined for what came as a CAR. */
  readonly readFile: ((path: string) => AsyncIterable<Uint8Array>) | undefined;
}
