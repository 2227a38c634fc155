import type { Cid } from './cid.ts';
import type { Keyvalues } from './tag.ts';

/** Pinata's record that keeps a CID stored. */
export interface Pin {
  readonly id: string;
  /** Undefined while Pinata is still working it out. */
  readonly cid: Cid | undefined;
  readonly name: string;
  readonly bytes: number;
  readonly keyvalues: Keyvalues;
  readonly createdAt: Date;
  /** When the service removes it; null for never, undefined where the service does not tell. */
  readonly expiresAt?: Date | null | undefined;
}

export type Network = 'public' | 'private';

/** How a build travels: one CAR, or its files as a multipart folder. */
export type UploadMethod = 'car' | 'folder';

/** Whether files go one by one whatever the plan is: the private network takes no CARs. */
export function isFolderOnly(method: 'auto' | UploadMethod, network: Network): boolean {
  return method === 'folder' || network === 'private';
}
