import type { Cid } from './cid.ts';
import type { Comparison } from './comparison.ts';
import type { Build } from './listing.ts';
import type { MirrorState } from './mirror.ts';
import type { NameState } from './names.ts';
import type { Pin } from './pin.ts';
import type { DeployPlan } from './plan.ts';
import type { Preflight } from './preflight/finding.ts';
import type { PromotionPlan } from './promotion.ts';
import type { Judged } from './retention.ts';
import type { BudgetLine } from './size-budget.ts';
import type { BlockCheck } from './verification.ts';

/** One link to the content and what opening it came to. */
export interface Probe {
  readonly link: string;
  readonly host: string;
  /**
   * `live`: answered with the bytes of the content. `opens`: answered with a page that fetches the content in the
   * browser, or with bytes that nobody can judge: that proves nothing. `files`: serves it, but no page to everybody: no
   * link for people. `down`: did not, and `note` says why. `unopened`: nobody looked, as `verify` asked.
   */
  readonly state: 'live' | 'opens' | 'files' | 'down' | 'unopened';
  readonly note: string;
  /** True when asking again cannot change the answer. */
  readonly final: boolean;
  /** Status of the last answer; undefined where none came. */
  readonly status: number | undefined;
  /** Until the answer began, milliseconds; undefined where none came. */
  readonly firstByteMs: number | undefined;
  /** Bytes of the content that were compared. */
  readonly bytes: number;
  /** Whether the `_redirects` of the content work there; undefined where it has none, or nobody can tell. */
  readonly routes?: 'work' | 'no';
}

/** What became of the plan for old content. */
export interface Retention {
  /** Every revision of the project with its verdict. */
  readonly rows: readonly Judged[];
  readonly judgedAt: Date;
  /** Why nothing was carried out, in words that follow "because"; undefined when it was. */
  readonly notApplied: string | undefined;
  readonly unpinned: readonly Judged[];
  /** Rows that were to be unpinned and are needed by now, with the reason. */
  readonly spared: readonly Exception[];
  /** Rows that failed; the next run tries again. */
  readonly failed: readonly Exception[];
}

export interface Exception {
  readonly row: Judged;
  readonly reason: string;
}

/** What the account holds, all projects together. */
export interface Usage {
  readonly pins: number;
  readonly bytes: number;
}

/** What a build would change, and whether it may be published as it is. */
export interface Assessment {
  /** What was found in it; undefined where nobody looked. */
  readonly preflight: Preflight | undefined;
  readonly comparison: Comparison;
  readonly budget: readonly BudgetLine[];
}

/** A build that must not be sent as it is. */
interface Unsent extends Assessment {
  readonly build: Build;
  readonly plan: DeployPlan | undefined;
}

/** Content that is there, seen from outside. */
export interface Presence {
  /** One for each link; unopened where `verify` asks for no more. */
  readonly probes: readonly Probe[];
  /** One for each gateway that was asked for blocks; none where `verify` is not `blocks`. */
  readonly blocks: readonly BlockCheck[];
  /** The names that follow a tag of this run. */
  readonly names: readonly NameState[];
  readonly mirrors: readonly MirrorState[];
}

/** What was found of the content that a tag points to. */
export interface TagHealth extends Presence {
  readonly tag: string;
  /** Undefined where nothing that is pinned has the tag. */
  readonly cid: Cid | undefined;
  /** Since when the tag points there. */
  readonly since: Date;
  readonly pinned: boolean;
  /** What is not as it should be, each a sentence without its full stop; none when all is well. */
  readonly problems: readonly string[];
  /** What is not as it should be and loses nothing: a mirror, or a gateway beside one that serves. */
  readonly remarks: readonly string[];
}

/** What a run came to; everything that is reported is derived from it. */
export type Outcome =
  | { readonly kind: 'skipped'; readonly reason: string }
  | (Assessment & {
      readonly kind: 'planned';
      readonly plan: DeployPlan;
      readonly build: Build;
      readonly retention: Retention;
      readonly names: Presence['names'];
      readonly mirrors: Presence['mirrors'];
    })
  /** Without a key: the build is compared, and nothing else can be done. */
  | (Assessment & {
      readonly kind: 'compared';
      readonly build: Build;
      /** Why there is no key, in words that follow "because"; undefined where the user asked for no more. */
      readonly reason: string | undefined;
    })
  /** The build is larger than `size-budget` allows. */
  | (Unsent & { readonly kind: 'over-budget' })
  /** The build has in it what must not be published. */
  | (Unsent & { readonly kind: 'refused' })
  /** `tags` are those that were given up; none in a sweep. */
  | {
      readonly kind: 'cleaned';
      readonly tags: readonly string[];
      readonly dryRun: boolean;
      readonly retention: Retention;
      /** What became of unpinned content at the mirrors. */
      readonly mirrors: Presence['mirrors'];
    }
  | { readonly kind: 'listed'; readonly retention: Retention; readonly usage: Usage | undefined }
  /** A tag was put on content that was published before; `dryRun`: it would be. */
  | (Presence & {
      readonly kind: 'promoted';
      readonly rollback: boolean;
      readonly dryRun: boolean;
      readonly plan: PromotionPlan;
      readonly comparison: Comparison;
      /** Undefined in a dry run. */
      readonly pin: Pin | undefined;
      /** A link to private content that ends by itself: for the outputs only. */
      readonly accessLink: AccessLink | undefined;
    })
  /** What every tag points to was looked at. */
  | { readonly kind: 'verified'; readonly tags: readonly TagHealth[]; readonly checkedAt: Date }
  | (Assessment &
      Presence & {
        /** `unchanged`: every tag already pointed to this CID. */
        readonly kind: 'deployed' | 'unchanged';
        readonly plan: DeployPlan;
        readonly build: Build;
        readonly pin: Pin;
        readonly uploadedBytes: number;
        /** A link to private content that ends by itself: for the outputs only. */
        readonly accessLink: AccessLink | undefined;
        /** When the service removes the pin by itself; undefined for never. */
        readonly expiresAt: Date | undefined;
        readonly retention: Retention;
      });

/** An outcome with a build in it. */
export type BuildOutcome = Extract<Outcome, { readonly build: Build }>;

/** Whoever has it may read until then. */
export interface AccessLink {
  readonly url: string;
  readonly expiresAt: Date;
  /** It was opened, and answered with the content. */
  readonly opened: boolean;
}

/** The build itself is why nothing was sent. */
export function isRefused({ kind }: Pick<Outcome, 'kind'>): boolean {
  return kind === 'over-budget' || kind === 'refused';
}

/**
 * A link that was opened: the one with the bytes of the content first, and among those one where the routes of the content
 * work. Undefined where none was opened.
 */
export function openedLink(probes: readonly Probe[]): string | undefined {
  const live = probes.filter(({ state }) => state === 'live');
  const best =
    live.find(({ routes }) => routes === 'work') ?? live.find(({ routes }) => routes === undefined) ?? live[0];
  return (best ?? probes.find(({ state }) => state === 'opens'))?.link;
}

/** The first link that answered; with nobody having looked, the first one. */
export function mainLink(probes: readonly Probe[]): string | undefined {
  return openedLink(probes) ?? probes.find(({ state }) => state === 'unopened')?.link;
}

/** Whether any gateway has shown bytes of the content, and they were right. */
export function isProven(probes: readonly Probe[]): boolean {
  return probes.some(({ state }) => state === 'live' || state === 'files');
}

/** Whether any gateway has the content, be it only its files. */
export function isServed(probes: readonly Probe[]): boolean {
  return probes.some(({ state }) => state === 'live' || state === 'opens' || state === 'files');
}
