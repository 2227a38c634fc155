import type { Cid } from './domain/cid.ts';
import type { OwnComment } from './domain/comment.ts';
import type { Effort } from './domain/comparison.ts';
import type { TreePair } from './domain/diff.ts';
import type { Expiry } from './domain/expiry.ts';
import type { AccountGateway } from './domain/gateway.ts';
import type { ActiveDeployment, Known, PullRequest } from './domain/github.ts';
import type { DeploymentOrder, DeploymentStatus, GithubDeployment } from './domain/github-deployment.ts';
import type { OwnIssue } from './domain/health-issue.ts';
import type { Opening } from './domain/link.ts';
import type { Build, CidProfile, Content } from './domain/listing.ts';
import type { MirrorKind, MirrorPin } from './domain/mirror.ts';
import type { NameTarget } from './domain/names.ts';
import type { Probe, Usage } from './domain/outcome.ts';
import type { Pin, UploadMethod } from './domain/pin.ts';
import type { InspectedFile } from './domain/preflight/rule.ts';
import type { KeyvalueChanges, Keyvalues, Project } from './domain/tag.ts';
import type { BlockCheck } from './domain/verification.ts';

export interface Uploaded {
  readonly kind: 'uploaded';
  /** The CID that Pinata answered; undefined when the answer with it got lost. */
  readonly cid: Cid | undefined;
  readonly pinId: string | undefined;
  /** The service met a pin that was there before; undefined where it does not tell. */
  readonly duplicate: boolean | undefined;
  /** Over all attempts. */
  readonly sentBytes: number;
}

/** What an upload came to. `refused` means: the account's plan does not take CARs, and nothing was stored. */
export type Upload = Uploaded | { readonly kind: 'refused'; readonly reason: string; readonly sentBytes: number };

export interface UploadOrder {
  readonly build: Build;
  readonly content: Content;
  readonly method: UploadMethod;
  readonly name: string;
  readonly group: string | undefined;
  readonly keyvalues: Keyvalues;
  /** Called with the bytes sent so far and the total. */
  readonly onProgress: (sent: number, total: number) => void;
}

/** What an update changes on a pin. */
export interface PinChange {
  readonly keyvalues: KeyvalueChanges;
  readonly expiresAt?: Expiry | undefined;
}

/** A request rests on what was read before: no attempt of it may be sent once `notAfter` of the clock is over. */
export interface Moment {
  readonly notAfter: number;
}

/** The account's pins. Every failure is an ActionError. */
export interface Pins {
  /** The pins that carry the project's marker, over all pages, re-checked row by row. */
  listByProject(project: Project): Promise<readonly Pin[]>;
  /** All pins of a CID, whoever made them and however they spelled it. */
  listByCid(cid: Cid): Promise<readonly Pin[]>;
  /** The pin as it is now, without the list's lag; undefined when it is gone. */
  read(id: string): Promise<Pin | undefined>;
  /** Merges changes into the pin. `late`: the moment passed without an answer; an attempt may have been carried out. */
  update(id: string, change: PinChange, moment?: Moment): Promise<'done' | 'late' | 'gone'>;
  /** Removes the pin; one that is gone already is fine. */
  unpin(id: string, moment: Moment): Promise<'gone' | 'late'>;
  /** Which of these CIDs the account's gateways answer something else for, and what. */
  readSwaps(cids: readonly Cid[]): Promise<Known<Iterable<readonly [original: Cid, target: Cid]>>>;
  /** The account's own gateways. */
  readGateways(): Promise<Known<readonly AccountGateway[]>>;
  /** What the whole account uses; undefined when the key may not ask. */
  readUsage(): Promise<Usage | undefined>;
  upload(order: UploadOrder): Promise<Upload>;
  /**
   * Waits until the pin is there: the one with `pinId`, where it is known, else any of the CID. Undefined when it was seen
   * before (`seen`) or while waiting and is gone. Fails at its deadline.
   */
  waitUntilListed(cid: Cid, pinId: string | undefined, seen?: 'seen'): Promise<Pin | undefined>;
}

/** Sees the bytes of a build as they are read, one file after the other. */
export interface Onlooker {
  begin(file: InspectedFile): void;
  /** The next bytes of the file; they are valid only during the call. */
  take(bytes: Uint8Array): void;
  end(): void;
  /** Waits until there is room for more; undefined where there is. */
  room(): Promise<void> | undefined;
}

/** Opens links to content and tells what came back. Never fails. */
export interface Gateways {
  /** @param content a build, or the root of what was published before. */
  probe(content: Build | Cid): Promise<readonly Probe[]>;
  /** Reads the whole DAG, or a sample of a large one, and hashes every block; one row for each gateway that was asked. */
  checkBlocks(root: Cid): Promise<readonly BlockCheck[]>;
}

/** The DNS records of domains, where they are kept. Failures are ActionErrors that name the domain. */
export interface DnsZones {
  /** What `_dnslink.<domain>` says at its source; undefined where there is no such record. */
  read(domain: string): Promise<NameTarget | undefined>;
  /** Makes `_dnslink.<domain>` say `dnslink=<path>`, and leaves every other record alone. */
  write(domain: string, path: string): Promise<void>;
}

/** What the world sees of a DNSLink, by DNS over HTTPS. Never fails. */
export interface Resolvers {
  read(domain: string): Promise<readonly ResolverAnswer[]>;
}

export interface ResolverAnswer {
  /** Host of the resolver. */
  readonly resolver: string;
  /** Undefined where the domain has no DNSLink, or where `trouble` says why nobody can tell. */
  readonly target: NameTarget | undefined;
  /** Seconds that the answer may be kept. */
  readonly ttl: number;
  readonly trouble: string | undefined;
}

/** Content on the account's own gateways that is answered with other content. */
export interface HotSwaps {
  /** What is answered for a CID now; undefined for its own content. Fails as ActionError. */
  read(original: Cid): Promise<Cid | undefined>;
  /** Makes the account's gateways answer `original` with `target`. Fails as ActionError. */
  write(original: Cid, target: Cid): Promise<void>;
  /** Ends it: the CID is answered with its own content again. Fails as ActionError. */
  remove(original: Cid): Promise<void>;
  /** What a gateway of the account really answers; undefined where none can be asked, or it does not tell. Never fails. */
  look(original: Cid): Promise<Cid | undefined>;
}

/** A service that keeps the same CIDs as the account. Failures are ActionErrors that name the mirror. */
export interface Mirror {
  readonly name: string;
  readonly kind: MirrorKind;
  /** Puts content there, and waits a while until it has all of it; what it has already is not sent again. */
  pin(order: MirrorOrder): Promise<MirrorPin>;
  read(cid: Cid): Promise<MirrorPin>;
  /** Takes our own pin away. `kept`: there is none, or it is not ours. */
  unpin(cid: Cid): Promise<'unpinned' | 'kept'>;
}

export interface MirrorOrder {
  readonly cid: Cid;
  readonly name: string;
  /** What is sent where the mirror takes content; undefined for what was published before, which the mirror has to find. */
  readonly build: Build | undefined;
}

/** What GitHub knows about the repository. Answers why where it cannot tell; never fails. */
export interface GitHub {
  pullRequests(numbers: readonly number[]): Promise<Known<ReadonlyMap<number, PullRequest>>>;
  /** The deployments that GitHub calls active, of every environment. */
  activeDeployments(): Promise<Known<readonly ActiveDeployment[]>>;
  /** The newest deployments, whatever their state: what was deployed, and from which commit. */
  recentDeployments(): Promise<Known<readonly ActiveDeployment[]>>;
  /** The oid of each commit's root tree, by the 7 to 40 hex digits that were given. Commits it does not know are left out. */
  commitTrees(commits: readonly string[]): Promise<Known<ReadonlyMap<string, string>>>;
  /** Each commit's own oid, 40 hex digits, in the same way. */
  commitIds(commits: readonly string[]): Promise<Known<ReadonlyMap<string, string>>>;
}

/** The directory blocks of deployed trees, where this run and later ones find them. Never fails. */
export interface ListingCache {
  /** Blocks by the CID that their bytes have, whichever was asked for; none where there is nothing, or nothing good. */
  load(root: Cid): Promise<ReadonlyMap<Cid, Uint8Array>>;
  /** `present`: they were there before. */
  save(root: Cid, blocks: Iterable<Uint8Array>): Promise<'saved' | 'present' | 'unavailable'>;
}

export interface Clock {
  /** Milliseconds that only grow; for what must happen within a time. */
  now(): number;
  /** What the clock on the wall says; for what is written on pins. */
  date(): Date;
  pause(ms: number): Promise<void>;
}

/** How a mode speaks to the person who reads the log. */
export interface Log {
  line(text: string): void;
  notice(text: string): void;
  warn(text: string): void;
  /** Lines that are folded under a title. */
  group(title: string, lines: readonly string[]): void;
  /** A line of long work: `done` of `total` bytes. Throttled by the log itself. */
  progress(what: string, done: number, total: number): void;
}

/** What a base turned out to be, as far as it differs from a build. */
export type BaseReading =
  | {
      readonly kind: 'read';
      readonly pair: TreePair;
      /** Directories without a file that only one side has. */
      readonly emptyDirectories: readonly string[];
      /** The base has nodes that no profile makes. */
      readonly strange: boolean;
    }
  /** The base follows the rules of another profile: to compare contents, the build has to be hashed by those. */
  | { readonly kind: 'foreign'; readonly profile: CidProfile }
  /** Why it could not be read: a sentence without its full stop. */
  | { readonly kind: 'unreadable'; readonly reason: string };

/** Content that was published before, read block by block; nothing unverified comes out of it. Never fails. */
export interface PublishedTree {
  /** Compares a build with it. `rules: 'known'`: the rules are what they are, and `foreign` is no answer any more. */
  compare(build: Build, rules: 'open' | 'known'): Promise<BaseReading>;
  /** A file of at most one block; undefined where it cannot be had. */
  readFile(path: string, cid: Cid): Promise<Uint8Array | undefined>;
  /** What of it can be opened as proof that it is served. Where nothing of it can be read, no file is known. */
  opening(): Promise<Opening>;
  /** What reading took so far. */
  effort(): Effort;
}

/** Comments of pull requests. Failures are ActionErrors; of kind `credentials` where the token may not. */
export interface Comments {
  /** Those that our token wrote, over all pages. */
  listOwn(pullRequest: number): Promise<readonly OwnComment[]>;
  create(pullRequest: number, body: string): Promise<OwnComment>;
  /** Undefined when the comment is gone. */
  update(id: number, body: string): Promise<OwnComment | undefined>;
  /** One that is gone already is fine. */
  remove(id: number): Promise<void>;
}

/** GitHub's deployments and commit statuses. Fails like `Comments`. */
export interface GithubDeployments {
  /** Those of ours that are active in an environment, newest first. */
  list(environment: string): Promise<readonly GithubDeployment[]>;
  /** Answers its id. */
  create(order: DeploymentOrder): Promise<number>;
  setStatus(id: number, status: DeploymentStatus): Promise<void>;
  setCommitStatus(sha: string, status: CommitStatus): Promise<void>;
}

/** At most 140 characters in `description`; `url` is '' where there is none. */
export interface CommitStatus {
  readonly state: 'success' | 'pending' | 'failure';
  readonly description: string;
  readonly url: string;
  readonly context: string;
}

/** Issues of the repository. Fails like `Comments`. */
export interface Issues {
  /** The open ones that our token opened. */
  listOpen(): Promise<readonly OwnIssue[]>;
  open(title: string, body: string): Promise<OwnIssue>;
  update(number: number, title: string, body: string): Promise<void>;
  /** Says why, and closes it. */
  close(number: number, farewell: string): Promise<void>;
}

/** The notes of releases. Fails like `Comments`. */
export interface Releases {
  /** Undefined when no release has the tag. */
  read(gitTag: string): Promise<{ readonly id: number; readonly notes: string } | undefined>;
  write(id: number, notes: string): Promise<void>;
}
