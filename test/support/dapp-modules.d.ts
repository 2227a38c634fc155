// The example's modules are plain JavaScript, as they are deployed; their shapes for the tests.
interface DappCid {
  readonly version: 0 | 1;
  readonly codec: number;
  readonly hash: number;
  readonly digest: Uint8Array;
  readonly bytes: Uint8Array;
  readonly base: string;
}

interface DappAddress {
  readonly cid: DappCid;
  readonly namespace: 'ipfs' | 'ipns';
  readonly path: string;
  readonly kind: string;
}

declare module '*/dapp/assets/cid.js' {
  export function parseCid(text: string): DappCid;
  export function toV0(cid: DappCid): string | undefined;
  export function toBase16(cid: DappCid): string;
  export function toBase32(cid: DappCid): string;
  export function toBase36(cid: DappCid): string;
  export function toBase58(cid: DappCid): string;
  export function codecName(code: number): string;
  export function hashName(code: number): string;
  export function cutIntoFields(cid: DappCid): readonly { readonly field: string; readonly hex: string }[];
}

declare module '*/dapp/assets/contenthash.js' {
  export function encodeContenthash(cid: DappCid, namespace: 'ipfs' | 'ipns'): string;
  export function decodeContenthash(text: string): Pick<DappAddress, 'cid' | 'namespace'>;
}

declare module '*/dapp/assets/address.js' {
  export function parseAddress(text: string): DappAddress;
  export function findInUrl(url: URL): DappAddress | undefined;
}

declare module '*/dapp/assets/gateways.js' {
  export function listGateways(address: DappAddress): readonly { readonly name: string; readonly url: string }[];
}

declare module '*/dapp/assets/wallet.js' {
  export function followWallet(
    provider: {
      request(call: { readonly method: string }): Promise<unknown>;
      on?(event: string, listener: () => void): void;
    },
    report: (wallet: { readonly account: string | undefined; readonly chain: string }) => void,
  ): { refresh(): Promise<void>; connect(): Promise<void> };
  export function shortenAccount(account: string): string;
}
