import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Cid } from '../../src/domain/cid.ts';
import type { Known } from '../../src/domain/github.ts';
import type { Pin } from '../../src/domain/pin.ts';
import type { PromotionSource } from '../../src/domain/promotion.ts';
import { projectOf } from '../../src/domain/tag.ts';
import type { GitHub } from '../../src/ports.ts';
import { cidNumber, type Duplicates, pinOf } from './account.ts';
import { createLiveModel, type Effect, type LiveModel } from './live-model.ts';
import { closeNow, deployNow, giveUpNow, promoteNow, type Rules, sweepNow } from './runs.ts';
import { type Actor, type Call, createWorld, type Fault, inOrder, type Pick, type World } from './world.ts';

const HOUR_MS = 3_600_000;
const DAY_MS = 24 * HOUR_MS;
const CIDS = [1, 2, 3, 4, 5].map(cidNumber);
/**
 * The second project has fewer tags, and no previews where pins by hand have keys: so all pairs fit on one pin. Where they
 * do not, marks give way (test/unit/tagging.test.ts).
 */
const TAGS = [
  ['production', 'staging', 'v1'],
  ['production', 'production', 'production'],
] as const;

interface Op {
  readonly kind: 'deploy' | 'preview' | 'close' | 'missed' | 'sweep' | 'giveUp' | 'foreign' | 'promote' | 'rollback';
  readonly project: 0 | 1;
  /** Chooses a tag, a pull request, a CID, and one way or the other. */
  readonly tag: number;
  readonly cid: number;
  readonly flag: boolean;
}

interface Step {
  /** At once where there are several. */
  readonly ops: readonly Op[];
  readonly gapMs: number;
  readonly github: 'known' | 'denied' | 'failed';
  /** What goes wrong in it, at most. */
  readonly faults: number;
}

interface Story {
  readonly seed: number;
  readonly pace: 'calm' | 'wild';
  readonly duplicates: Duplicates;
  readonly keepLast: number;
  readonly keepWithinMs: number;
  readonly previewsKeptMs: Kept;
  readonly protectedCid: number | undefined;
  readonly lagging: boolean;
  readonly handKeys: boolean;
  readonly expiryHidden: boolean;
  readonly steps: readonly Step[];
}

const op: fc.Arbitrary<Op> = fc.record({
  kind: fc.constantFrom(
    'deploy',
    'deploy',
    'deploy',
    'preview',
    'preview',
    'preview',
    'close',
    'close',
    'missed',
    'sweep',
    'sweep',
    'giveUp',
    'foreign',
    'promote',
    'promote',
    'rollback',
    'rollback',
  ),
  project: fc.constantFrom(0, 0, 1),
  tag: fc.nat(2),
  cid: fc.nat(CIDS.length - 1),
  flag: fc.boolean(),
});

function stepsOf(most: { readonly atOnce: number; readonly faults: number }): fc.Arbitrary<readonly Step[]> {
  const step: fc.Arbitrary<Step> = fc.record({
    ops: fc.array(op, { minLength: 1, maxLength: most.atOnce, size: 'max' }),
    gapMs: fc.constantFrom(2000, 30_000, 60_000, HOUR_MS, 2 * HOUR_MS, DAY_MS, 6 * DAY_MS, 15 * DAY_MS),
    github: fc.constantFrom('known', 'known', 'known', 'known', 'denied', 'failed'),
    faults: fc.nat(most.faults),
  });
  return fc.array(step, { minLength: 30, maxLength: 36, size: 'max' });
}

function storyOf(
  duplicates: readonly Duplicates[],
  most: { readonly atOnce: number; readonly faults: number },
): fc.Arbitrary<Story> {
  return fc.record({
    seed: fc.nat(),
    pace: fc.constant(most.atOnce > 1 || most.faults > 0 ? ('wild' as const) : ('calm' as const)),
    duplicates: fc.constantFrom(...duplicates),
    keepLast: fc.integer({ min: 1, max: 3 }),
    keepWithinMs: fc.constantFrom(0, HOUR_MS, DAY_MS, 7 * DAY_MS),
    previewsKeptMs: fc.constantFrom(...(most.atOnce > 1 || most.faults > 0 ? KEPT : [...KEPT, ...KEPT_BY_TWO_RULES])),
    protectedCid: fc.constantFrom(undefined, undefined, 0),
    lagging: fc.boolean(),
    handKeys: fc.boolean(),
    expiryHidden: fc.boolean(),
    steps: stepsOf(most),
  });
}

type Kept = readonly [number | undefined, number | undefined];

/** How long the two projects keep their previews. */
const KEPT: readonly Kept[] = [
  [2 * DAY_MS, 2 * DAY_MS],
  [30 * DAY_MS, 30 * DAY_MS],
  [undefined, undefined],
];
/** Which of the two rules a pin gets where both projects write it at once is left to chance. */
const KEPT_BY_TWO_RULES: readonly Kept[] = [
  [2 * DAY_MS, 30 * DAY_MS],
  [30 * DAY_MS, 2 * DAY_MS],
  [2 * DAY_MS, undefined],
  [undefined, 30 * DAY_MS],
];

type Random = () => number;

/** Numbers from 0 to 1, the same for the same seed (mulberry32). */
function randomOf(seed: number): Random {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

/** What may happen to a request. What others write too is answered within two seconds, or not waited for. */
function faultsFor({ name, urgent, restsOnReading }: Call, random: Random): readonly Fault[] {
  const longest = restsOnReading ? 2000 : 7000;
  const ms = Math.floor(random() * longest);
  const written: readonly Fault[] =
    name === 'update' || name === 'unpin'
      ? [{ kind: 'slow', ms }, { kind: 'repeated' }, { kind: 'killed-in-flight', ms }]
      : [];
  return [
    { kind: 'request-lost' },
    { kind: 'answer-lost' },
    { kind: 'killed' },
    { kind: 'killed-after' },
    { kind: 'queued', ms: Math.floor(random() * 12_000) },
    ...written,
    ...(urgent ? [{ kind: 'late-answer' } as const] : []),
  ];
}

const ELSEWHERE = new Set([
  'pause',
  'probe',
  'pullRequests',
  'activeDeployments',
  'recentDeployments',
  'commitTrees',
  'commitIds',
]);

function pickOf(random: Random, faults: number): Pick {
  let left = faults;
  return (ready) => {
    const index = Math.floor(random() * ready.length);
    const call = ready[index];
    if (call === undefined || left === 0 || random() > 0.06 || ELSEWHERE.has(call.name)) return { index };
    left -= 1;
    const possible = faultsFor(call, random);
    return { index, fault: possible[Math.floor(random() * possible.length)] };
  };
}

interface Stage {
  readonly story: Story;
  readonly rules: readonly [Rules, Rules];
  readonly world: World;
  readonly model: LiveModel;
  readonly random: Random;
  github: Step['github'];
}

function stageOf(story: Story): Stage {
  const [first, second] = story.previewsKeptMs;
  const { keepLast, keepWithinMs } = story;
  const rules: readonly [Rules, Rules] = [
    {
      project: projectOf('acme/app'),
      keepLast,
      keepWithinMs,
      previewsKeptMs: first,
      protectCids: CIDS.filter((_, index) => index === story.protectedCid),
    },
    { project: projectOf('acme/docs'), keepLast: 1, keepWithinMs, previewsKeptMs: second },
  ];
  const model = createLiveModel(rules, story.pace);
  const random = randomOf(story.seed);
  const tell = <T>(value: T): Promise<Known<T>> =>
    Promise.resolve(
      stage.github === 'known' ? { kind: 'known', value } : { kind: stage.github, reason: 'nobody knows' },
    );
  const github: GitHub = {
    pullRequests: (numbers) => tell(new Map([...model.pulls].filter(([number]) => numbers.includes(number)))),
    activeDeployments: () => tell([]),
    recentDeployments: () => tell([]),
    commitTrees: () => tell(new Map()),
    commitIds: () => tell(new Map()),
  };
  const world = createWorld({
    duplicates: story.duplicates,
    expiryHidden: story.expiryHidden,
    maxPairs: 10,
    github,
    ...(story.lagging ? { lagMs: () => Math.floor(random() * 2) * 1500 } : {}),
  });
  const stage: Stage = { story, rules, world, model, random, github: 'known' };
  return stage;
}

/** Each project has pull requests of its own. */
function pullNumber({ project, tag }: Op): number {
  return 1 + tag + 10 * project;
}

interface Started {
  readonly actor: Actor;
  /** Known when it is through. */
  readonly effects: () => readonly Omit<Effect, 'done'>[];
}

/** What is promoted: another tag, a preview, or whatever has a CID. */
function sourceOf(op: Op): PromotionSource {
  const tags = TAGS[op.project];
  if (op.kind === 'rollback') return { kind: 'tag', ref: { tag: tags[op.tag] ?? '', back: 1 } };
  if (op.cid === 0) return { kind: 'tag', ref: { tag: tags[(op.tag + 1) % tags.length] ?? '', back: 0 } };
  if (op.cid < 3) return { kind: 'tag', ref: { tag: `pr-${pullNumber(op)}`, back: 0 } };
  return { kind: 'cid', cid: CIDS[op.cid] ?? cidNumber(1) };
}

interface Promoting {
  readonly op: Op;
  readonly name: string;
  readonly run: string;
}

/** What a promotion has not decided it does not do. */
function promoting({ world, rules }: Stage, { op, name, run }: Promoting): Started {
  const own = rules[op.project];
  const toTag = TAGS[op.project][op.tag] ?? 'production';
  const actor = world.promote(name, () => promoteNow(own, { from: sourceOf(op), toTag, run }, world));
  return {
    actor,
    effects: () => (actor.decided === undefined ? [] : [{ project: own.project, tag: toTag, cid: actor.decided.cid }]),
  };
}

/** A promotion that nobody disturbs finds what the model knows. */
function expectFound(actor: Actor, wanted: Cid | undefined): void {
  if (wanted === undefined) return;
  expect(`${actor.name} ${actor.state} ${actor.error?.message ?? ''}`).toBe(`${actor.name} done `);
  expect(actor.decided?.cid).toBe(wanted);
}

/** With so many pairs there is no room for the note of a rollback. */
const FULL = 8;

/** A rollback that was killed and is repeated by the same workflow run goes back to the same content. */
async function repeatKilled(stage: Stage, op: Op | undefined, first: Actor): Promise<readonly Started[]> {
  const { decided, name } = first;
  if (op?.kind !== 'rollback' || first.state !== 'killed') return [];
  const again = promoting(stage, { op, name, run: runOf(name) });
  await stage.world.settle(inOrder);
  const isFull = pinsOf(stage).some(
    ({ cid, keyvalues }) => cid === decided?.cid && Object.keys(keyvalues).length >= FULL,
  );
  if (decided !== undefined && again.actor.decided !== undefined && !isFull)
    expect(again.actor.decided.cid).toBe(decided.cid);
  return [again];
}

/** An id of a workflow run of its own for every run. */
function runOf(name: string): string {
  return String(1000 + [...name].reduce((sum, letter) => (sum * 31 + letter.charCodeAt(0)) % 1_000_000_007, 7));
}

/** Begins what needs a run; what needs none has happened then. */
function start(stage: Stage, op: Op, name: string): readonly Started[] {
  const { world, rules, story } = stage;
  const own = rules[op.project];
  const { project } = own;
  const cid = CIDS[op.cid] ?? cidNumber(1);
  const tag = TAGS[op.project][op.tag] ?? 'production';
  const deploying = (of: string): readonly Started[] => {
    const actor = world.deploy(name, () => deployNow(own, { tags: [of], cid }, world));
    return [{ actor, effects: () => [{ project, tag: of, cid }] }];
  };
  switch (op.kind) {
    case 'deploy':
      return deploying(tag);
    case 'preview':
      if (op.project === 1 && story.handKeys) return deploying(tag);
      stage.model.open(pullNumber(op));
      return deploying(`pr-${pullNumber(op)}`);
    case 'close':
    case 'missed':
      return close(stage, op, name);
    case 'sweep':
      return [{ actor: world.cleanup(name, () => sweepNow(own, world)), effects: () => [] }];
    case 'giveUp':
      // A protected tag cannot be given up.
      if (tag === 'v1') return [];
      return [
        {
          actor: world.cleanup(name, () => giveUpNow(own, tag, world)),
          effects: () => [{ project, tag, cid: undefined }],
        },
      ];
    case 'promote':
    case 'rollback':
      return [promoting(stage, { op, name, run: runOf(name) })];
    case 'foreign':
      return [];
  }
}

function close({ world, model, rules }: Stage, op: Op, name: string): readonly Started[] {
  const own = rules[op.project];
  const number = pullNumber(op);
  model.close(number, op.flag ? 'merged' : 'closed', world.date());
  if (op.kind === 'missed') return [];
  const actor = world.cleanup(name, () => closeNow(own, { number, merged: op.flag }, world));
  return [{ actor, effects: () => [{ project: own.project, tag: `pr-${number}`, cid: undefined }] }];
}

/** Where the account has the content, the service answers with the pin that is there. */
function pinByHand({ world, model, story }: Stage, { cid: index }: Op, id: string): void {
  const cid = CIDS[index] ?? cidNumber(1);
  const isThere = [...world.account.pins.values()].some((pin) => pin.cid === cid);
  if (isThere && story.duplicates !== 'new-record') return;
  const pin: Pin = { ...pinOf(id, cid, story.handKeys ? { team: 'art' } : {}), createdAt: world.date() };
  world.account.add(pin);
  model.addForeign(pin);
}

function pinsOf({ world }: Stage): readonly Pin[] {
  return [...world.account.pins.values()];
}

function expectNone(stage: Stage, wrong: readonly string[], when: string): void {
  if (wrong.length === 0) return;
  const pins = pinsOf(stage).map(
    ({ id, cid, keyvalues, expiresAt }) => `${id} ${cid} ${expiresAt} ${JSON.stringify(keyvalues)}`,
  );
  throw new Error(
    [
      `${when} at ${stage.world.seconds()}:`,
      ...wrong,
      'pins:',
      ...pins,
      'requests:',
      ...stage.world.trace.slice(-90),
    ].join('\n'),
  );
}

function isDone({ state, outcome }: Actor): boolean {
  return (
    state === 'done' &&
    (outcome?.kind !== 'cleaned' || outcome.retention.failed.length + outcome.retention.spared.length === 0)
  );
}

/** What a promotion must find, as far as the model knows. */
function wantedBy({ model, rules, world }: Stage, op: Op | undefined): Cid | undefined {
  if (op?.kind !== 'promote' && op?.kind !== 'rollback') return undefined;
  const from = sourceOf(op);
  const pins = [...world.account.pins.values()];
  return from.kind === 'cid' ? undefined : model.promotable(rules[op.project].project, from.ref, pins, world.seconds());
}

/** What runs of one moment came to. Nobody disturbs one that is alone when nothing of others is on its way. */
async function playAtOnce(stage: Stage, group: readonly Op[], { step, index }: Turn): Promise<readonly Effect[]> {
  const { world, random } = stage;
  const isQuiet = group.length === 1 && world.inFlight() === 0;
  const wanted = isQuiet && step.faults === 0 ? wantedBy(stage, group[0]) : undefined;
  const names = group.map(({ kind }, position) => `${kind}-${index}${'abc'[position] ?? ''}`);
  const started = group.flatMap((op, position) => start(stage, op, names[position] ?? ''));
  await world.settle(pickOf(random, step.faults));
  for (const { actor } of started) expectFound(actor, wanted);
  const again = isQuiet ? await Promise.all(started.map(({ actor }) => repeatKilled(stage, group[0], actor))) : [];
  const all = [...started, ...again.flat()].flatMap(({ actor, effects }) =>
    effects().map((effect) => ({ ...effect, done: isDone(actor), stays: actor.decided?.changed === false })),
  );
  // What points there already stays where it is, unless another run takes the tag somewhere else meanwhile.
  const isAlone = ({ project, tag }: Effect): boolean =>
    all.filter((other) => other.project === project && other.tag === tag).length === 1;
  return all.filter((effect) => !effect.stays || !isAlone(effect));
}

interface Turn {
  readonly step: Step;
  readonly index: number;
}

async function playStep(stage: Stage, step: Step, index: number): Promise<void> {
  const { world, model, random } = stage;
  stage.github = step.github;
  await world.advance(step.gapMs);
  // The record of a duplicate upload may be wiped: then nothing can be done at the same time (docs/decisions/0004).
  const groups = stage.story.duplicates === 'replace' ? step.ops.map((one) => [one]) : [step.ops];
  for (const group of groups) {
    // What is pinned by hand while a run is between its list and its upload is taken for the upload's own, if that run is killed.
    for (const [position, one] of group.entries())
      if (one.kind === 'foreign') pinByHand(stage, one, `hand-${index}${position}`);
    await world.advance(2000);
    const at = world.seconds();
    world.trace.length = 0;
    model.record(await playAtOnce(stage, group, { step, index }), at);
    expectNone(stage, model.findLost(pinsOf(stage), world.seconds()), `after step ${index}`);
    if (random() < 0.7) await world.advance(8000);
    if (world.inFlight() === 0)
      expectNone(stage, model.resolve(pinsOf(stage), world.seconds()), `when all of step ${index} had arrived`);
    expectNone(stage, model.findLost(pinsOf(stage), world.seconds()), `after the last requests of step ${index}`);
  }
}

async function playStory(story: Story): Promise<void> {
  const stage = stageOf(story);
  for (const [index, step] of story.steps.entries()) await playStep(stage, step, index);
  await rest(stage);
}

/** Nobody does anything for two hours but sweep, twice. */
async function rest(stage: Stage): Promise<void> {
  const { world, model, rules } = stage;
  stage.github = 'known';
  for (const round of [1, 2, 3]) {
    await world.advance(2 * HOUR_MS);
    expectNone(stage, model.resolve(pinsOf(stage), world.seconds()), 'at rest');
    for (const own of rules) {
      const actor = world.cleanup(`sweep-${round}`, () => sweepNow(own, world));
      await world.settle(inOrder);
      expect(actor.state).toBe('done');
    }
  }
  const pins = pinsOf(stage);
  expectNone(stage, model.findLost(pins, world.seconds()), 'at rest');
  expectNone(stage, model.findLeft(pins, world.seconds()), 'left at rest');
}

/** Always the same stories; another number tells others. */
const SEED = Number(process.env.MODEL_SEED ?? 1);
const STORIES = Number(process.env.MODEL_STORIES ?? 600);

async function playMany(stories: fc.Arbitrary<Story>): Promise<void> {
  await fc.assert(fc.asyncProperty(stories, playStory), { numRuns: STORIES, seed: SEED, endOnFailure: true });
}

describe('600 stories of 30 steps and more, of two projects in one account', () => {
  it('lose nothing live and leave nothing stale, one run after another', async () => {
    await playMany(storyOf(['keep', 'merge', 'replace', 'new-record'], { atOnce: 1, faults: 0 }));
  }, 120_000);

  it('lose nothing live and leave nothing stale, with up to three runs at once', async () => {
    await playMany(storyOf(['keep', 'merge', 'new-record'], { atOnce: 3, faults: 0 }));
  }, 120_000);

  it('lose nothing live and leave nothing stale, where requests are lost, late or slow and runs are killed', async () => {
    await playMany(storyOf(['keep', 'merge', 'new-record'], { atOnce: 1, faults: 2 }));
  }, 120_000);

  it('lose nothing live and leave nothing stale, with all of that', async () => {
    await playMany(storyOf(['keep', 'merge', 'new-record'], { atOnce: 3, faults: 2 }));
  }, 120_000);
});
