import { type Cid, cidFromDigest, DAG_PB_CODEC } from '../../src/domain/cid.ts';
import { ActionError } from '../../src/domain/errors.ts';
import type { AccountGateway } from '../../src/domain/gateway.ts';
import type { Opening } from '../../src/domain/link.ts';
import type { Build } from '../../src/domain/listing.ts';
import type { Pin } from '../../src/domain/pin.ts';
import type { Keyvalues } from '../../src/domain/tag.ts';
import { applyChanges } from '../../src/domain/tagging.ts';
import type { NamePorts } from '../../src/modes/names.ts';
import type { Clock, GitHub, Pins, PublishedTree, Upload } from '../../src/ports.ts';

/** A CID that differs for every number. */
export function cidNumber(number: number): Cid {
  return cidFromDigest(DAG_PB_CODEC, new Uint8Array(32).fill(number));
}

export function buildOf(root: Cid): Build {
  return {
    root,
    profile: 'unixfs-v1-2025',
    listing: new Map([['index.html', { cid: cidNumber(250), bytes: 12 }]]),
    bytes: 12,
    blocks: 2,
    car: { bytes: 100, read: () => emptyBody() },
    nodes: new Map(),
    readFile: () => emptyBody(),
  };
}

async function* emptyBody(): AsyncGenerator<Uint8Array> {}

export function pinOf(id: string, cid: Cid, keyvalues: Keyvalues = {}): Pin {
  return { id, cid, name: id, bytes: 12, keyvalues, createdAt: new Date(1_700_000_000_000) };
}

/** What an upload of a CID that is there already does to its record. */
export type Duplicates = 'keep' | 'merge' | 'replace' | 'new-record';

/** No list of the service is further behind. */
const LONGEST_LAG_MS = 2000;

export interface AccountOptions {
  readonly pins?: readonly Pin[];
  readonly duplicates?: Duplicates;
  /** The account's plan does not take CARs. */
  readonly carsRefused?: boolean;
  /** Answers every upload with this CID. */
  readonly answeredCid?: Cid;
  /** Lists lag: what was uploaded in this run is found by id only. */
  readonly listLags?: boolean;
  /** Pins that the list still shows and that are gone. */
  readonly ghosts?: readonly string[];
  /** What the gateway answers instead of a CID. */
  readonly swaps?: ReadonlyMap<Cid, Cid>;
  /** The account's own gateways. */
  readonly gateways?: readonly AccountGateway[];
  /** Lists are as far behind the clock as this answers, milliseconds: new pins are missing, gone ones are there. */
  readonly lagMs?: () => number;
  /** The service does not tell when a pin expires. */
  readonly expiryHidden?: boolean;
  /** The service refuses more pairs than this on one pin. */
  readonly maxPairs?: number;
  /** Pins expire, requests can be late, and lists lag by this clock. */
  readonly clock?: Clock;
  /** Passed before each call is carried out, with its name and the pin's id: a test may hold it there, or throw. */
  readonly gate?: (name: string, id: string) => Promise<void>;
  /** Throws before (`at` times later) the call is carried out, or after it. */
  readonly failure?: { readonly call: number; readonly when: 'before' | 'after' };
}

export interface Account extends Pins {
  readonly pins: Map<string, Pin>;
  /** Somebody pins by hand. */
  readonly add: (pin: Pin) => void;
  readonly calls: string[];
}

/** A clock that only moves when somebody waits, or when a test says so. */
export interface TestClock extends Clock {
  advance(ms: number): void;
}

export function createClock(start = new Date(1_800_000_000_000)): TestClock {
  let elapsed = 0;
  return {
    now: () => elapsed,
    date: () => new Date(start.getTime() + elapsed),
    pause: (ms) => {
      elapsed += ms;
      return Promise.resolve();
    },
    advance: (ms) => {
      elapsed += ms;
    },
  };
}

/** A GitHub that nobody asked about anything yet. */
export const quietGitHub: GitHub = {
  pullRequests: () => Promise.resolve({ kind: 'known', value: new Map() }),
  activeDeployments: () => Promise.resolve({ kind: 'known', value: [] }),
  recentDeployments: () => Promise.resolve({ kind: 'known', value: [] }),
  commitTrees: () => Promise.resolve({ kind: 'known', value: new Map() }),
  commitIds: () => Promise.resolve({ kind: 'known', value: new Map() }),
};

/** An account in memory, with the service's habits that matter to decisions. */
export function createAccount(options: AccountOptions = {}): Account {
  const pins = new Map((options.pins ?? []).map((pin) => [pin.id, pin]));
  const listed = new Set(pins.keys());
  const calls: string[] = [];
  let made = pins.size;
  const snapshots: { readonly at: number; readonly pins: readonly Pin[] }[] = [];
  const now = (): number => options.clock?.now() ?? 0;
  const told = (pin: Pin): Pin => (options.expiryHidden === true ? { ...pin, expiresAt: undefined } : pin);
  const visible = (): Pin[] => {
    const until = now() - (options.lagMs?.() ?? 0);
    const seen = until < now() ? snapshots.find(({ at }) => at <= until)?.pins : undefined;
    return [...(seen ?? pins.values())]
      .filter((pin) => options.listLags !== true || listed.has(pin.id))
      .map((pin) => told(pin));
  };

  const present = (id: string): Pin | undefined => (options.ghosts?.includes(id) ? undefined : pins.get(id));
  const isLate = (notAfter: number | undefined): boolean =>
    options.clock !== undefined && notAfter !== undefined && now() > notAfter;

  const call = async <T>(name: string, id: string, work: () => T): Promise<T> => {
    calls.push(name);
    if (options.gate !== undefined) await options.gate(name, id);
    expire();
    remember();
    const { failure } = options;
    const hit = failure !== undefined && calls.length === failure.call;
    if (hit && failure.when === 'before') throw new Error(`${name} failed`);
    const result = work();
    remember();
    if (hit) throw new Error(`the answer to ${name} got lost`);
    return result;
  };

  const expire = (): void => {
    const today = options.clock?.date();
    for (const { id, expiresAt } of [...pins.values()])
      if (today !== undefined && expiresAt && expiresAt < today) pins.delete(id);
  };

  /** What a list that lags shows later: newest first, of a moment the last state only. */
  const remember = (): void => {
    if (options.lagMs === undefined) return;
    if (snapshots[0]?.at === now()) snapshots.shift();
    snapshots.unshift({ at: now(), pins: [...pins.values()] });
    const old = snapshots.findIndex(({ at }) => at < now() - LONGEST_LAG_MS);
    if (old >= 0) snapshots.length = old + 1;
  };

  const refuseTooManyPairs = (keyvalues: Keyvalues): void => {
    if (Object.keys(keyvalues).length <= (options.maxPairs ?? Number.POSITIVE_INFINITY)) return;
    throw new ActionError('conflict', `Pinata did not write tags to a pin: more than ${options.maxPairs} pairs.`);
  };

  const store = (cid: Cid, keyvalues: Keyvalues): Upload => {
    const existing = [...pins.values()].find((pin) => pin.cid === cid && !options.ghosts?.includes(pin.id));
    const mode = options.duplicates ?? 'keep';
    if (existing === undefined || mode === 'new-record') {
      made += 1;
      const created = options.clock?.date() ?? new Date(1_700_000_000_000);
      const pin = { ...pinOf(`pin-${made}`, cid, keyvalues), createdAt: created };
      pins.set(pin.id, pin);
      return { kind: 'uploaded', cid, pinId: pin.id, duplicate: existing !== undefined, sentBytes: 100 };
    }
    const kept = { keep: existing.keyvalues, merge: { ...existing.keyvalues, ...keyvalues }, replace: keyvalues }[mode];
    pins.set(existing.id, { ...existing, keyvalues: kept });
    return { kind: 'uploaded', cid, pinId: existing.id, duplicate: true, sentBytes: 100 };
  };

  return {
    pins,
    add: (pin) => {
      pins.set(pin.id, pin);
      remember();
    },
    calls,
    listByProject: (project) =>
      call('listByProject', '', () => visible().filter((pin) => pin.keyvalues[project.key] === project.name)),
    listByCid: (cid) => call('listByCid', '', () => visible().filter((pin) => pin.cid === cid)),
    read: (id) =>
      call('read', id, () => {
        const pin = present(id);
        return pin === undefined ? undefined : told(pin);
      }),
    update: (id, { keyvalues, expiresAt }, moment) =>
      call('update', id, () => {
        if (isLate(moment?.notAfter)) return 'late';
        const pin = present(id);
        if (pin === undefined) return 'gone';
        const changed = applyChanges(pin.keyvalues, keyvalues);
        refuseTooManyPairs(changed);
        pins.set(id, {
          ...pin,
          keyvalues: changed,
          expiresAt: expiresAt === 'never' ? null : (expiresAt ?? pin.expiresAt),
        });
        return 'done';
      }),
    unpin: (id, { notAfter }) =>
      call('unpin', id, () => {
        if (isLate(notAfter)) return 'late';
        pins.delete(id);
        return 'gone';
      }),
    readSwaps: (cids) =>
      call('readSwaps', '', () => ({
        kind: 'known' as const,
        value: new Map([...(options.swaps ?? [])].filter(([cid]) => cids.includes(cid))),
      })),
    readGateways: () => call('readGateways', '', () => ({ kind: 'known' as const, value: options.gateways ?? [] })),
    readUsage: () => call('readUsage', '', () => ({ pins: pins.size, bytes: pins.size * 12 })),
    upload: (order) =>
      call('upload', '', () => {
        if (options.carsRefused === true && order.method === 'car')
          return { kind: 'refused', reason: 'no CARs on this plan', sentBytes: 100 };
        return store(options.answeredCid ?? order.build.root, order.keyvalues);
      }),
    waitUntilListed: (cid, pinId) =>
      call('waitUntilListed', '', () => {
        const pin = [...pins.values()].find(
          (entry) => entry.cid === cid && (pinId === undefined || entry.id === pinId),
        );
        if (pin === undefined) throw new Error('never listed');
        return pin;
      }),
  };
}

/** Of content that nobody serves blocks of, no file is known. */
export function unknownOpening(root: Cid): Opening {
  return { root, kind: 'directory', sample: undefined, plainSample: undefined, redirects: undefined };
}

/** What was published before cannot be read here, and nobody looks. */
export const blindComparison = {
  preflight: () => Promise.resolve(undefined),
  showPreflight: () => {},
  hide: (text: string) => text,
  publishedTree: (root: Cid): Promise<PublishedTree> =>
    Promise.resolve({
      compare: () => Promise.resolve({ kind: 'unreadable', reason: 'nobody serves it' }),
      readFile: () => Promise.resolve(undefined),
      opening: () => Promise.resolve(unknownOpening(root)),
      effort: () => ({ requests: 0, cached: 0, bytes: 0, ms: 0 }),
    }),
  commitTrees: quietGitHub.commitTrees,
  showComparison: (): void => {},
  keepListing: (): Promise<void> => Promise.resolve(),
};

function nobodyAsks(): Promise<never> {
  return Promise.reject(new Error('no name was given'));
}

/** No name follows a tag. */
const noNames: NamePorts = {
  zones: undefined,
  resolvers: { read: nobodyAsks },
  swaps: { read: nobodyAsks, write: nobodyAsks, remove: nobodyAsks, look: nobodyAsks },
  clock: createClock(),
  log: { line: () => {}, notice: () => {}, warn: () => {}, group: () => {}, progress: () => {} },
};

/** No name shows content, and no mirror keeps it. */
export const alone = { named: () => Promise.resolve([]), mirrors: [] } as const;

/** The same, of a run that puts tags on content. */
export const unfollowed = { ...alone, names: noNames, accessLink: () => Promise.resolve(undefined) } as const;

/** A deploy that looks at nothing but the account. */
export const unassessed = {
  diffBase: { kind: 'none' },
  stripHash: [],
  sizeBudget: [],
  builtCommit: undefined,
  verify: 'gateway',
  names: [],
} as const;
