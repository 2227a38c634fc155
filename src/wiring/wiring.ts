import { explainGitHub } from '../adapters/github/client.ts';
import { createTraffic, type Traffic } from '../adapters/http/traffic.ts';
import type { PinataOptions } from '../adapters/pinata/pins.ts';
import type { Credential } from '../domain/preflight/credential.ts';
import type { Inputs } from '../inputs.ts';
import type { Clock, Log } from '../ports.ts';
import type { Recorder } from './record.ts';

type Values = Inputs['values'];

/** What every mode is wired from. */
export interface Wiring {
  readonly values: Values;
  readonly jwt: string;
  /** `owner/name` of the repository that this run belongs to. */
  readonly repository: string;
  readonly project: string;
  readonly now: Date;
  readonly log: Log;
  /** The runner's cache service; both texts are empty where it offers none. */
  readonly cacheService: { readonly resultsUrl: string; readonly token: string };
  readonly recorder: Recorder;
  /** The run's own keys, by the name they have for people. */
  readonly credentials: readonly Credential[];
  /** What runs in the thread that looks at a build. */
  readonly inspectorScript: string;
}

export const clock: Clock = {
  now: () => performance.now(),
  date: () => new Date(),
  pause: (ms) => new Promise((resolve) => setTimeout(resolve, ms)),
};

/** The account as adapters take it that need no client of the service's own. */
export type PlainPinata = Omit<PinataOptions, 'uploadUrl'>;

/** GitHub's own services, within a deadline. */
export function githubTraffic(deadline: AbortSignal): Traffic {
  return createTraffic({
    service: 'GitHub',
    requestsPerMinute: 600,
    concurrency: 4,
    firstDelayMs: 500,
    deadline,
    explain: explainGitHub,
    onRetry: () => {},
  });
}
