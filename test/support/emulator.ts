import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import type { CacheChange } from '../../emulator/cache-control.ts';
import type { CacheEntry, CacheGrants } from '../../emulator/cache-records.ts';
import type { DnsTokenRequest, ZoneRequest } from '../../emulator/dns-control.ts';
import type { DnsRecord, DnsZone } from '../../emulator/dns-records.ts';
import type { Fault } from '../../emulator/faults.ts';
import type { GithubChange, GithubTokenRequest } from '../../emulator/github-control-schema.ts';
import type {
  CommitStatus,
  GithubCommit,
  GithubDeployment,
  GithubIssue,
  GithubRelease,
  IssueComment,
  PullRequest,
  RestViolation,
} from '../../emulator/github-records.ts';
import { type Knobs, optionName } from '../../emulator/knobs.ts';
import type { LoggedRequest } from '../../emulator/request-log.ts';
import type { EmulatorAddress } from '../../emulator/server.ts';
import type { Group, PinRecord, SwapHistory } from '../../emulator/store.ts';

const cli = fileURLToPath(new URL('../../emulator/cli.ts', import.meta.url));

/** A fault as a test gives it: `times` is 1 and `skip` 0 when left out. */
export type FaultRequest = Pick<Fault, 'action'> & Partial<Fault>;

/** `GET /__emulator/state`: the live records. */
export interface EmulatorState {
  readonly now: string;
  readonly records: readonly (Omit<PinRecord, 'readyAt' | 'deletedAt' | 'past'> & { readonly ready: boolean })[];
  readonly groups: readonly Group[];
  readonly swaps: readonly SwapHistory[];
  readonly github: Omit<RepositoryState, 'repository'>;
  readonly cache: readonly CacheEntry[];
  readonly dns: { readonly zones: readonly DnsZone[]; readonly records: readonly DnsRecord[] };
}

/** What the emulator's GitHub knows of a repository; times in milliseconds. */
export interface RepositoryState {
  readonly repository: string;
  readonly pullRequests: readonly PullRequest[];
  readonly issues: readonly GithubIssue[];
  readonly comments: readonly IssueComment[];
  readonly deployments: readonly GithubDeployment[];
  readonly commits: readonly GithubCommit[];
  readonly commitStatuses: readonly CommitStatus[];
  readonly releases: readonly GithubRelease[];
  /** Requests to any repository that do not fit GitHub's own description of its API. */
  readonly violations: readonly RestViolation[];
}

/** What tests look at and turn while an emulator runs. */
export interface Controls {
  /** All requests so far, in order of arrival; `match` keeps those of a host, a method, or with a text in the path. */
  requests(match?: Fault['match']): Promise<readonly LoggedRequest[]>;
  clearRequests(): Promise<void>;
  /** Queues a fault; it meets the next matching request. */
  fault(fault: FaultRequest): Promise<void>;
  clearFaults(): Promise<void>;
  /** Moves the emulator's clock; answers its new time. */
  clock(change: { readonly now: string } | { readonly advanceMs: number }): Promise<Date>;
  state(): Promise<EmulatorState>;
  /** A JWT with just these scopes. */
  addKey(grants: {
    readonly scopes?: readonly string[];
    readonly legacyScopes?: readonly string[];
    readonly revoked?: boolean;
  }): Promise<string>;
  /**
   * Makes or changes a repository on the emulator's GitHub: pull requests and issues by their number, deployments and
   * comments by their `databaseId` (without one they are new), releases by their tag, commits by their oid. Times default
   * to the emulator's clock.
   */
  github(change: GithubChange): Promise<RepositoryState>;
  /**
   * A GitHub token with just these permissions (`true` is short for `read`), of the workflow's own bot unless a `user`
   * is given.
   */
  addGithubToken(wanted: GithubTokenRequest): Promise<string>;
  /** Damages the cache entries with a key; answers the entries that are left. */
  cache(change: CacheChange): Promise<readonly CacheEntry[]>;
  /** A token of the Actions cache: of the default branch, and only for reading, unless it is said otherwise. */
  addCacheToken(grants?: Partial<CacheGrants>): Promise<string>;
  /** Makes a zone at the emulator's Cloudflare, or replaces the records of the one with this name; names may be relative. */
  dnsZone(zone: ZoneRequest): Promise<{ readonly zoneId: string; readonly records: readonly DnsRecord[] }>;
  /** A token of Cloudflare with just these permissions, for all zones unless some are named. */
  addDnsToken(wanted: DnsTokenRequest): Promise<string>;
}

/** An emulator in a process of its own, with a state directory that is removed at the end. */
export interface TestEmulator extends EmulatorAddress, Controls {
  /** The emulator's process id, for looking at its memory; another one after a restart. */
  pid(): number;
  /** Ends the process (by default as an operator would) and starts it again: same state, same URLs, same JWT. */
  restart(how?: { readonly signal?: NodeJS.Signals; readonly knobs?: Partial<Knobs> }): Promise<void>;
  /** Ends the process and removes its state. Answers the exit code; null when it was killed. */
  stop(): Promise<number | null>;
}

/** Starts an emulator with the knobs given (their command line names follow from the fields). */
export async function startEmulator(knobs: Partial<Knobs> = {}): Promise<TestEmulator> {
  const directory = await mkdtemp(join(tmpdir(), 'emulator-test-'));
  let running = await launch({ ...knobs, state: directory });
  const { address } = running;
  return {
    ...address,
    ...controlsOf(address.apiUrl),
    pid: () => running.child.pid ?? 0,
    restart: async ({ signal = 'SIGTERM', knobs: changed = {} } = {}) => {
      await end(running.child, signal);
      const port = Number(new URL(address.apiUrl).port);
      running = await launch({ ...knobs, ...changed, port, state: directory });
    },
    stop: async () => {
      const code = await end(running.child, 'SIGTERM');
      await rm(directory, { recursive: true, force: true });
      return code;
    },
  };
}

/** The controls of the emulator whose API is there. */
export function controlsOf(apiUrl: string): Controls {
  const call = async <T>(method: string, name: string, body?: unknown): Promise<T> => {
    const request: RequestInit = { method, ...(body === undefined ? {} : { body: JSON.stringify(body) }) };
    const response = await fetch(`${apiUrl}/__emulator/${name}`, request);
    const text = await response.text();
    if (!response.ok) throw new Error(`The emulator refused ${method} ${name}: ${text}`);
    return JSON.parse(text) as T;
  };
  return {
    requests: async (match = {}) => {
      const all = await call<readonly LoggedRequest[]>('GET', 'requests');
      return all.filter((request) => isMatch(request, match));
    },
    clearRequests: async () => void (await call('DELETE', 'requests')),
    fault: async (fault) => void (await call('POST', 'faults', fault)),
    clearFaults: async () => void (await call('DELETE', 'faults')),
    clock: async (change) => new Date((await call<{ now: string }>('POST', 'clock', change)).now),
    state: () => call('GET', 'state'),
    github: (change) => call('POST', 'github', change),
    addGithubToken: async (wanted) => (await call<{ token: string }>('POST', 'github/tokens', wanted)).token,
    cache: (change) => call('POST', 'cache', change),
    addCacheToken: async (grants = {}) => (await call<{ token: string }>('POST', 'cache/tokens', grants)).token,
    dnsZone: (zone) => call('POST', 'dns', zone),
    addDnsToken: async (wanted) => (await call<{ token: string }>('POST', 'dns/tokens', wanted)).token,
    addKey: async (grants) => (await call<{ jwt: string }>('POST', 'keys', grants)).jwt,
  };
}

function isMatch(request: LoggedRequest, { host, method, path }: NonNullable<Fault['match']>): boolean {
  return (
    (host === undefined || request.host === host) &&
    (method === undefined || request.method === method) &&
    (path === undefined || request.path.includes(path))
  );
}

interface Running {
  readonly child: ChildProcess;
  readonly address: EmulatorAddress;
}

/** Waits for the line that tells the URLs. Throws with what the process said when it ends before. */
async function launch(knobs: Partial<Knobs>): Promise<Running> {
  const child = spawn(process.execPath, [cli, ...renderArguments(knobs)], { stdio: ['ignore', 'pipe', 'pipe'] });
  // A test run that is killed must not leave emulators behind.
  const killAtExit = (): void => void child.kill('SIGKILL');
  process.once('exit', killAtExit);
  child.once('exit', () => process.off('exit', killAtExit));
  let complaint = '';
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    complaint += text;
  });
  for await (const line of createInterface({ input: child.stdout })) {
    return { child, address: JSON.parse(line) as EmulatorAddress };
  }
  throw new Error(`The emulator did not start: ${complaint}`);
}

/** Knobs as command line arguments. */
function renderArguments(knobs: Partial<Knobs>): readonly string[] {
  return Object.entries(knobs).flatMap(([field, value]) => {
    if (value === undefined || value === false) return [];
    const option = `--${optionName(field)}`;
    return value === true ? [option] : [option, Array.isArray(value) ? value.join(',') : String(value)];
  });
}

async function end(child: ChildProcess, signal: NodeJS.Signals): Promise<number | null> {
  if (child.exitCode === null && child.signalCode === null) {
    const ended = once(child, 'exit');
    child.kill(signal);
    await ended;
  }
  return child.exitCode;
}
