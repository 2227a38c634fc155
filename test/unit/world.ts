import type { Cid } from '../../src/domain/cid.ts';
import { ActionError } from '../../src/domain/errors.ts';
import type { Outcome, Probe } from '../../src/domain/outcome.ts';
import type { Pin } from '../../src/domain/pin.ts';
import type { PromotionPlan } from '../../src/domain/promotion.ts';
import { type CleanupRun, cleanup } from '../../src/modes/cleanup.ts';
import type { DeployRun } from '../../src/modes/decide.ts';
import { deploy } from '../../src/modes/deploy.ts';
import { type PromoteRun, promote } from '../../src/modes/promote.ts';
import type { Clock, GitHub, Log, Moment, Pins } from '../../src/ports.ts';
import {
  type Account,
  type AccountOptions,
  alone,
  blindComparison,
  buildOf,
  createAccount,
  quietGitHub,
  unfollowed,
} from './account.ts';

/** A request on its way: it is carried out at once when it is chosen, or never. */
export interface Call {
  readonly actor: string;
  /** Counts the actor's requests: the same one in every schedule with the same past. */
  readonly number: number;
  readonly name: string;
  /** The pin or CID that it is about; empty for a list of all. */
  readonly target: string;
  /** It has a moment after which it must not be sent. */
  readonly urgent: boolean;
  /** It writes a value that rests on what was read. */
  readonly restsOnReading: boolean;
}

/** What goes wrong with a request. A killed run hears nothing any more; what it sent last may still arrive. */
export type Fault =
  | { readonly kind: 'request-lost' | 'answer-lost' | 'repeated' | 'late-answer' }
  | { readonly kind: 'killed' | 'killed-after' }
  | { readonly kind: 'killed-in-flight'; readonly ms: number }
  /** Waits for its turn in the request budget: a moment may pass before it is sent. */
  | { readonly kind: 'queued'; readonly ms: number }
  /** Sent, and carried out only later. */
  | { readonly kind: 'slow'; readonly ms: number };

export interface Move {
  readonly index: number;
  readonly fault?: Fault | undefined;
}

/** Chooses which of the requests that could be carried out now is. */
export type Pick = (ready: readonly Call[]) => Move;

export interface Actor {
  readonly name: string;
  state: 'running' | 'done' | 'failed' | 'killed';
  outcome: Outcome | undefined;
  error: ActionError | undefined;
  /** What a promotion decided; undefined for other runs, and before that. */
  decided: PromotionPlan | undefined;
  readonly said: string[];
}

export interface World {
  readonly account: Account;
  /** Seconds of the virtual clock on the wall. */
  readonly seconds: () => number;
  readonly date: () => Date;
  /** Lets time pass while nobody is at work. Requests of killed runs arrive meanwhile. */
  advance(ms: number): Promise<void>;
  /** Starts a run; the order is made when it begins, `afterMs` from now. */
  deploy(name: string, order: () => DeployRun & { readonly cid: Cid }, afterMs?: number): Actor;
  cleanup(name: string, order: () => CleanupRun, afterMs?: number): Actor;
  promote(name: string, order: () => PromoteRun, afterMs?: number): Actor;
  /** Until every run is through. */
  settle(pick?: Pick): Promise<void>;
  /** Requests of killed runs that may still arrive. */
  readonly inFlight: () => number;
  /** What was carried out, in order: `production.update pin-1`. */
  readonly trace: string[];
}

export interface WorldOptions extends Omit<AccountOptions, 'clock'> {
  readonly github?: GitHub;
}

interface Pending extends Call {
  readonly runner: Runner;
  readonly notAfter: number;
  /** When it may be carried out, in the clock's time. */
  due: number;
  sent: boolean;
  readonly perform: () => Promise<unknown>;
  readonly resolve: (value: unknown) => void;
  readonly reject: (error: unknown) => void;
}

interface Runner extends Actor {
  calls: number;
  /** Requests that are not answered yet. */
  waiting: number;
}

interface Request {
  readonly name: string;
  readonly target?: string;
  readonly notAfter?: number;
  readonly restsOnReading?: boolean;
  readonly delayMs?: number;
}

const START_MS = 1_800_000_000_000;
/** The answer of a gateway that serves everything. */
const LIVE: Probe = {
  link: 'https://gw.example/',
  host: 'gw.example',
  state: 'live',
  note: '',
  final: true,
  status: 200,
  firstByteMs: 1,
  bytes: 12,
};
const POLL_MS = 1000;
/** How long the adapter polls the list before it gives up. */
const LISTED_WITHIN_MS = 30_000;
const OWN_ROW_PATIENCE_MS = 15_000;
/** Steps without any request after which a run is only waiting: there are fewer between two requests of one run. */
const QUIET_STEPS = 4;
const STUCK_STEPS = 100_000;
const KILLS: ReadonlySet<string> = new Set(['killed', 'killed-after', 'killed-in-flight']);

/** The first of those that are ready, without faults. */
export const inOrder: Pick = () => ({ index: 0 });

/**
 * A world of one account and a virtual clock. Every request of every run is a point where the schedule decides who goes
 * on; time passes only when nobody can.
 */
export function createWorld(options: WorldOptions = {}): World {
  let elapsed = 0;
  let activity = 0;
  let pending: Pending[] = [];
  const runners: Runner[] = [];
  const trace: string[] = [];
  const bugs: unknown[] = [];
  const date = (): Date => new Date(START_MS + elapsed);
  const clock = { now: () => elapsed, date };
  const account = createAccount({ ...options, clock: { ...clock, pause: () => Promise.resolve() } });

  const request = <T>(runner: Runner, what: Request, work: () => Promise<T>) =>
    new Promise<T>((resolve, reject) => {
      activity += 1;
      if (runner.state === 'killed') return;
      runner.calls += 1;
      runner.waiting += 1;
      pending.push({
        actor: runner.name,
        number: runner.calls,
        name: what.name,
        target: what.target ?? '',
        urgent: Number.isFinite(what.notAfter ?? Number.POSITIVE_INFINITY),
        restsOnReading: what.restsOnReading ?? false,
        runner,
        notAfter: what.notAfter ?? Number.POSITIVE_INFINITY,
        due: elapsed + (what.delayMs ?? 0),
        sent: false,
        perform: work,
        resolve: resolve as (value: unknown) => void,
        reject,
      });
    });

  const portsOf = (runner: Runner): Ports => ({
    pins: schedulePins(account, (what, work) => request(runner, what, work), clock.now),
    github: scheduleGitHub(options.github ?? quietGitHub, (what, work) => request(runner, what, work)),
    clock: {
      ...clock,
      pause: (ms) => request(runner, { name: 'pause', delayMs: ms }, () => Promise.resolve()),
    },
    probe: () => request(runner, { name: 'probe' }, () => Promise.resolve([LIVE])),
    log: { line: ignore, notice: ignore, warn: (text) => runner.said.push(text), group: ignore, progress: ignore },
  });

  const start = (name: string, afterMs: number, work: (ports: Ports, runner: Runner) => Promise<Outcome>): Runner => {
    const runner: Runner = {
      name,
      state: 'running',
      outcome: undefined,
      error: undefined,
      decided: undefined,
      said: [],
      calls: 0,
      waiting: 0,
    };
    runners.push(runner);
    const end = (state: 'done' | 'failed', result: Partial<Actor>): void => {
      activity += 1;
      if (runner.state === 'running') Object.assign(runner, result, { state });
    };
    const ports = portsOf(runner);
    (afterMs === 0 ? work(ports, runner) : ports.clock.pause(afterMs).then(() => work(ports, runner))).then(
      (outcome) => end('done', { outcome }),
      (error: unknown) => {
        if (error instanceof ActionError) end('failed', { error });
        else bugs.push(error);
        activity += 1;
      },
    );
    return runner;
  };

  /** Until each run waits for an answer or is through. */
  const quiet = async (): Promise<void> => {
    for (let idle = 0, step = 0; idle < QUIET_STEPS; step += 1) {
      const before = activity;
      await Promise.resolve();
      const thinking = runners.some(({ state, waiting }) => state === 'running' && waiting === 0);
      idle = activity === before && !thinking ? idle + 1 : 0;
      if (step > STUCK_STEPS) throw new Error('a run waits for something that is no request');
      if (bugs.length > 0) throw bugs[0];
    }
  };

  const carryOut = async (call: Pending, fault?: Fault['kind']): Promise<void> => {
    trace.push(`${call.actor}.${call.name} ${call.target}${fault === undefined ? '' : ` (${fault})`}`);
    const { runner } = call;
    const isLate = !call.sent && elapsed > call.notAfter;
    const answer = isLate ? () => call.resolve('late') : await answerOf(call, fault);
    runner.waiting -= 1;
    if (runner.state !== 'killed') answer();
  };

  const send = (call: Pending, ms: number): void => {
    trace.push(`${call.actor}.${call.name} ${call.target} was sent and takes ${ms} ms`);
    const sent = call.sent || elapsed <= call.notAfter;
    pending.push({ ...call, due: sent ? elapsed + ms : elapsed, sent });
  };

  const kill = (runner: Runner): void => {
    runner.state = 'killed';
    pending = pending.filter((call) => call.runner !== runner);
  };

  const move = async (call: Pending, fault: Fault | undefined): Promise<void> => {
    if (fault?.kind === 'queued') {
      call.due = elapsed + fault.ms;
      return;
    }
    pending = pending.filter((entry) => entry !== call);
    if (fault !== undefined && KILLS.has(fault.kind)) kill(call.runner);
    if (fault?.kind === 'slow' || fault?.kind === 'killed-in-flight') send(call, fault.ms);
    else await carryOut(call, fault?.kind);
  };

  const choose = async (pick: Pick, ready: readonly Pending[]): Promise<void> => {
    const ownerless = ready.find(({ runner }) => runner.state === 'killed');
    if (ownerless !== undefined) return await carryOut(taken(ownerless));
    const { index, fault } = pick(ready);
    const call = ready[index];
    if (call === undefined) throw new Error(`there is no request ${index}`);
    await move(call, fault);
  };

  const taken = (call: Pending): Pending => {
    pending = pending.filter((entry) => entry !== call);
    return call;
  };

  /** Carries out what the schedule says until it is over; time passes, up to `until`, when there is nothing to do now. */
  const go = async (pick: Pick, until: number, isOver: () => boolean): Promise<void> => {
    for (await quiet(); !isOver(); await quiet()) {
      const ready = pending.filter(({ due }) => due <= elapsed);
      const next = Math.min(...pending.map(({ due }) => due));
      if (next > until) return;
      if (ready.length > 0) await choose(pick, ready);
      else elapsed = next;
    }
  };

  return {
    account,
    date,
    seconds: () => Math.floor(date().getTime() / 1000),
    advance: async (ms) => {
      const until = elapsed + ms;
      await go(inOrder, until, () => false);
      elapsed = until;
    },
    deploy: (name, order, afterMs = 0) =>
      start(name, afterMs, (ports) => {
        const run = order();
        return deploy(run, {
          ...ports,
          ...blindComparison,
          ...unfollowed,
          gateways: { probe: ports.probe, checkBlocks: () => Promise.resolve([]) },
          build: () => Promise.resolve(buildOf(run.cid)),
          keepCar: () => Promise.resolve(),
          showPlan: ignore,
          showUpload: ignore,
          transferring: ignore,
          transferred: ignore,
        });
      }),
    cleanup: (name, order, afterMs = 0) =>
      start(name, afterMs, (ports) => cleanup(order(), { ...ports, ...alone, showRetention: ignore })),
    promote: (name, order, afterMs = 0) =>
      start(name, afterMs, (ports, runner) =>
        promote(order(), {
          ...ports,
          ...unfollowed,
          gateways: { probe: ports.probe, checkBlocks: () => Promise.resolve([]) },
          comparePublished: () =>
            Promise.resolve({
              reading: { kind: 'unreadable', reason: 'nobody serves it' },
              effort: { requests: 0, cached: 0, bytes: 0, ms: 0 },
            }),
          showComparison: ignore,
          showPromotion: (plan) => {
            runner.decided = plan;
          },
        }),
      ),
    settle: async (pick = inOrder) => {
      await go(pick, Number.POSITIVE_INFINITY, () => runners.every(({ state }) => state !== 'running'));
      runners.length = 0;
    },
    inFlight: () => pending.length,
    trace,
  };
}

/** Carries a request out as far as the fault lets it, and tells how to answer it. */
async function answerOf(call: Pending, fault: Fault['kind'] | undefined): Promise<() => void> {
  const lost = (): void => call.reject(new ActionError('network', `Pinata could not be reached (${call.name}).`));
  if (fault === 'request-lost' || fault === 'killed') return lost;
  if (fault === 'repeated') await call.perform().catch(ignore);
  const answer = await call.perform().then(
    (value) => () => call.resolve(value),
    (error: unknown) => () => call.reject(error),
  );
  if (fault === 'answer-lost') return lost;
  return fault === 'late-answer' ? () => call.resolve('late') : answer;
}

interface Ports {
  readonly pins: Pins;
  readonly github: GitHub;
  readonly clock: Clock;
  readonly log: Log;
  readonly probe: () => Promise<readonly Probe[]>;
}

type Schedule = <T>(what: Request, work: () => Promise<T>) => Promise<T>;

/** The adapter checks a moment when it sends; the account must not check it again when the request arrives. */
const ANY_MOMENT: Moment = { notAfter: Number.POSITIVE_INFINITY };

function schedulePins(account: Account, schedule: Schedule, now: () => number): Pins {
  return {
    listByProject: (project) => schedule({ name: 'listByProject' }, () => account.listByProject(project)),
    listByCid: (cid) => schedule({ name: 'listByCid', target: cid }, () => account.listByCid(cid)),
    read: (id) => schedule({ name: 'read', target: id }, () => account.read(id)),
    update: (id, change, moment = ANY_MOMENT) => {
      const restsOnReading = Object.keys(change.keyvalues).some((key) => key.endsWith('.previews'));
      return schedule({ name: 'update', target: id, restsOnReading, ...moment }, () => account.update(id, change));
    },
    unpin: (id, moment) => schedule({ name: 'unpin', target: id, ...moment }, () => account.unpin(id, ANY_MOMENT)),
    readSwaps: (cids) => schedule({ name: 'readSwaps' }, () => account.readSwaps(cids)),
    readGateways: () => schedule({ name: 'readGateways' }, () => account.readGateways()),
    readUsage: () => schedule({ name: 'readUsage' }, () => account.readUsage()),
    upload: (order) => schedule({ name: 'upload', target: order.build.root }, () => account.upload(order)),
    waitUntilListed: (cid, pinId) => waitUntilListed({ account, schedule, now }, cid, pinId),
  };
}

interface Wait {
  readonly account: Account;
  readonly schedule: Schedule;
  readonly now: () => number;
}

/** As the adapter does it. */
async function waitUntilListed({ account, schedule, now }: Wait, cid: Cid, pinId?: string): Promise<Pin | undefined> {
  let seen = false;
  for (const began = now(); now() - began < LISTED_WITHIN_MS; ) {
    const rows = await schedule({ name: 'listByCid', target: cid }, () => account.listByCid(cid));
    const patient = pinId !== undefined && now() - began < OWN_ROW_PATIENCE_MS;
    const pin = rows.find(({ id }) => id === pinId) ?? (patient ? undefined : rows[0]);
    if (pin !== undefined) return pin;
    const isThere = pinId !== undefined && (await readById({ account, schedule, now }, pinId)) !== undefined;
    if (seen && !isThere) return undefined;
    seen = isThere;
    await schedule({ name: 'pause', delayMs: POLL_MS }, () => Promise.resolve());
  }
  throw new ActionError('network', `Pinata took the upload but did not list ${cid} before timeout was over.`);
}

async function readById({ account, schedule }: Wait, id: string): Promise<Pin | undefined> {
  return await schedule({ name: 'read', target: id }, () => account.read(id));
}

function scheduleGitHub(github: GitHub, schedule: Schedule): GitHub {
  return {
    pullRequests: (numbers) => schedule({ name: 'pullRequests' }, () => github.pullRequests(numbers)),
    activeDeployments: () => schedule({ name: 'activeDeployments' }, () => github.activeDeployments()),
    recentDeployments: () => schedule({ name: 'recentDeployments' }, () => github.recentDeployments()),
    commitTrees: (commits) => schedule({ name: 'commitTrees' }, () => github.commitTrees(commits)),
    commitIds: (commits) => schedule({ name: 'commitIds' }, () => github.commitIds(commits)),
  };
}

function ignore(): void {}
