/** How closely a run looks at what it published: each level has the ones before it in it. */
export type VerifyLevel = 'none' | 'pin' | 'gateway' | 'blocks';

/** What reading a DAG block by block, each hashed, came to. */
export interface BlockCheck {
  readonly host: string;
  /**
   * `whole`: all blocks are there, and each has the bytes of its CID. `sample`: so it is with those that were drawn of a DAG
   * too large to read. `broken`: some are wrong or missing. `unread`: this gateway gave no block at all.
   */
  readonly state: 'whole' | 'sample' | 'broken' | 'unread';
  /** Read and right. */
  readonly blocks: number;
  readonly bytes: number;
  /** Bytes of the whole DAG, as its root claims; undefined where the root could not be read. */
  readonly totalBytes: number | undefined;
  /** In words that follow the host's name. */
  readonly note: string;
  readonly ms: number;
}

/** True when every block that was asked for came, and was right. */
export function isSound({ state }: Pick<BlockCheck, 'state'>): boolean {
  return state === 'whole' || state === 'sample';
}
