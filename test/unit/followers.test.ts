import { describe, expect, it } from 'vitest';
import type { Cid } from '../../src/domain/cid.ts';
import { type NameTarget, parseDnslinkName, parseNameTarget, type StableName } from '../../src/domain/names.ts';
import type { Outcome, Probe } from '../../src/domain/outcome.ts';
import { projectOf } from '../../src/domain/tag.ts';
import { cleanup } from '../../src/modes/cleanup.ts';
import { deploy } from '../../src/modes/deploy.ts';
import type { NamePorts } from '../../src/modes/names.ts';
import { proveServed } from '../../src/modes/presence.ts';
import { promote } from '../../src/modes/promote.ts';
import type { Mirror } from '../../src/ports.ts';
import {
  type Account,
  blindComparison,
  buildOf,
  cidNumber,
  createAccount,
  createClock,
  pinOf,
  quietGitHub,
  unfollowed,
} from './account.ts';
import { deployNow, promoteNow, sweepNow } from './runs.ts';

const project = projectOf('acme/app');
const rules = { project, keepLast: 1, keepWithinMs: 0 };
const [OLD, CURRENT, NEW] = [cidNumber(1), cidNumber(2), cidNumber(3)];
const live: Probe = {
  link: 'https://gateway.example/',
  host: 'gateway.example',
  state: 'live',
  note: 'bytes match',
  final: true,
  status: 200,
  firstByteMs: 1,
  bytes: 12,
};

function tagged(id: string, cid: Cid, at: number): ReturnType<typeof pinOf> {
  return pinOf(id, cid, { [project.key]: project.name, [`${project.key}.production`]: `${at} 1111111` });
}

const two = [tagged('old', OLD, 1_700_000_000), tagged('current', CURRENT, 1_750_000_000)];

interface World {
  readonly account: Account;
  /** Every call that changes something, in order: `update old`, `write example.com`, `unpin …`. */
  readonly acts: string[];
  readonly names: readonly StableName[];
  readonly ports: Omit<typeof unfollowed, 'mirrors'> & {
    readonly names: NamePorts;
    readonly mirrors: readonly Mirror[];
    readonly gateways: typeof gateways;
  };
}

interface Setting {
  /** Called before each call to the account. */
  readonly onCall?: (account: Account, name: string, id: string) => void;
  /** Whether a token for the domain is there. */
  readonly token?: boolean;
  readonly domains?: readonly string[];
  /** Called before each look at the gateways, and before each at a name. */
  readonly onProbe?: () => void;
  readonly onName?: () => void;
}

/** An account with two versions, a domain that shows the newer, and a mirror that has both. */
function worldOf({ onCall, onProbe, onName, token = true, domains = [] }: Setting = {}): World {
  const acts: string[] = [];
  const clock = createClock();
  const account: Account = createAccount({
    pins: two,
    gate: (name, id) => {
      onCall?.(account, name, id);
      if (['upload', 'update', 'unpin'].includes(name)) acts.push(`${name} ${id}`.trim());
      return Promise.resolve();
    },
  });
  let shown: NameTarget | undefined = parseNameTarget(`/ipfs/${CURRENT}`);
  const zones: NamePorts['zones'] = {
    read: () => {
      onName?.();
      return Promise.resolve(shown);
    },
    write: (domain, path) => {
      acts.push(`write ${domain}`);
      shown = parseNameTarget(path);
      return Promise.resolve();
    },
  };
  const mirror: Mirror = {
    name: 'second',
    kind: 'psa',
    pin: ({ cid }) => {
      acts.push(`mirror ${nameOf(cid)}`);
      return Promise.resolve({ state: 'pinned', ours: true, note: '' });
    },
    read: () => Promise.resolve({ state: 'absent', ours: false, note: '' }),
    unpin: (cid) => {
      acts.push(`unmirror ${nameOf(cid)}`);
      return Promise.resolve('unpinned');
    },
  };
  const names = domains.map((domain) => parseDnslinkName(domain)).filter((name) => name !== undefined);
  const resolvers: NamePorts['resolvers'] = {
    read: () => Promise.resolve([{ resolver: 'r', target: shown, ttl: 0, trouble: undefined }]),
  };
  return {
    account,
    acts,
    names,
    ports: {
      ...unfollowed,
      names: { ...unfollowed.names, clock, resolvers, zones: token ? zones : undefined },
      mirrors: [mirror],
      gateways: {
        ...gateways,
        probe: () => {
          onProbe?.();
          return gateways.probe();
        },
      },
    },
  };
}

function nameOf(cid: Cid): string {
  return (
    new Map([
      [OLD, 'old'],
      [CURRENT, 'current'],
      [NEW, 'new'],
    ]).get(cid) ?? cid
  );
}

const log = { line: () => {}, notice: () => {}, warn: () => {}, group: () => {}, progress: () => {} };
const gateways = { probe: () => Promise.resolve([live]), checkBlocks: () => Promise.resolve([]) };

async function deployTo({ account, names, ports }: World): Promise<Outcome> {
  const clock = createClock();
  return await deploy(
    { ...deployNow(rules, { tags: ['production'], cid: NEW }, clock), names },
    {
      ...blindComparison,
      ...ports,
      pins: account,
      github: quietGitHub,
      clock,
      log,
      build: () => Promise.resolve(buildOf(NEW)),
      keepCar: () => Promise.resolve(),
      showPlan: () => {},
      showUpload: () => {},
      transferring: () => {},
      transferred: () => {},
    },
  );
}

async function rollBack({ account, names, ports }: World): Promise<Outcome> {
  const clock = createClock();
  const from = { kind: 'tag', ref: { tag: 'production', back: 1 } } as const;
  return await promote(
    { ...promoteNow(rules, { from, toTag: 'production', run: '7' }, clock), names },
    {
      ...blindComparison,
      ...ports,
      pins: account,
      github: quietGitHub,
      clock,
      log,
      comparePublished: () =>
        Promise.resolve({
          reading: { kind: 'unreadable', reason: 'nobody serves it' },
          effort: { requests: 0, cached: 0, bytes: 0, ms: 0 },
        }),
      showPromotion: () => {},
    },
  );
}

/** Somebody needs a pin from the moment that it is to be given up. */
function neededMeanwhile(account: Account, name: string, id: string): void {
  const pin = account.pins.get(id);
  if (name !== 'update' || id !== 'old' || pin === undefined) return;
  const keyvalues = { ...pin.keyvalues, [`${project.key}.v1.0.0`]: '1760000000 1111111' };
  account.pins.set(id, { ...pin, keyvalues });
}

describe('after a deploy', () => {
  it('names are moved when the tag is settled, mirrors filled then, and old content goes last', async () => {
    const world = worldOf({ domains: ['example.com'] });
    const outcome = await deployTo(world);
    expect(outcome).toMatchObject({ kind: 'deployed', names: [{ state: 'moved' }] });
    expect(world.acts).toEqual([
      expect.stringMatching(/^upload/),
      expect.stringMatching(/^update /),
      'write example.com',
      'mirror new',
      'update old',
      'unpin old',
      'unmirror old',
    ]);
    // Who asked a minute ago still gets it.
    expect(world.account.pins.has('current')).toBe(true);
  });

  it('the tag is looked at once more before the names', async () => {
    const seen: string[] = [];
    const world = worldOf({
      domains: ['example.com'],
      onCall: (_account, name, id) => seen.push(`${name} ${id}`),
      onProbe: () => seen.push('probe'),
      onName: () => seen.push('name'),
    });
    const outcome = await deployTo(world);
    const id = outcome.kind === 'deployed' ? outcome.pin.id : '';
    expect(seen.slice(seen.indexOf('probe'), seen.indexOf('name'))).toContain(`read ${id}`);
  });

  it('nothing old goes while a name could not be moved', async () => {
    const world = worldOf({ domains: ['example.com'], token: false });
    expect(await deployTo(world)).toMatchObject({
      kind: 'deployed',
      names: [{ state: 'failed' }],
      retention: { notApplied: 'example.com does not point to the new content yet', unpinned: [] },
    });
    expect([...world.account.pins.keys()]).toEqual(expect.arrayContaining(['old', 'current']));
    expect(world.acts.join()).not.toMatch(/unpin|unmirror/);
  });

  it('a mirror keeps what was spared here', async () => {
    const world = worldOf({ onCall: neededMeanwhile });
    expect(await deployTo(world)).toMatchObject({ retention: { spared: [{}], unpinned: [{}] } });
    expect(world.acts.filter((act) => act.startsWith('un'))).toEqual(['unpin current', 'unmirror current']);
    expect(world.account.pins.has('old')).toBe(true);
  });
});

describe('after a cleanup', () => {
  it('a mirror keeps what was spared here', async () => {
    const world = worldOf({ onCall: neededMeanwhile });
    const clock = createClock();
    const ports = { ...world.ports, pins: world.account, github: quietGitHub, clock, log, showRetention: () => {} };
    const outcome = await cleanup(sweepNow(rules, clock), ports);
    expect(outcome).toMatchObject({ retention: { spared: [{}], unpinned: [] }, mirrors: [] });
    expect(world.acts.join()).not.toMatch(/unpin|unmirror/);
  });
});

describe('after a promotion', () => {
  it('names are moved and mirrors filled when the tag is settled', async () => {
    const world = worldOf({ domains: ['example.com'] });
    expect(await rollBack(world)).toMatchObject({ kind: 'promoted', names: [{ state: 'moved' }] });
    expect(world.acts).toEqual(['update old', 'write example.com', 'mirror old']);
  });

  it('no name is moved where the tag cannot be', async () => {
    const world = worldOf({
      domains: ['example.com'],
      onCall: (account, name, id) => {
        if (name === 'update') account.pins.delete(id);
      },
    });
    await expect(rollBack(world)).rejects.toThrow(/was unpinned while this run was at work/);
    expect(world.acts.join()).not.toContain('write');
  });
});

describe('a proof that content is served', () => {
  const look = { network: 'public', verify: 'gateway', subject: 'production~1' } as const;

  it('is no page that would fetch it in the browser', async () => {
    const opens: Probe = { ...live, state: 'opens', note: 'answers a page' };
    const shown = { gateways: { ...gateways, probe: () => Promise.resolve([opens]) } };
    await expect(proveServed(OLD, look, shown)).rejects.toThrow(
      'No gateway has shown a byte of production~1: gateway.example: answers a page.',
    );
  });

  it('is a file that a gateway gives out, though it shows no pages', async () => {
    const files: Probe = { ...live, state: 'files' };
    const served = { gateways: { ...gateways, probe: () => Promise.resolve([files]) } };
    expect(await proveServed(OLD, look, served)).toEqual({ probes: [files], blocks: [] });
  });
});
