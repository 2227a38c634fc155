import type { Cid } from './cid.ts';
import { isSafeUrl } from './safe-url.ts';

/** What speaks at a mirror's address: the IPFS Pinning Services API, Kubo's RPC, or the REST API of IPFS Cluster. */
export type MirrorKind = 'psa' | 'kubo' | 'cluster';

/** A second home: a service that keeps the same CIDs. `url` is its base, without a slash at its end. */
export interface MirrorAddress {
  readonly name: string;
  readonly kind: MirrorKind;
  readonly url: string;
}

/** Whether a mirror keeps a CID. */
export interface MirrorPin {
  /**
   * `pinned`: it has all of it. `pending`: it has taken the order and is not through. `failed`: it gave up.
   * `absent`: it knows nothing of it.
   */
  readonly state: 'pinned' | 'pending' | 'failed' | 'absent';
  /** False for a pin that was there without us: it is never taken away. */
  readonly ours: boolean;
  /** In words, for a table; '' where the state says it all. */
  readonly note: string;
}

/** What became of a CID on one mirror. */
export interface MirrorState {
  readonly mirror: string;
  readonly cid: Cid;
  /** `kept`: it was to be unpinned, and is somebody else's there. `trouble`: the mirror did not do what it was asked to. */
  readonly state: 'pinned' | 'pending' | 'unpinned' | 'kept' | 'absent' | 'planned' | 'trouble';
  readonly note: string;
}

/** What opens a mirror: a token, or `user:password`. */
export interface MirrorToken {
  readonly name: string;
  readonly token: string;
}

const LINE = /^([a-z0-9][a-z0-9-]{0,31})=(\S+)$/;
/** Where Kubo's RPC begins, below its base. */
const KUBO_PATH = /\/api\/v0$/;

/**
 * A line of `mirrors`, `name=url`. What speaks there is said by the URL: `kubo+https://…` or `…/api/v0`, `cluster+https://…`,
 * and the IPFS Pinning Services API otherwise. Undefined when it is none.
 */
export function parseMirror(line: string): MirrorAddress | undefined {
  const [, name, address] = LINE.exec(line) ?? [];
  if (name === undefined || address === undefined) return undefined;
  const [, said, rest = ''] = /^(?:(kubo|cluster)\+)?(.*)$/.exec(address) ?? [];
  if (!isSafeUrl(rest)) return undefined;
  const url = rest.replace(/\/+$/, '');
  if (said === 'cluster') return { name, kind: 'cluster', url };
  if (said === 'kubo' || KUBO_PATH.test(url)) return { name, kind: 'kubo', url: url.replace(KUBO_PATH, '') };
  return { name, kind: 'psa', url };
}

/** A line of `mirror-tokens`, `name=token`; undefined when it is none. */
export function parseMirrorToken(line: string): MirrorToken | undefined {
  const [, name, token] = LINE.exec(line) ?? [];
  if (name === undefined || token === undefined || !/^[\x21-\x7e]+$/.test(token)) return undefined;
  return { name, token };
}
