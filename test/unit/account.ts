import { type Cid, cidFromDigest, DAG_PB_CODEC } from '../../src/domain/cid.ts';
import type { Build } from '../../src/domain/listing.ts';
import type { Pin } from '../../src/domain/pin.ts';
import type { Keyvalues } from '../../src/domain/tag.ts';
import type { Pins, Upload } from '../../src/ports.ts';

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
    readFile: () => emptyBody(),
  };
}

async function* emptyBody(): AsyncGenerator<Uint8Array> {}

export function pinOf(id: string, cid: Cid, keyvalues: Keyvalues = {}): Pin {
  return { id, cid, name: id, bytes: 12, keyvalues, createdAt: new Date(1_700_000_000_000) };
}

/** What an upload of a CID that is there already does to its record. */
export type Duplicates = 'keep' | 'merge' | 'replace' | 'new-record';

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
  /** Throws before (`at` times later) the call is carried out, or after it. */
  readonly failure?: { readonly call: number; readonly when: 'before' | 'after' };
}

export interface Account extends Pins {
  readonly pins: Map<string, Pin>;
  readonly calls: string[];
}

/** An account in memory, with the service's habits that matter to decisions. */
export function createAccount(options: AccountOptions = {}): Account {
  const pins = new Map((options.pins ?? []).map((pin) => [pin.id, pin]));
  const listed = new Set(pins.keys());
  const calls: string[] = [];
  const visible = (): Pin[] => [...pins.values()].filter((pin) => options.listLags !== true || listed.has(pin.id));

  const call = async <T>(name: string, work: () => T): Promise<T> => {
    calls.push(name);
    const { failure } = options;
    const hit = failure !== undefined && calls.length === failure.call;
    if (hit && failure.when === 'before') throw new Error(`${name} failed`);
    const result = await Promise.resolve(work());
    if (hit) throw new Error(`the answer to ${name} got lost`);
    return result;
  };

  const store = (cid: Cid, keyvalues: Keyvalues): Upload => {
    const existing = [...pins.values()].find((pin) => pin.cid === cid && !options.ghosts?.includes(pin.id));
    const mode = options.duplicates ?? 'keep';
    if (existing === undefined || mode === 'new-record') {
      const pin = pinOf(`pin-${pins.size + 1}`, cid, keyvalues);
      pins.set(pin.id, pin);
      return { kind: 'uploaded', cid, pinId: pin.id, duplicate: existing !== undefined, sentBytes: 100 };
    }
    const kept = { keep: existing.keyvalues, merge: { ...existing.keyvalues, ...keyvalues }, replace: keyvalues }[mode];
    pins.set(existing.id, { ...existing, keyvalues: kept });
    return { kind: 'uploaded', cid, pinId: existing.id, duplicate: true, sentBytes: 100 };
  };

  return {
    pins,
    calls,
    listByProject: (project) =>
      call('listByProject', () => visible().filter((pin) => pin.keyvalues[project.key] === project.name)),
    listByCid: (cid) => call('listByCid', () => visible().filter((pin) => pin.cid === cid)),
    read: (id) => call('read', () => (options.ghosts?.includes(id) ? undefined : pins.get(id))),
    addKeyvalues: (id, pairs) =>
      call('addKeyvalues', () => {
        const pin = pins.get(id);
        if (pin !== undefined) pins.set(id, { ...pin, keyvalues: { ...pin.keyvalues, ...pairs } });
      }),
    upload: (order) =>
      call('upload', () => {
        if (options.carsRefused === true && order.method === 'car')
          return { kind: 'refused', reason: 'no CARs on this plan', sentBytes: 100 };
        return store(options.answeredCid ?? order.build.root, order.keyvalues);
      }),
    waitUntilListed: (cid, pinId) =>
      call('waitUntilListed', () => {
        const pin = [...pins.values()].find(
          (entry) => entry.cid === cid && (pinId === undefined || entry.id === pinId),
        );
        if (pin === undefined) throw new Error('never listed');
        return pin;
      }),
  };
}
