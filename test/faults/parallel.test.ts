import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, expect, it } from 'vitest';
import type { Knobs } from '../../emulator/knobs.ts';
import { clockAhead } from '../support/clock-ahead.ts';
import { deployInputs, plantPin } from '../support/deploy-inputs.ts';
import { type EmulatorState, startEmulator, type TestEmulator } from '../support/emulator.ts';
import { closedPullRequest, pullRequest, pushTo, type RunEvent, schedule } from '../support/events.ts';
import { oracleCid, projectKey, readTree } from '../support/oracle-cid.ts';
import { type Cast, expectedAfter, type Job, planRound, type Round, type World } from '../support/parallel-rounds.ts';
import { currentRoots, markedRoots } from '../support/positions.ts';
import { type DistRun, runDist } from '../support/run-dist.ts';
import { seededNumbers } from '../support/seeded.ts';
import { tempTree } from '../support/temp-tree.ts';

const PROJECT = 'acme/site';
const KEY = projectKey(PROJECT);
const HOUR_MS = 3_700_000;
/** Whatever may go, goes: removal is the rule, and so is that it meets a deploy. */
const STRICT = { 'keep-last': '1', 'keep-within': '0s' };

const LASTING: Readonly<Record<string, RunEvent>> = {
  production: pushTo('main'),
  'branch-x': pushTo('x'),
};
const CAST: Cast = {
  bundles: 8,
  /** `shared` is pinned for another project too, `adopted` was pinned by somebody before; the others are ours alone. */
  contents: ['a', 'b', 'c', 'd', 'e', 'f', 'shared', 'adopted'],
  lasting: Object.keys(LASTING),
  pullRequests: [1, 2],
};

const filesOf = (content: string): Record<string, string> => ({ 'index.html': `<h1>${content}</h1>` });
const sites = new Map(CAST.contents.map((content) => [content, tempTree(filesOf(content))]));
const names = new Map<string, string>();
for (const [content, { root }] of sites) names.set(await oracleCid(readTree(root)), content);
afterAll(() => {
  for (const site of sites.values()) site[Symbol.dispose]();
});

type Records = EmulatorState['records'];

/** One emulator, with what others have pinned there, and the clock that it shares with the runs. */
interface Lane {
  readonly emulator: TestEmulator;
  readonly foreign: Records;
  readonly clock: { aheadMs: number };
}

async function openLane(knobs: Partial<Knobs>): Promise<Lane> {
  const emulator = await startEmulator({ listLagMs: 1500, ...knobs });
  const neighbour = projectKey('acme/neighbour');
  await plantPin(emulator, {
    files: filesOf('shared'),
    keyvalues: { [neighbour]: 'acme/neighbour', [`${neighbour}.production`]: '1700000000 abcdef0' },
  });
  await plantPin(emulator, { files: filesOf('adopted'), keyvalues: { owner: 'somebody' } });
  await plantPin(emulator, { files: filesOf('never deployed'), keyvalues: { owner: 'somebody' } });
  const { records } = await emulator.state();
  return { emulator, foreign: records, clock: { aheadMs: 0 } };
}

/** An hour goes by for the service and for the runs. */
async function passHour({ emulator, clock }: Lane): Promise<void> {
  clock.aheadMs += HOUR_MS;
  await surely(() => emulator.clock({ now: new Date(Date.now() + clock.aheadMs).toISOString() }));
}

/** A question to the emulator that may be asked twice: a connection that rested for long may break just now. */
async function surely<T>(ask: () => Promise<T>): Promise<T> {
  return await ask().catch(async () => {
    await sleep(500);
    return await ask();
  });
}

/** Rounds that start at the same time: more would only wait for the machine. */
const STARTING = 3;
const STARTED_MS = 5000;
const starting = new Set<Promise<unknown>>();

/** Starts a round when there is room for its processes. Those that wait long do so beside the next rounds. */
async function whenThereIsRoom<T>(play: () => Promise<T>): Promise<T> {
  while (starting.size >= STARTING) await Promise.race(starting);
  const played = play();
  const started = Promise.race([played.catch(() => {}), sleep(STARTED_MS)]).finally(() => starting.delete(started));
  starting.add(started);
  return await played;
}

async function runJob(job: Job, { emulator, clock }: Lane): Promise<DistRun> {
  const path = job.kind === 'deploy' ? (sites.get(job.content)?.root ?? '') : '';
  const token = job.kind === 'sweep' ? { 'github-token': emulator.githubToken } : {};
  return await runDist({
    inputs: deployInputs(emulator, path, { ...STRICT, ...token, project: PROJECT }),
    event: eventOf(job, new Date(Date.now() + clock.aheadMs)),
    env: { GITHUB_API_URL: emulator.githubUrl, ...clockAhead(clock.aheadMs) },
  });
}

function eventOf(job: Job, at: Date): RunEvent {
  if (job.kind === 'sweep') return schedule();
  if (job.kind === 'close') return closedPullRequest(job.number, { merged: job.merged, at });
  return LASTING[job.tag] ?? pullRequest(Number(job.tag.slice('pr-'.length)), 'synchronize');
}

/** What GitHub says about the pull requests; those that are closed were so just now. */
async function tellGithub({ closed }: Round, { emulator, clock }: Lane): Promise<void> {
  const closedAt = new Date(Date.now() + clock.aheadMs).toISOString();
  const pullRequests = CAST.pullRequests.map((number) => {
    const state = closed.get(number);
    return state === undefined ? ({ number, state: 'OPEN' } as const) : { number, state, closedAt };
  });
  await surely(() => emulator.github({ repository: PROJECT, pullRequests }));
}

/** All jobs at once. Answers what they did, for messages. */
async function playJobs(jobs: readonly Job[], lane: Lane): Promise<string> {
  const runs = await Promise.all(jobs.map((job) => runJob(job, lane)));
  const story = runs.map((run, index) => `${JSON.stringify(jobs[index])}\n${run.log}`).join('\n');
  const codes = runs.map(({ exitCode }) => exitCode);
  expect(codes, story).toEqual(runs.map(() => 0));
  return story;
}

/** Roots by the names of their contents. */
function named(roots: ReadonlyMap<string, ReadonlySet<string>>): World {
  return new Map([...roots].map(([tag, on]) => [tag, new Set([...on].map((root) => names.get(root) ?? root))]));
}

/** The contents that each of our tags stands on. */
function currents(records: Records): World {
  return named(currentRoots(records, PROJECT));
}

/** Whatever else happened, what others pinned is as they left it; beside our own keys, where we use it too. */
function expectForeign({ foreign }: Lane, records: Records, story: string): void {
  for (const before of foreign) {
    const after = records.find(({ id }) => id === before.id);
    const theirs = Object.entries(after?.keyvalues ?? {}).filter(
      ([key]) => !key.startsWith(KEY) && key !== 'pd1.adopted',
    );
    expect({ ...after, keyvalues: Object.fromEntries(theirs), expiresAt: null }, story).toEqual(before);
    // An expiry that has become far away is none.
    expect(after?.expiresAt ?? Number.POSITIVE_INFINITY, story).toBeGreaterThan(4_000_000_000);
  }
}

interface Result {
  readonly unpins: number;
  /** Pins that were to be unpinned when a deploy came for them. */
  readonly meetings: number;
}

/** Each tag is where the model says, and what others pinned is untouched. Answers where the tags are. */
async function expectRound(
  round: Round,
  { world, marked }: { readonly world: World; readonly marked: World },
  { lane, story }: { readonly lane: Lane; readonly story: string },
): Promise<World> {
  const { records } = await surely(lane.emulator.state);
  const actual = currents(records);
  const next = new Map<string, ReadonlySet<string>>();
  for (const [tag, { contents, gone }] of expectedAfter(world, round, marked)) {
    const on = [...(actual.get(tag) ?? [])];
    const told = `${tag} is on ${on.join(', ') || 'nothing'}\n${JSON.stringify(records, undefined, 1)}\n${story}`;
    expect([...contents], told).toEqual(expect.arrayContaining(on));
    if (!gone) expect(on, told).not.toEqual([]);
    else if (on.length === 0) continue;
    next.set(tag, new Set(on));
  }
  expectForeign(lane, records, story);
  return next;
}

/** Two sweeps, hours later: what no tag of an open pull request or a branch needs is gone, all else is there. */
async function expectRest(lane: Lane, world: World, closed: Round['closed']): Promise<void> {
  const story: string[] = [];
  for (let sweeps = 0; sweeps < 2; sweeps += 1) {
    await passHour(lane);
    story.push(await playJobs([{ kind: 'sweep' }], lane));
  }
  const { records } = await surely(lane.emulator.state);
  const actual = currents(records);
  const open = [...world].filter(([tag]) => ![...closed.keys()].some((number) => tag === `pr-${number}`));
  expect([...actual.keys()].toSorted(), story.join('\n')).toEqual(open.map(([tag]) => tag).toSorted());
  const foreign = new Set(lane.foreign.map(({ id }) => id));
  const needed = new Set([...actual.values()].flatMap((contents) => [...contents]));
  // A record that an upload met counts as somebody's (docs/tags.md): where it was another run's, its content stays.
  const adopted = new Set(
    records
      .filter(({ keyvalues }) => keyvalues[KEY] !== PROJECT || keyvalues['pd1.adopted'] === '1')
      .map(({ root }) => root),
  );
  const stale = records.filter(
    ({ id, root }) => !foreign.has(id) && !adopted.has(root) && !needed.has(names.get(root) ?? ''),
  );
  expect(stale, story.join('\n')).toEqual([]);
  expectForeign(lane, records, story.join('\n'));
}

/** Plays rounds one after the other: some an hour after the one before, some at once. */
async function playLane(seed: number, rounds: number, knobs: Partial<Knobs>): Promise<Result> {
  const lane = await openLane(knobs);
  const random = seededNumbers(seed);
  let world: World = new Map();
  let closed: Round['closed'] = new Map();
  let meetings = 0;
  try {
    for (let number = 0; number < rounds; number += 1) {
      if (number % 3 > 0) await passHour(lane);
      const round = planRound(random, CAST, world);
      await tellGithub(round, lane);
      const marked = named(markedRoots((await surely(lane.emulator.state)).records, PROJECT));
      const story = `Round ${number} of ${seed}:\n${await whenThereIsRoom(() => playJobs(round.jobs, lane))}`;
      world = await expectRound(round, { world, marked }, { lane, story });
      closed = round.closed;
      meetings += story.match(/spared|waiting until it is through|deploying again/g)?.length ?? 0;
    }
    const deletes = await surely(() => lane.emulator.requests({ host: 'api', method: 'DELETE' }));
    await expectRest(lane, world, closed);
    return { unpins: deletes.filter(({ status }) => status === 200).length, meetings };
  } finally {
    await lane.emulator.stop();
  }
}

/** Several lanes, so that the rounds of one wait while those of another work. */
async function playLanes(seeds: readonly number[], rounds: number, knobs: Partial<Knobs> = {}): Promise<Result> {
  const played = await Promise.all(seeds.map((seed) => playLane(seed, rounds, knobs)));
  return {
    unpins: played.reduce((sum, { unpins }) => sum + unpins, 0),
    meetings: played.reduce((sum, { meetings }) => sum + meetings, 0),
  };
}

const LIMIT = { timeout: 600_000 };

it('loses nothing that is live in 50 rounds of 8 bundles at once', LIMIT, async () => {
  const { unpins, meetings } = await playLanes([11, 22, 33, 44, 55, 66, 77, 88, 99, 110], 5);
  // Without these it would have passed by doing nothing.
  expect(unpins).toBeGreaterThan(20);
  expect(meetings).toBeGreaterThan(20);
});

it('loses nothing either where every upload makes a record of its own', LIMIT, async () => {
  const { unpins } = await playLanes([12, 23, 34], 5, { duplicates: 'new-record' });
  expect(unpins).toBeGreaterThan(0);
});
