import type { PinataSDK } from 'pinata';
import type { Network } from '../../domain/pin.ts';
import type { Traffic } from '../http/traffic.ts';

/** One account as this run may use it. */
export interface PinataAccount {
  readonly sdk: PinataSDK;
  readonly jwt: string;
  /** Base URLs without `/v3`. */
  readonly apiUrl: string;
  readonly uploadUrl: string;
  readonly network: Network;
  /** Domain of the account's gateway, where the user told it. */
  readonly gateway?: string | undefined;
  readonly traffic: Traffic;
}

/** As much of it as a request needs that no client of the service's own makes. */
export type PlainAccount = Omit<PinataAccount, 'sdk' | 'uploadUrl'>;
