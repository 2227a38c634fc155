import type { IncomingMessage, ServerResponse } from 'node:http';
import type { CID } from 'multiformats/cid';

/** What the gateway needs to know of the emulator: its blocks, its pins and its clock. */
export interface GatewayBackend {
  /** The stored bytes of a block, or undefined when it is not stored. */
  readBlock(cid: CID): Promise<Uint8Array | undefined>;
  /** True when a live pin has this CID as its root. */
  isPinned(root: CID): boolean;
  /** When the oldest live pin of this root was made; undefined without one. */
  pinnedSince(root: CID): Date | undefined;
  now(): Date;
}

/**
 * `dedicated`: only roots of live pins, no HTML (a *.mypinata.cloud host). `custom-domain`: the same with HTML.
 * `shared`: any stored CID, no HTML. `public`: any stored CID, but a root nobody pinned hangs and ends in 504.
 */
export type GatewayMode = 'dedicated' | 'custom-domain' | 'shared' | 'public';

/** `html200`: an error page with status 200. `wrong-bytes`: one byte is flipped. `truncate`: half the body, then a cut. */
export type GatewayLie = 'html200' | 'wrong-bytes' | 'truncate';

export interface GatewayOptions {
  /** Default `dedicated`. */
  readonly mode?: GatewayMode;
  /** When set, every request must carry it, and it opens any stored CID. */
  readonly token?: string;
  /** Content pinned less than this ago is answered as if it were unknown. Default 0. */
  readonly gatewayLagMs?: number;
  /** Answer `format=raw` and `format=car`. Default true. */
  readonly trustless?: boolean;
  /** How long a request hangs before its 504. Default 1000. */
  readonly hangMs?: number;
  readonly lies?: GatewayLie;
}

export type Gateway = (request: IncomingMessage, response: ServerResponse) => Promise<void>;

/** Serves `/ipfs/<cid>[/path]` and `<cid>.ipfs.localhost` from the backend's blocks, as Pinata's gateways do. */
export function createGateway(_backend: GatewayBackend, _options: GatewayOptions): Gateway {
  return (_request, response) => {
    response.writeHead(501).end();
    return Promise.resolve();
  };
}
