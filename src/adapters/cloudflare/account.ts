import type { Traffic } from '../http/traffic.ts';

/** What a token of Cloudflare may reach. */
export interface CloudflareOptions {
  /** With `/client/v4`. */
  readonly apiUrl: string;
  readonly token: string;
  /** Undefined: the zone is looked for, which needs another permission. */
  readonly zoneId?: string | undefined;
  readonly traffic: Traffic;
}
