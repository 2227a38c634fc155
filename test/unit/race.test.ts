import { describe, expect, it } from 'vitest';
import type { Cid } from '../../src/domain/cid.ts';
import type { Pin } from '../../src/domain/pin.ts';
import { type Keyvalues, type Project, parseTags, projectOf, pullRequestOf } from '../../src/domain/tag.ts';
import type { GitHub } from '../../src/ports.ts';
import { cidNumber, pinOf, quietGitHub } from './account.ts';
import { closeNow, deployNow, type Rules, sweepNow } from './runs.ts';
import { areIndependent, everySchedule, type Faults } from './schedules.ts';
import { type Actor, type Call, createWorld, type World, type WorldOptions } from './world.ts';

const [X, Y] = [cidNumber(1), cidNumber(2)];
const [app, docs] = [projectOf('acme/app'), projectOf('acme/docs')];
/** The strictest rules there are: what no tag points to is stale at once. */
const rules: Rules = { project: app, keepLast: 1, keepWithinMs: 0 };
const DAY_MS = 86_400_000;
/** Days before the races, unix seconds. */
const OLD = 1_799_000_000;
/** When the races begin, unix seconds. */
const NOW = 1_800_000_000;

/** The keys of a project on a pin, by the rest of their names. */
function keysOf(project: Project, own: Keyvalues): Keyvalues {
  const pairs = Object.entries(own).map(([name, value]) => [`${project.key}.${name}`, value] as const);
  return Object.fromEntries([[project.key, project.name], ...pairs]);
}

function previewPin(id: string, ...pulls: readonly number[]): Pin {
  return pinOf(id, X, keysOf(app, { previews: pulls.map((number) => `${number}@${OLD}`).join(' ') }));
}

function productionPin(id: string, cid: Cid): Pin {
  return pinOf(id, cid, keysOf(app, { production: `${OLD} 1111111` }));
}

const adopted = pinOf('x', X, { team: 'art', ...keysOf(app, { previews: `7@${OLD}` }), 'pd1.adopted': '1' });

interface Wanted {
  readonly tag: string;
  readonly cid: Cid;
  readonly project?: Project;
}

/** The pins with the content and the tag of a project. */
function pinsOf(world: World, { tag, cid, project = app }: Wanted): readonly Pin[] {
  const number = pullRequestOf(tag);
  return [...world.account.pins.values()].filter((pin) => {
    const { tags, previews } = parseTags(pin.keyvalues, project);
    const isOn = tags.some((mark) => mark.tag === tag) || previews.some((mark) => mark.pullRequest === number);
    return pin.cid === cid && isOn;
  });
}

interface Race {
  readonly pins?: readonly Pin[];
  readonly options?: WorldOptions;
  readonly start: (world: World) => readonly Actor[];
  /** What must be pinned under its tag when all are through. */
  readonly live?: readonly Wanted[];
  /** Runs that may end with an error; `also` then tells what must be true. */
  readonly mayFail?: readonly string[];
  readonly also?: (world: World, actors: readonly Actor[]) => void;
  readonly faults?: Faults;
}

interface Played {
  readonly count: number;
  /** How the account looked at the end, over all schedules. */
  readonly ends: ReadonlySet<string>;
}

/** Plays a race in every schedule, or in one of each set of schedules that differ only in what cannot matter. */
async function playAll(race: Race, schedules: 'all' | 'different' = 'different'): Promise<Played> {
  const ends = new Set<string>();
  const play = async (pick: Parameters<World['settle']>[0]): Promise<void> => {
    const world = createWorld({ pins: race.pins ?? [], ...race.options });
    const actors = race.start(world);
    await world.settle(pick);
    ends.add(
      JSON.stringify(
        [...world.account.pins.values()].map(({ id, keyvalues }) => [id, Object.entries(keyvalues).sort()]),
      ),
    );
    try {
      checkEnd(race, world, actors);
    } catch (error) {
      const pins = JSON.stringify([...world.account.pins.values()], undefined, 1);
      throw new Error(`${String(error)}\nafter\n${world.trace.join('\n')}\n${pins}`, { cause: error });
    }
  };
  const search = {
    ...(schedules === 'all' ? {} : { independent: areIndependent }),
    ...(race.faults === undefined ? {} : { faults: race.faults }),
  };
  return { count: await everySchedule(play, search), ends };
}

function checkEnd({ live = [], mayFail = [], also }: Race, world: World, actors: readonly Actor[]): void {
  for (const { name, state, error } of actors) {
    if (state === 'killed' || mayFail.includes(name)) continue;
    expect(`${name} ${state} ${error?.message ?? ''}`).toBe(`${name} done `);
  }
  for (const wanted of live) expect(pinsOf(world, wanted), `pins with ${wanted.tag}`).not.toEqual([]);
  also?.(world, actors);
}

function toProduction(
  world: World,
  more: {
    readonly cid?: Cid;
    readonly reusePinned?: boolean;
    readonly afterMs?: number;
    readonly project?: Project;
  } = {},
): Actor {
  const { cid = X, reusePinned = true, afterMs = 0, project = app } = more;
  const order = () => ({ ...deployNow({ ...rules, project }, { tags: ['production'], cid }, world), reusePinned });
  return world.deploy(`deploy-${cid === X ? 'x' : 'y'}`, order, afterMs);
}

function toPreview(world: World, number: number, more: Partial<Rules> = {}): Actor {
  return world.deploy(`preview-${number}`, () =>
    deployNow({ ...rules, ...more }, { tags: [`pr-${number}`], cid: X }, world),
  );
}

function closing(world: World, number: number, { merged = false, afterMs = 0, name = `close-${number}` } = {}): Actor {
  return world.cleanup(name, () => closeNow(rules, { number, merged }, world), afterMs);
}

function sweep(world: World): Actor {
  return world.cleanup('sweep', () => sweepNow(rules, world));
}

const allClosed: GitHub = {
  ...quietGitHub,
  pullRequests: (numbers) => {
    const closedAt = new Date(OLD * 1000);
    return Promise.resolve({
      kind: 'known',
      value: new Map(numbers.map((number) => [number, { number, state: 'closed', closedAt }])),
    });
  },
};

const production: Wanted = { tag: 'production', cid: X };
const preview = (number: number): Wanted => ({ tag: `pr-${number}`, cid: X });

function expectNoExpiry(world: World): void {
  for (const pin of world.account.pins.values()) expect(pin.expiresAt ?? null).toBeNull();
}

/** Where two deploys move one tag at once, the one with the later mark has it, and both where the marks are equal. */
function expectNewestPinned(world: World, actors: readonly Actor[]): void {
  const plans = actors.flatMap(({ outcome }) =>
    outcome?.kind === 'deployed' || outcome?.kind === 'unchanged' ? [outcome.plan] : [],
  );
  expect(plans).toHaveLength(2);
  const newest = Math.max(...plans.map(({ at }) => at));
  for (const { cid, at } of plans) {
    if (at === newest) expect(pinsOf(world, { tag: 'production', cid })).not.toEqual([]);
  }
}

/** The new content where the deploy is through; where it failed, what production had before. */
function expectProduction(world: World, [deploy]: readonly Actor[]): void {
  const cid = deploy?.state === 'done' ? X : Y;
  expect(pinsOf(world, { tag: 'production', cid })).not.toEqual([]);
}

/** What each preview deploy that came to its end wanted. */
function expectSurvivors(world: World, actors: readonly Actor[]): void {
  const done = actors.filter(({ name, state }) => name.startsWith('preview') && state === 'done');
  for (const { name } of done) {
    expect(pinsOf(world, { tag: name.replace('preview', 'pr'), cid: X }), `pins of ${name}`).not.toEqual([]);
  }
}

/** One write of what others write too arrives only when its answer is not waited for any more. */
const slowWriting: Faults = ({ restsOnReading }, before) =>
  before.length > 0 || !restsOnReading
    ? []
    : [
        { kind: 'queued', ms: 999 },
        { kind: 'slow', ms: 2000 },
        { kind: 'killed-in-flight', ms: 2000 },
        { kind: 'late-answer' },
      ];

/** One request of a run that removes is late, slow or lost, or the run is killed there; what it has sent may still arrive. */
const removalTrouble = (call: Call, before: readonly unknown[]): ReturnType<Faults> => {
  if (before.length > 0 || !call.actor.startsWith('close') || !/^(update|unpin)$/.test(call.name)) return [];
  return [
    { kind: 'queued', ms: 7400 },
    { kind: 'queued', ms: 7600 },
    { kind: 'queued', ms: 30_000 },
    { kind: 'slow', ms: 7000 },
    { kind: 'killed-after' },
    { kind: 'killed-in-flight', ms: 3000 },
    { kind: 'killed-in-flight', ms: 7000 },
    { kind: 'late-answer' },
    { kind: 'repeated' },
  ];
};
/** The same, after the request waited for its turn until the last moment. */
const slowestRemoval: Faults = (call, before) => {
  if (before.length === 0) return removalTrouble(call, before).filter(({ kind }) => kind === 'queued');
  return before.length === 1 ? removalTrouble(call, []).filter(({ kind }) => kind !== 'queued') : [];
};

const races: readonly (readonly [string, number, Race])[] = [
  [
    'a production deploy and the cleanup of the merged pull request',
    25,
    {
      pins: [previewPin('x', 7), productionPin('y', Y)],
      start: (world) => [toProduction(world), closing(world, 7, { merged: true })],
      live: [production],
    },
  ],
  [
    'a production deploy that reuses the pin, and the cleanup of an unmerged close',
    50,
    {
      pins: [previewPin('x', 7), productionPin('y', Y)],
      start: (world) => [toProduction(world), closing(world, 7)],
      live: [production],
    },
  ],
  [
    'the same where the cleanup meets trouble at one request',
    1000,
    {
      pins: [previewPin('x', 7), productionPin('y', Y)],
      start: (world) => [toProduction(world), closing(world, 7)],
      live: [production],
      faults: removalTrouble,
    },
  ],
  [
    'the same where its requests are sent at the last moment and then meet trouble',
    1000,
    {
      pins: [previewPin('x', 7), productionPin('y', Y)],
      start: (world) => [toProduction(world), closing(world, 7)],
      live: [production],
      faults: slowestRemoval,
    },
  ],
  [
    'a production deploy and a sweep that judges its untagged content stale',
    40,
    {
      pins: [pinOf('x', X, keysOf(app, { released: `${OLD}` }))],
      start: (world) => [toProduction(world), sweep(world)],
      live: [production],
    },
  ],
  [
    'two preview deploys of new content for two pull requests',
    150,
    { start: (world) => [toPreview(world, 7), toPreview(world, 8)], live: [preview(7), preview(8)] },
  ],
  [
    'two preview deploys of content that a third pull request has',
    20,
    {
      pins: [previewPin('x', 6)],
      start: (world) => [toPreview(world, 7), toPreview(world, 8)],
      live: [preview(6), preview(7), preview(8)],
    },
  ],
  [
    'a preview deploy and the cleanup of the only other pull request on the content',
    30,
    {
      pins: [previewPin('x', 7)],
      start: (world) => [toPreview(world, 8), closing(world, 7)],
      live: [preview(8)],
    },
  ],
  [
    'a preview deploy and the cleanup of one of two other pull requests on the content',
    15,
    {
      pins: [previewPin('x', 7, 6)],
      start: (world) => [toPreview(world, 8), closing(world, 7)],
      live: [preview(6), preview(8)],
    },
  ],
  [
    'the same where a request takes as long as it may, or is the last one of a run',
    150,
    {
      pins: [previewPin('x', 7, 6)],
      start: (world) => [toPreview(world, 8), closing(world, 7)],
      live: [preview(6)],
      also: expectSurvivors,
      faults: slowWriting,
    },
  ],
  [
    'two preview deploys where a request takes as long as it may, or is the last one of a run',
    200,
    {
      pins: [previewPin('x', 6)],
      start: (world) => [toPreview(world, 7), toPreview(world, 8)],
      live: [preview(6)],
      also: expectSurvivors,
      faults: slowWriting,
    },
  ],
  [
    'the cleanups of two of three pull requests on the content',
    12,
    {
      pins: [previewPin('x', 7, 8, 9)],
      start: (world) => [closing(world, 7), closing(world, 8)],
      live: [preview(9)],
    },
  ],
  [
    'a cleanup and a sweep that give up the same content',
    50,
    {
      options: { github: allClosed },
      pins: [previewPin('x', 7)],
      start: (world) => [closing(world, 7), sweep(world)],
      also: (world) => expect([...world.account.pins]).toEqual([]),
    },
  ],
  [
    'a rollback and the retention of a production deploy that judges that content stale',
    200,
    {
      pins: [productionPin('x', X)],
      start: (world) => [toProduction(world), toProduction(world, { cid: Y })],
      also: expectNewestPinned,
    },
  ],
  [
    'a production deploy and a cleanup that releases the adopted pin',
    35,
    {
      pins: [adopted],
      start: (world) => [toProduction(world), closing(world, 7)],
      live: [production],
      also: (world) =>
        expect(world.account.pins.get('x')?.keyvalues).toMatchObject({ team: 'art', 'pd1.adopted': '1' }),
    },
  ],
  [
    "another project's deploy and a cleanup that releases the adopted pin",
    50,
    {
      pins: [adopted],
      start: (world) => [toProduction(world, { project: docs }), closing(world, 7)],
      live: [{ ...production, project: docs }],
      also: (world) =>
        expect(world.account.pins.get('x')?.keyvalues).toMatchObject({ team: 'art', 'pd1.adopted': '1' }),
    },
  ],
  [
    'two cleanups that release the adopted pin, which is as it was before',
    30,
    {
      options: { github: allClosed },
      pins: [adopted],
      start: (world) => [closing(world, 7), sweep(world)],
      also: (world) => expect(world.account.pins.get('x')?.keyvalues).toEqual({ team: 'art' }),
    },
  ],
  [
    "another project's deploy and the cleanup of an unmerged close",
    40,
    {
      pins: [previewPin('x', 7)],
      start: (world) => [toProduction(world, { project: docs }), closing(world, 7)],
      live: [{ ...production, project: docs }],
    },
  ],
  [
    'a production deploy and a preview deploy of new content, which must not expire',
    500,
    {
      start: (world) => [toProduction(world), toPreview(world, 7, { previewsKeptMs: DAY_MS })],
      live: [production, preview(7)],
      also: expectNoExpiry,
    },
  ],
  [
    'the same on a pin that is there, of a service that does not tell expiries',
    100,
    {
      options: { expiryHidden: true },
      pins: [pinOf('x', X, keysOf(app, {}))],
      start: (world) => [toProduction(world), toPreview(world, 7, { previewsKeptMs: DAY_MS })],
      live: [production, preview(7)],
      also: expectNoExpiry,
    },
  ],
  [
    'a production deploy and the cleanup of an unmerged close, with a record for each upload',
    600,
    {
      options: { duplicates: 'new-record' },
      pins: [previewPin('x', 7), previewPin('x2', 7)],
      start: (world) => [toProduction(world), closing(world, 7)],
      live: [production],
    },
  ],
  [
    'a production deploy, the cleanup of the merged pull request and a sweep',
    2700,
    {
      pins: [previewPin('x', 7), productionPin('y', Y)],
      start: (world) => [toProduction(world), closing(world, 7, { merged: true }), sweep(world)],
      live: [production],
    },
  ],
  [
    'a production deploy that uploads and meets the record, and the cleanup of an unmerged close',
    150,
    {
      pins: [previewPin('x', 7), productionPin('y', Y)],
      start: (world) => [toProduction(world, { reusePinned: false }), closing(world, 7)],
      mayFail: ['deploy-x'],
      also: expectProduction,
    },
  ],
  [
    'the same with a record for each upload',
    200,
    {
      options: { duplicates: 'new-record' },
      pins: [previewPin('x', 7), productionPin('y', Y)],
      start: (world) => [toProduction(world, { reusePinned: false }), closing(world, 7)],
      mayFail: ['deploy-x'],
      also: expectProduction,
    },
  ],
];

describe('what should be live is pinned and tagged in the end', () => {
  it.each(races)('%s: in all orders of their requests (at least %i that differ)', async (_name, least, race) => {
    const { count } = await playAll(race);
    expect(count).toBeGreaterThanOrEqual(least);
  });
});

describe('the orders that are left out', () => {
  it('end like one that is played', async () => {
    const race: Race = {
      pins: [previewPin('x', 7, 6)],
      start: (world) => [toPreview(world, 8), closing(world, 7)],
      live: [preview(6), preview(8)],
    };
    const [all, different] = [await playAll(race, 'all'), await playAll(race)];
    expect(different.ends).toEqual(all.ends);
    expect(all.count).toBeGreaterThan(20 * different.count);
  });
});

describe('an announcement of a run that was stopped', () => {
  it('is waited out once, and stays for other deploys to see', async () => {
    const announced = { released: `${OLD}`, unpinning: `${NOW - 5}` };
    const world = createWorld({ pins: [pinOf('x', X, keysOf(app, announced))] });
    const began = world.date().getTime();
    const deploy = toProduction(world);
    await world.settle();
    expect(deploy.state).toBe('done');
    expect(world.date().getTime() - began).toBeGreaterThanOrEqual(20_000);
    expect(parseTags(world.account.pins.get('x')?.keyvalues ?? {}, app)).toMatchObject({
      released: undefined,
      unpinning: NOW - 5,
      tags: [{ tag: 'production' }],
    });
  });

  it('means nothing after ten minutes', async () => {
    const world = createWorld({ pins: [pinOf('x', X, keysOf(app, { unpinning: `${NOW - 601}` }))] });
    const began = world.date().getTime();
    const deploy = toProduction(world);
    await world.settle();
    expect(deploy.state).toBe('done');
    expect(world.date().getTime()).toBe(began);
  });
});
