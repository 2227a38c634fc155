import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Cid } from '../../src/domain/cid.ts';
import type { Build, CidProfile } from '../../src/domain/listing.ts';
import type { Outcome, Probe } from '../../src/domain/outcome.ts';
import { currentCid } from '../../src/domain/revision.ts';
import { parseTags, projectOf } from '../../src/domain/tag.ts';
import type { DeployRun } from '../../src/modes/decide.ts';
import { deploy } from '../../src/modes/deploy.ts';
import {
  type Account,
  blindComparison,
  buildOf,
  cidNumber,
  createAccount,
  createClock,
  pinOf,
  quietGitHub,
  unassessed,
  unfollowed,
} from './account.ts';

const project = projectOf('acme/app');
const other = projectOf('acme/docs');
const NOW = new Date(1_800_000_000_000);
const [OLD, NEW, FOLDER] = [cidNumber(1), cidNumber(2), cidNumber(3)];
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

function runOf(more: Partial<DeployRun> = {}): DeployRun {
  return {
    ...unassessed,
    content: { kind: 'directory', entries: [] },
    profile: 'unixfs-v1-2025',
    method: 'auto',
    network: 'public',
    project,
    tags: ['production'],
    commit: '4f2c9a1',
    now: NOW,
    metadata: {},
    expectedCid: undefined,
    reusePinned: true,
    name: () => 'acme/app@4f2c9a1',
    group: undefined,
    dryRun: false,
    failOnUnreachable: false,
    unpin: true,
    maxRemovals: 20,
    previewsKeptMs: undefined,
    retention: {
      project,
      keepLast: 5,
      keepWithinMs: 7 * 86_400_000,
      protectTags: ['v*'],
      protectCids: new Set(),
      inUse: new Map(),
      givenUp: new Map(),
      scope: new Set(['production']),
    },
    ...more,
  };
}

interface Setting {
  readonly cid?: Cid;
  /** Looks at the gateways; answers `probes` when left out. */
  readonly probe?: () => readonly Probe[];
  readonly probes?: readonly Probe[];
}

interface Deployed {
  readonly outcome: Outcome;
  readonly said: readonly string[];
}

async function deployTo(
  account: Account,
  run: DeployRun,
  { cid = NEW, probes = [live], probe = () => probes }: Setting = {},
): Promise<Deployed> {
  const said: string[] = [];
  const builds: Partial<Record<CidProfile, Build>> = {
    'pinata-folder': { ...buildOf(FOLDER), profile: 'pinata-folder' },
  };
  const outcome = await deploy(run, {
    ...blindComparison,
    ...unfollowed,
    pins: account,
    github: quietGitHub,
    clock: createClock(),
    gateways: { probe: () => Promise.resolve(probe()), checkBlocks: () => Promise.resolve([]) },
    log: { line: () => {}, notice: () => {}, warn: (text) => said.push(text), group: () => {}, progress: () => {} },
    build: (profile) => Promise.resolve(builds[profile] ?? buildOf(cid)),
    keepCar: () => Promise.resolve(),
    showPlan: () => {},
    showUpload: () => {},
    transferring: () => {},
    transferred: () => {},
  });
  return { outcome, said };
}

function tagged(cid: Cid, id = 'old'): ReturnType<typeof pinOf> {
  return pinOf(id, cid, { [project.key]: project.name, [`${project.key}.production`]: '1700000000 1111111' });
}

function production(account: Account): Cid | undefined {
  return currentCid([...account.pins.values()], 'production', project);
}

describe('deploy', () => {
  it('uploads, tags and reports what is new', async () => {
    const account = createAccount({ pins: [tagged(OLD)] });
    const { outcome } = await deployTo(account, runOf());
    expect(outcome).toMatchObject({ kind: 'deployed', uploadedBytes: 100, plan: { previous: OLD, changed: true } });
    expect(production(account)).toBe(NEW);
    expect(account.pins.get('old')).toEqual(tagged(OLD));
  });

  it('sends nothing for a CID that the account pins, and says unchanged when the tag was there', async () => {
    const account = createAccount({ pins: [tagged(NEW)] });
    const { outcome } = await deployTo(account, runOf());
    expect(outcome).toMatchObject({ kind: 'unchanged', uploadedBytes: 0 });
    expect(account.calls).not.toContain('upload');
    expect(account.pins.get('old')?.keyvalues[`${project.key}.production`]).toBe('1800000000 4f2c9a1');
  });

  it('uses the pin of another project and leaves its keys', async () => {
    const theirs = { [other.key]: other.name, [`${other.key}.production`]: '1700000000 1111111' };
    const account = createAccount({ pins: [pinOf('theirs', NEW, theirs)] });
    await deployTo(account, runOf());
    const pin = account.pins.get('theirs');
    expect(pin?.keyvalues).toMatchObject(theirs);
    expect(parseTags(pin?.keyvalues ?? {}, project)).toMatchObject({ ours: true, adopted: false, shared: true });
  });

  it('uploads when the pin that the list shows is gone', async () => {
    const account = createAccount({ pins: [tagged(NEW)], ghosts: ['old'] });
    const { outcome } = await deployTo(account, runOf());
    expect(outcome).toMatchObject({ uploadedBytes: 100, pin: { id: 'pin-2' } });
  });

  it('opens no public link to private content, and warns of none', async () => {
    const account = createAccount();
    const { outcome, said } = await deployTo(account, runOf({ network: 'private' }));
    expect(outcome).toMatchObject({ kind: 'deployed', probes: [] });
    expect(said).toEqual([]);
  });

  it('adopts a pin that was there without us', async () => {
    const account = createAccount({ pins: [pinOf('foreign', NEW, { team: 'art' })] });
    await deployTo(account, runOf());
    expect(parseTags(account.pins.get('foreign')?.keyvalues ?? {}, project).adopted).toBe(true);
  });

  it('does not adopt its own pin of a run that was interrupted after the upload', async () => {
    const account = createAccount({ pins: [pinOf('half', NEW, { [project.key]: project.name })] });
    await deployTo(account, runOf());
    expect(parseTags(account.pins.get('half')?.keyvalues ?? {}, project).adopted).toBe(false);
  });

  it('moves no tag when the service stored another CID, and names both', async () => {
    const account = createAccount({ pins: [tagged(OLD)], answeredCid: cidNumber(9) });
    await expect(deployTo(account, runOf())).rejects.toThrow(
      `stored the build as ${cidNumber(9)}, but its CID is ${NEW}`,
    );
    expect(production(account)).toBe(OLD);
    const stray = [...account.pins.values()].find((pin) => pin.cid === cidNumber(9));
    expect(parseTags(stray?.keyvalues ?? {}, project).tags).toEqual([]);
  });

  it('falls back to a folder where CARs are refused, and says that the CID is another', async () => {
    const account = createAccount({ carsRefused: true });
    const { outcome, said } = await deployTo(account, runOf());
    expect(outcome).toMatchObject({ kind: 'deployed', plan: { cid: FOLDER } });
    expect(said.join()).toContain(`get the CID ${FOLDER} (cid-profile pinata-folder) instead of ${NEW}`);
  });

  it('finds its folder again on an account without CARs, and sends nothing', async () => {
    const account = createAccount({ carsRefused: true });
    await deployTo(account, runOf());
    const { outcome } = await deployTo(account, runOf());
    expect(outcome).toMatchObject({ kind: 'unchanged', plan: { cid: FOLDER } });
    expect(account.calls.filter((call) => call === 'upload')).toHaveLength(2);
  });

  it('sends the CAR again when the folder that the list shows is gone', async () => {
    const ghost = pinOf('ghost', FOLDER, { [project.key]: project.name, [`${project.key}.production`]: '5 1111111' });
    const account = createAccount({ pins: [ghost], ghosts: ['ghost'] });
    const { outcome } = await deployTo(account, runOf());
    expect(outcome).toMatchObject({ kind: 'deployed', plan: { cid: NEW } });
  });

  it('refuses the fallback when the user expects a CID that a folder cannot have', async () => {
    const account = createAccount({ carsRefused: true });
    await expect(deployTo(account, runOf({ expectedCid: NEW }))).rejects.toThrow(/expected-cid/);
    expect(account.pins.size).toBe(0);
  });

  it.each([
    [{ method: 'car' }, /no CARs on this plan/],
    [{ content: { kind: 'car', source: 'x.car' } }, /no CARs on this plan/],
    [{ profile: 'unixfs-v0-2015' }, /cannot make CIDs of cid-profile/],
  ] as const)('fails where a folder is no way out: %o', async (more, message) => {
    await expect(deployTo(createAccount({ carsRefused: true }), runOf(more))).rejects.toThrow(message);
  });

  it('writes nothing in a dry run', async () => {
    const account = createAccount({ pins: [tagged(OLD)] });
    const { outcome } = await deployTo(account, runOf({ dryRun: true }));
    expect(outcome.kind).toBe('planned');
    expect(account.calls).toEqual(['listByProject', 'listByCid']);
  });

  it('refuses before sending when the build is not the expected one', async () => {
    const account = createAccount();
    await expect(deployTo(account, runOf({ expectedCid: OLD }))).rejects.toThrow(
      `The build has the CID ${NEW}, expected-cid is ${OLD}.`,
    );
    expect(account.calls).not.toContain('upload');
  });

  it('moves no tag when it must be reachable and is not', async () => {
    const account = createAccount({ pins: [tagged(OLD)] });
    const probes = [{ ...live, state: 'down', note: 'has not found it yet (504)' }] as const;
    await expect(deployTo(account, runOf({ failOnUnreachable: true }), { probes })).rejects.toThrow(
      /No tag was moved|no gateway/,
    );
    expect(production(account)).toBe(OLD);
  });

  it('moves no tag when it must be reachable and only a page opens that would fetch it', async () => {
    const account = createAccount({ pins: [tagged(OLD)] });
    const probes = [{ ...live, state: 'opens', bytes: 0, note: 'loads it in the browser' }] as const;
    await expect(deployTo(account, runOf({ failOnUnreachable: true }), { probes })).rejects.toThrow(
      /no gateway serves it .*loads it in the browser/,
    );
    expect(production(account)).toBe(OLD);
    expect((await deployTo(createAccount(), runOf(), { probes })).outcome.kind).toBe('deployed');
  });

  it('warns when no gateway serves it, and fails only when asked', async () => {
    const probes = [{ ...live, state: 'down', note: 'has not found it yet (504)' }] as const;
    const { outcome, said } = await deployTo(createAccount(), runOf(), { probes });
    expect(outcome.kind).toBe('deployed');
    expect(said.join()).toContain('has not found it yet');
    await expect(deployTo(createAccount(), runOf({ failOnUnreachable: true }), { probes })).rejects.toThrow(
      /no gateway serves it/,
    );
  });

  it('deploys again when the pin is removed while it must be reachable and is not', async () => {
    const account = createAccount();
    const down = { ...live, state: 'down', note: 'no such pin' } as const;
    let looks = 0;
    const probe = (): readonly Probe[] => {
      looks += 1;
      if (looks > 1) return [live];
      account.pins.clear();
      return [down];
    };
    const { outcome } = await deployTo(account, runOf({ failOnUnreachable: true }), { probe });
    expect(outcome).toMatchObject({ kind: 'deployed', uploadedBytes: 100 });
    expect(production(account)).toBe(NEW);
    expect(account.calls.filter((call) => call === 'upload')).toHaveLength(2);
  });

  it('counts only what nobody needs when it compares a plan with max-removals', async () => {
    const at = (index: number): string => `${1_700_000_000 + index} 1111111`;
    const pins = [5, 6, 7].map((number) =>
      pinOf(`old-${number}`, cidNumber(number), {
        [project.key]: project.name,
        [`${project.key}.production`]: at(number),
      }),
    );
    const strict = { ...runOf().retention, keepLast: 1, keepWithinMs: 0 };
    const swaps = new Map([[cidNumber(5), cidNumber(6)]]);
    const account = createAccount({ pins, swaps });
    const { outcome } = await deployTo(account, runOf({ retention: strict, maxRemovals: 1 }));
    expect(outcome).toMatchObject({ kind: 'deployed', retention: { unpinned: [{ revision: { cid: cidNumber(7) } }] } });
    expect([...account.pins.keys()].sort()).toEqual(['old-5', 'old-6', 'pin-4']);
    const refused = createAccount({ pins });
    await expect(deployTo(refused, runOf({ retention: strict, maxRemovals: 1 }))).rejects.toThrow(/would unpin 3/);
    expect(refused.calls).not.toContain('upload');
  });

  it('ends right with each way the service treats duplicates, though the list lags', async () => {
    for (const duplicates of ['keep', 'merge', 'replace', 'new-record'] as const) {
      const account = createAccount({ pins: [tagged(OLD)], duplicates, listLags: true });
      await deployTo(account, runOf());
      await deployTo(account, runOf({ now: new Date(NOW.getTime() + 1000), tags: ['production', 'v1'] }));
      expect(production(account), duplicates).toBe(NEW);
      expect(currentCid([...account.pins.values()], 'v1', project), duplicates).toBe(NEW);
    }
  });

  it('gives back the tags that an upload of the same content replaced', async () => {
    const theirs = { [other.key]: other.name, [`${other.key}.production`]: '1700000000 1111111' };
    const pin = { ...tagged(NEW), keyvalues: { ...tagged(NEW).keyvalues, ...theirs } };
    const account = createAccount({ pins: [pin], duplicates: 'replace' });
    await deployTo(account, runOf({ reusePinned: false, tags: ['next'] }));
    expect(account.pins.get('old')?.keyvalues).toEqual({
      ...pin.keyvalues,
      [`${project.key}.next`]: '1800000000 4f2c9a1',
    });
  });

  it('adopts a foreign pin that an upload met, and not a record that the upload made', async () => {
    for (const duplicates of ['keep', 'merge', 'replace'] as const) {
      const account = createAccount({ pins: [pinOf('foreign', NEW, { team: 'art' })], duplicates });
      await deployTo(account, runOf({ reusePinned: false }));
      expect(parseTags(account.pins.get('foreign')?.keyvalues ?? {}, project).adopted, duplicates).toBe(true);
      expect(account.pins.get('foreign')?.keyvalues.team, duplicates).toBe('art');
    }
    const account = createAccount({ pins: [pinOf('foreign', NEW, { team: 'art' })], duplicates: 'new-record' });
    await deployTo(account, runOf({ reusePinned: false }));
    expect(account.pins.get('foreign')?.keyvalues).toEqual({ team: 'art' });
    expect(parseTags(account.pins.get('pin-2')?.keyvalues ?? {}, project)).toMatchObject({
      ours: true,
      adopted: false,
    });
  });

  it('keeps the live content pinned and tagged whatever call fails, and running again repairs the rest', async () => {
    const failures = fc.record({
      // An undisturbed first deploy makes these eight calls.
      call: fc.integer({ min: 1, max: 8 }),
      when: fc.constantFrom('before' as const, 'after' as const),
      duplicates: fc.constantFrom('keep' as const, 'merge' as const, 'replace' as const, 'new-record' as const),
    });
    await fc.assert(
      fc.asyncProperty(failures, async ({ call, when, duplicates }) => {
        const account = createAccount({ pins: [tagged(OLD)], duplicates, failure: { call, when } });
        await expect(deployTo(account, runOf())).rejects.toThrow(/failed|got lost/);
        expect([OLD, NEW]).toContain(production(account));
        expect(account.pins.get('old')).toEqual(tagged(OLD));
        await deployTo(account, runOf());
        expect(production(account)).toBe(NEW);
        const pin = [...account.pins.values()].find((entry) => entry.cid === NEW);
        expect(parseTags(pin?.keyvalues ?? {}, project).adopted).toBe(false);
      }),
    );
  });
});
