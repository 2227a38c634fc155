import type { Build } from './listing.ts';
import type { Pin } from './pin.ts';
import type { DeployPlan } from './plan.ts';

/** One link to the content and what opening it came to. */
export interface Probe {
  readonly link: string;
  readonly host: string;
  /**
   * `live`: answered with the bytes of the build. `opens`: answered with a page that fetches the content in the
   * browser. `down`: did not, and `note` says why. `unopened`: nobody looked, as `verify` asked.
   */
  readonly state: 'live' | 'opens' | 'down' | 'unopened';
  readonly note: string;
  /** True when asking again cannot change the answer. */
  readonly final: boolean;
  /** Time to the whole answer, milliseconds. */
  readonly ms: number;
}

/** What a run came to; everything that is reported is derived from it. */
export type Outcome =
  | { readonly kind: 'skipped'; readonly reason: string }
  | { readonly kind: 'planned'; readonly plan: DeployPlan; readonly build: Build }
  | {
      /** `unchanged`: every tag already pointed to this CID. */
      readonly kind: 'deployed' | 'unchanged';
      readonly plan: DeployPlan;
      readonly build: Build;
      readonly pin: Pin;
      readonly uploadedBytes: number;
      readonly probes: readonly Probe[];
    };

/** The first link that answered; with nobody having looked, the first one. */
export function mainLink(probes: readonly Probe[]): string | undefined {
  return (probes.find((probe) => probe.state === 'live') ?? probes.find((probe) => probe.state !== 'down'))?.link;
}
