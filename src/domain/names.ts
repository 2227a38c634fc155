import type { Cid } from './cid.ts';

/** A name that people keep while the content changes, and the tag that it follows. */
export type StableName =
  /** `_dnslink.<domain>` says which CID a domain is. */
  | { readonly kind: 'dnslink'; readonly domain: string; readonly tag: string }
  /** This CID is answered with other content on the account's own gateways. */
  | { readonly kind: 'hot-swap'; readonly cid: Cid; readonly tag: string };

/** What became of a stable name, or what it says. */
export interface NameState {
  readonly name: StableName;
  /**
   * `moved`: it points to the content, and was seen to. `unconfirmed`: it was written, and not everybody sees it yet.
   * `unchanged`: it pointed there before. `planned`: it would be moved. `failed`: it does not point there.
   */
  readonly state: 'moved' | 'unconfirmed' | 'unchanged' | 'planned' | 'failed';
  /** What it pointed to before this run; undefined for nothing, or when nobody could tell. */
  readonly previous: NameTarget | undefined;
  /** In words, for a table: who has seen it, or why it failed. */
  readonly note: string;
}

/** Where a name points to: `/ipfs/bafy…`, `/ipns/…`, and its CID where it names one. */
export interface NameTarget {
  readonly path: string;
  readonly cid: Cid | undefined;
}

/** `example.com`, or the CID that is swapped: what people call the name. */
export function labelOf(name: StableName): string {
  return name.kind === 'dnslink' ? name.domain : name.cid;
}
