import { expect, it } from 'vitest';
import { deployInputs, pinsOf, plantPin, secondsAgo } from '../support/deploy-inputs.ts';
import { closedPullRequest, pullRequest, pushTo, type RunEvent } from '../support/events.ts';
import { emulatorForFile } from '../support/file-emulator.ts';
import { type GatedRequest, type Guard, startGate } from '../support/gate.ts';
import { projectKey } from '../support/oracle-cid.ts';
import { type DistRun, startDist } from '../support/run-dist.ts';
import { tempTree } from '../support/temp-tree.ts';

const emulator = await emulatorForFile();

/** So many of the last requests of both runs are put in every order: 70 orders. */
const LAST = { D: 4, C: 4 };
/** Orders that are tried at the same time. After its turns a deploy may wait 20 s; others are tried meanwhile. */
const AT_ONCE = 3;

/** Lets the requests of one run through one by one. */
interface Turnstile {
  readonly guard: Guard;
  /** Lets the next request through, when it comes, and tells which; undefined when the run ended before. */
  turn(): Promise<string | undefined>;
  /** From now on everything passes. */
  open(): void;
  /** The run has ended. */
  end(): void;
}

interface Waiting {
  readonly request: GatedRequest;
  readonly pass: () => void;
  readonly gone: Promise<void>;
}

function turnstile(): Turnstile {
  const waiting: Waiting[] = [];
  let state: 'turning' | 'open' | 'ended' = 'turning';
  let notice: () => void = () => {};
  const enter = async (request: GatedRequest): Promise<void> => {
    if (state !== 'turning') return;
    const entry = Promise.withResolvers<void>();
    const exit = Promise.withResolvers<void>();
    waiting.push({ request, pass: entry.resolve, gone: exit.promise });
    notice();
    await entry.promise;
    await request.apply().finally(exit.resolve);
  };
  const wake = (next: typeof state): void => {
    state = next;
    for (const { pass } of waiting.splice(0)) pass();
    notice();
  };
  return {
    guard: async (request) => {
      // Opening a link changes nothing for anybody.
      if (request.host !== 'gateway') await enter(request);
      return 'deliver';
    },
    turn: async () => {
      while (waiting.length === 0 && state === 'turning') {
        const arrival = Promise.withResolvers<void>();
        notice = arrival.resolve;
        await arrival.promise;
      }
      const first = waiting.shift();
      first?.pass();
      await first?.gone;
      return first === undefined ? undefined : `${first.request.method} ${first.request.path}`;
    },
    open: () => wake('open'),
    end: () => wake('ended'),
  };
}

/** A run behind a turnstile. */
interface Walker {
  readonly turnstile: Turnstile;
  readonly done: Promise<DistRun>;
}

/** Two runs about one content. */
interface Contest {
  /** Names its contents and projects. */
  readonly name: string;
  /** The pairs that its pin has before, with `KEY` for the project's key. */
  readonly planted: Readonly<Record<string, string>>;
  readonly deploy: RunEvent;
  readonly cleanup: RunEvent;
  /** How many of their last requests meet. */
  readonly last: { readonly D: number; readonly C: number };
}

interface Race {
  readonly project: string;
  readonly path: string;
  readonly cid: string;
}

/** Pins the content. Each race has a project and a content of its own. */
async function prepare(path: string, text: string, { planted }: Contest): Promise<Race> {
  const project = `acme/site#${text.toLowerCase().replaceAll(' ', '-')}`;
  const key = projectKey(project);
  const pairs = Object.entries(planted).map(([name, value]) => [name.replace('KEY', key), value] as const);
  const { cid } = await plantPin(emulator, {
    files: { 'index.html': text },
    keyvalues: { [key]: project, ...Object.fromEntries(pairs) },
  });
  return { project, path, cid };
}

async function walk(race: Race, event: RunEvent): Promise<Walker> {
  const gateOf = turnstile();
  const gate = await startGate(emulator, gateOf.guard);
  const inputs = deployInputs(emulator, race.path, { ...gate.inputs, project: race.project, 'keep-last': '1' });
  const { done } = startDist({ inputs, event, env: gate.env });
  const ended = done.finally(async () => {
    gateOf.end();
    await gate.close();
  });
  return { turnstile: gateOf, done: ended };
}

/** Every order of `each` turns of the one and of the other. */
function* orders(each: number, others: number): Generator<string> {
  if (each === 0 || others === 0) {
    yield 'D'.repeat(each) + 'C'.repeat(others);
    return;
  }
  for (const rest of orders(each - 1, others)) yield `D${rest}`;
  for (const rest of orders(each, others - 1)) yield `C${rest}`;
}

/** The requests of a run that nobody disturbs. */
async function countRequests(side: 'deploy' | 'cleanup', contest: Contest): Promise<number> {
  const text = `counted ${side} ${contest.name}`;
  using site = tempTree({ 'index.html': text });
  const walker = await walk(await prepare(site.root, text, contest), contest[side]);
  let count = 0;
  while ((await walker.turnstile.turn()) !== undefined) count += 1;
  const run = await walker.done;
  expect(run.exitCode, run.log).toBe(0);
  return count;
}

interface Raced {
  readonly deploy: DistRun;
  readonly cleanup: DistRun;
  /** Who did what, in order, for messages. */
  readonly story: string;
}

interface Course {
  readonly order: string;
  readonly contest: Contest;
  readonly counts: { readonly D: number; readonly C: number };
}

/** Both runs come to their last requests, which then pass in the order given. Answers a promise of what is left. */
async function runRace(race: Race, { order, contest, counts }: Course): Promise<() => Promise<Raced>> {
  const walkers = { D: await walk(race, contest.deploy), C: await walk(race, contest.cleanup) };
  for (const side of ['D', 'C'] as const) {
    for (let turns = counts[side] - contest.last[side]; turns > 0; turns -= 1) await walkers[side].turnstile.turn();
  }
  const steps: string[] = [];
  for (const side of order) {
    const { turnstile } = side === 'D' ? walkers.D : walkers.C;
    steps.push(`${side} ${(await turnstile.turn()) ?? 'had ended'}`);
  }
  walkers.D.turnstile.open();
  walkers.C.turnstile.open();
  return async () => {
    const [deploy, cleanup] = await Promise.all([walkers.D.done, walkers.C.done]);
    return { deploy, cleanup, story: [order, ...steps, deploy.log, cleanup.log].join('\n') };
  };
}

type Check = (race: Race, raced: Raced) => Promise<void>;

/** Tries every order, some at once, and waits for all runs. */
async function inEveryOrder(contest: Contest, check: Check): Promise<number> {
  const counts = {
    D: await countRequests('deploy', contest),
    C: await countRequests('cleanup', contest),
  };
  const { last } = contest;
  expect(Math.min(counts.D - last.D, counts.C - last.C)).toBeGreaterThanOrEqual(0);
  const all = [...orders(last.D, last.C)];
  const left = [...all];
  const checks: Promise<unknown>[] = [];
  const lane = async (): Promise<void> => {
    for (let order = left.shift(); order !== undefined; order = left.shift()) {
      const text = `raced ${contest.name} ${order}`;
      const site = tempTree({ 'index.html': text });
      const race = await prepare(site.root, text, contest);
      const finish = await runRace(race, { order, contest, counts });
      const checked = finish().then((raced) => check(race, raced));
      // What fails is told at the end, when no run is left.
      checks.push(checked.catch((error: unknown) => error).finally(() => site[Symbol.dispose]()));
    }
  };
  await Promise.all(Array.from({ length: AT_ONCE }, lane));
  const failures = (await Promise.all(checks)).filter((failure) => failure !== undefined);
  if (failures.length > 0)
    throw new AggregateError(failures, `${failures.length} orders failed, first: ${String(failures[0])}`);
  return all.length;
}

/** The pairs of the one pin that has the content, which production's tag is among. */
async function livePairs({ project, cid }: Race, story: string): Promise<Readonly<Record<string, string>>> {
  const pins = await pinsOf(emulator, cid);
  expect(pins, story).toHaveLength(1);
  const pairs = pins[0]?.keyvalues ?? {};
  const key = projectKey(project);
  expect(pairs[key], story).toBe(project);
  expect(pairs[`${key}.production`], story).toMatch(/^\d{10} 1234567$/);
  return pairs;
}

const PREVIEW = { 'KEY.previews': `7@${secondsAgo(600)}` };

// Much of their time is waiting, so the three wait together.
it.concurrent('a production deploy and the cleanup of the merged pull request leave the content pinned for production alone', {
  timeout: 300_000,
}, async () => {
  const tried = await inEveryOrder(
    {
      name: 'merged',
      planted: PREVIEW,
      deploy: pushTo('main'),
      cleanup: closedPullRequest(7, { merged: true }),
      last: LAST,
    },
    async (race, { deploy, cleanup, story }) => {
      expect([deploy.exitCode, cleanup.exitCode], story).toEqual([0, 0]);
      const keyvalues = await livePairs(race, story);
      expect(keyvalues, story).not.toHaveProperty([`${projectKey(race.project)}.previews`]);
    },
  );
  expect(tried).toBe(70);
});

it.concurrent('a production deploy and the cleanup of a closed pull request leave the content pinned and served', {
  timeout: 300_000,
}, async () => {
  const ends = { removed: 0, spared: 0 };
  const tried = await inEveryOrder(
    {
      name: 'closed',
      planted: PREVIEW,
      deploy: pushTo('main'),
      cleanup: closedPullRequest(7, { merged: false }),
      last: LAST,
    },
    async (race, { deploy, cleanup, story }) => {
      expect([deploy.exitCode, cleanup.exitCode], story).toEqual([0, 0]);
      await livePairs(race, story);
      const served = await fetch(`${emulator.gatewayUrl}/ipfs/${race.cid}/index.html`);
      expect(await served.text(), story).toMatch(/^raced closed [CD]+$/);
      ends[cleanup.outputs['unpinned-count'] === '1' ? 'removed' : 'spared'] += 1;
    },
  );
  expect(tried).toBe(70);
  // Both sides win in some orders, or the orders would not have met.
  expect(ends.removed).toBeGreaterThan(2);
  expect(ends.spared).toBeGreaterThan(2);
});

it.concurrent('a pin of somebody else is never taken for ours, in whatever order its release meets a deploy', {
  timeout: 300_000,
}, async () => {
  const planted = { owner: 'somebody', 'pd1.adopted': '1', ...PREVIEW };
  const deploy = pullRequest(9, 'synchronize');
  const cleanup = closedPullRequest(7, { merged: false });
  // Of the cleanup the announcement, the reading after it, and the release.
  const contest = { name: 'adopted', planted, deploy, cleanup, last: { D: 4, C: 3 } };
  const tried = await inEveryOrder(contest, async ({ project, cid }, { deploy, cleanup, story }) => {
    expect([deploy.exitCode, cleanup.exitCode], story).toEqual([0, 0]);
    const pins = await pinsOf(emulator, cid);
    expect(pins, story).toHaveLength(1);
    const key = projectKey(project);
    // Whether its expiry is shown or not: none was ever set.
    expect(pins[0], story).toMatchObject({ name: 'outside', expiresAt: null });
    expect(pins[0]?.keyvalues, story).toMatchObject({ owner: 'somebody', [key]: project, 'pd1.adopted': '1' });
    expect(pins[0]?.keyvalues[`${key}.previews`], story).toMatch(/^9@\d{10}( |$)/);
  });
  expect(tried).toBe(35);
});
