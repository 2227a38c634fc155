import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import type { CacheEntry, CacheToken } from './cache-records.ts';
import type { DnsRecord, DnsToken, DnsZone } from './dns-records.ts';
import type {
  CommitStatus,
  GithubCommit,
  GithubDeployment,
  GithubIssue,
  GithubRelease,
  GithubRepository,
  GithubToken,
  IssueComment,
  PullRequest,
  RestViolation,
} from './github-records.ts';

export type Network = 'public' | 'private';

/** What Pinata calls a file: the record that keeps a root CID stored. */
export interface PinRecord {
  readonly id: string;
  /** As it was answered to the client: CIDv0 or v1. */
  readonly cid: string;
  /** The same as CIDv1 in base32, the form the gateway asks for. */
  readonly root: string;
  readonly network: Network;
  readonly name: string;
  /** Bytes of the files' content. */
  readonly size: number;
  /** Bytes of all blocks. */
  readonly blockBytes: number;
  readonly numberOfFiles: number;
  readonly mimeType: string;
  readonly keyvalues: Readonly<Record<string, string>>;
  readonly groupId: string | null;
  /** Milliseconds. */
  readonly createdAt: number;
  /** Unix seconds. */
  readonly expiresAt: number | null;
  /** Milliseconds; when the import is through. Null: it failed and the record never shows. */
  readonly readyAt: number | null;
  /** Milliseconds; a deleted record may linger in listings. */
  readonly deletedAt: number | null;
  /** Keyvalues that were replaced, oldest first, and when (milliseconds): listings may lag behind. */
  readonly past?: readonly { readonly keyvalues: Readonly<Record<string, string>>; readonly until: number }[];
}

export interface Group {
  readonly id: string;
  readonly network: Network;
  readonly name: string;
  readonly isPublic: boolean;
  /** Milliseconds. */
  readonly createdAt: number;
}

export interface Key {
  /** The JWT itself. */
  readonly id: string;
  /** Stands for the JWT in the request log. */
  readonly label: string;
  readonly scopes: readonly string[];
  readonly legacyScopes: readonly string[];
  readonly revoked: boolean;
}

/** One change of what a gateway serves for a CID. */
export interface Swap {
  /** Null: the swap before it was removed. */
  readonly mappedCid: string | null;
  /** Milliseconds. */
  readonly createdAt: number;
}

/** All swaps of one CID, oldest first. The id is the network and the CID as version 1: `public/bafy…`. */
export interface SwapHistory {
  readonly id: string;
  readonly swaps: readonly Swap[];
}

/** A presigned upload URL; `fields` is the JSON body it was signed with. */
export interface SignedUpload {
  readonly id: string;
  readonly fields: string;
  readonly used: boolean;
}

/** Values by id, oldest id first: ids sort by creation. */
export interface Table<T> {
  put(value: T): void;
  get(id: string): T | undefined;
  all(): readonly T[];
  remove(id: string): void;
}

/** All of the emulator's state except blocks and partial uploads, in one sqlite file. */
export interface Store {
  readonly pins: Table<PinRecord> & { withRoot(root: string): readonly PinRecord[] };
  readonly groups: Table<Group>;
  readonly keys: Table<Key>;
  readonly swaps: Table<SwapHistory>;
  readonly signedUploads: Table<SignedUpload>;
  /** Resumable uploads that became a record. */
  readonly finishedUploads: Table<{ readonly id: string; readonly cid: string }>;
  readonly github: {
    readonly repositories: Table<GithubRepository>;
    readonly pullRequests: Table<PullRequest>;
    readonly deployments: Table<GithubDeployment>;
    readonly commits: Table<GithubCommit>;
    readonly issues: Table<GithubIssue>;
    readonly comments: Table<IssueComment>;
    readonly commitStatuses: Table<CommitStatus>;
    readonly releases: Table<GithubRelease>;
    readonly violations: Table<RestViolation>;
    readonly tokens: Table<GithubToken>;
  };
  readonly cache: { readonly entries: Table<CacheEntry>; readonly tokens: Table<CacheToken> };
  /** Cloudflare's. */
  readonly dns: {
    readonly zones: Table<DnsZone>;
    readonly records: Table<DnsRecord>;
    readonly tokens: Table<DnsToken>;
  };
  readonly settings: Table<{ readonly id: string; readonly value: string }>;
  close(): void;
}

/** Opens or creates the sqlite file in `directory`. */
export function openStore(directory: string): Store {
  const database = new DatabaseSync(join(directory, 'state.sqlite'));
  database.exec('PRAGMA journal_mode = WAL; PRAGMA synchronous = NORMAL');
  const pins = openTable<PinRecord>(database, 'pins');
  database.exec("CREATE INDEX IF NOT EXISTS pins_by_root ON pins (json ->> 'root')");
  const withRoot = database.prepare("SELECT json FROM pins WHERE json ->> 'root' = ? ORDER BY id");
  return {
    pins: { ...pins, withRoot: (root) => withRoot.all(root).map((row) => fromJson(row.json)) },
    groups: openTable(database, 'groups'),
    keys: openTable(database, 'keys'),
    swaps: openTable(database, 'swaps'),
    signedUploads: openTable(database, 'signed_uploads'),
    finishedUploads: openTable(database, 'finished_uploads'),
    github: {
      repositories: openTable(database, 'github_repositories'),
      pullRequests: openTable(database, 'github_pull_requests'),
      deployments: openTable(database, 'github_deployments'),
      commits: openTable(database, 'github_commits'),
      issues: openTable(database, 'github_issues'),
      comments: openTable(database, 'github_comments'),
      commitStatuses: openTable(database, 'github_commit_statuses'),
      releases: openTable(database, 'github_releases'),
      violations: openTable(database, 'github_violations'),
      tokens: openTable(database, 'github_tokens'),
    },
    cache: { entries: openTable(database, 'cache_entries'), tokens: openTable(database, 'cache_tokens') },
    dns: {
      zones: openTable(database, 'dns_zones'),
      records: openTable(database, 'dns_records'),
      tokens: openTable(database, 'dns_tokens'),
    },
    settings: openTable(database, 'settings'),
    close: () => {
      database.close();
    },
  };
}

function openTable<T extends { readonly id: string }>(database: DatabaseSync, name: string): Table<T> {
  database.exec(`CREATE TABLE IF NOT EXISTS ${name} (id TEXT PRIMARY KEY, json TEXT NOT NULL)`);
  const put = database.prepare(`INSERT OR REPLACE INTO ${name} (id, json) VALUES (?, ?)`);
  const get = database.prepare(`SELECT json FROM ${name} WHERE id = ?`);
  const all = database.prepare(`SELECT json FROM ${name} ORDER BY id`);
  const remove = database.prepare(`DELETE FROM ${name} WHERE id = ?`);
  return {
    put: (value) => {
      put.run(value.id, JSON.stringify(value));
    },
    get: (id) => {
      const row = get.get(id);
      return row === undefined ? undefined : fromJson<T>(row.json);
    },
    all: () => all.all().map((row) => fromJson<T>(row.json)),
    remove: (id) => {
      remove.run(id);
    },
  };
}

/** Only `put` writes these rows, so their shape is known. */
function fromJson<T>(json: unknown): T {
  return JSON.parse(String(json)) as T;
}
