import type { Call, Fault, Pick } from './world.ts';

/** Whether two requests that are ready at once have the same effect in either order. */
export type Independent = (a: Call, b: Call) => boolean;

/** What may go wrong with a request, after what went wrong before. */
export type Faults = (call: Call, before: readonly Fault[]) => readonly Fault[];

interface Way {
  readonly index: number;
  readonly call: Call;
  readonly fault?: Fault;
}

interface Point {
  readonly ways: readonly Way[];
  readonly sleeping: ReadonlySet<string>;
  /** Indices into `ways` that were taken here, the last one by the schedule at hand. */
  readonly taken: number[];
}

export interface Search {
  readonly independent?: Independent;
  readonly faults?: Faults;
}

/** Thrown out of a schedule that another one stands for. */
const REDUNDANT = new Error('this schedule is another one in other words');

/**
 * Plays every schedule of the same runs once, by doing all of it again for each (stateless search). With `independent`,
 * schedules that differ only in the order of independent requests are played once (sleep sets).
 * @returns how many were played to their end.
 */
export async function everySchedule(play: (pick: Pick) => Promise<void>, search: Search = {}): Promise<number> {
  const path: Point[] = [];
  let count = 0;
  for (;;) {
    let depth = 0;
    const pick: Pick = (ready) => {
      const known = path[depth];
      const point = known ?? nextPoint(path, ready, search);
      if (known === undefined) path.push(point);
      depth += 1;
      return wayOf(point);
    };
    try {
      await play(pick);
      count += 1;
    } catch (error) {
      if (error !== REDUNDANT) throw error;
    }
    if (!backtrack(path)) return count;
  }
}

function wayOf({ ways, taken }: Point): Way {
  const way = ways[taken.at(-1) ?? -1];
  if (way === undefined) throw new Error('the same schedule went another way');
  return way;
}

function nextPoint(path: readonly Point[], ready: readonly Call[], { independent, faults = () => [] }: Search): Point {
  const before = path.map(wayOf).flatMap(({ fault }) => fault ?? []);
  const ways = ready.flatMap((call, index): readonly Way[] => [
    { index, call },
    ...faults(call, before).map((fault) => ({ index, call, fault })),
  ]);
  const point: Point = { ways, sleeping: sleepingAfter(path.at(-1), independent), taken: [] };
  const first = nextOf(point);
  if (first === undefined) throw REDUNDANT;
  point.taken.push(first);
  return point;
}

/** Goes back to the last point where another way is left, and takes it; false when there is none. */
function backtrack(path: Point[]): boolean {
  for (let point = path.at(-1); point !== undefined; point = path.at(-1)) {
    const next = nextOf(point);
    if (next !== undefined) {
      point.taken.push(next);
      return true;
    }
    path.pop();
  }
  return false;
}

function nextOf({ ways, sleeping, taken }: Point): number | undefined {
  const index = ways.findIndex((way, at) => !taken.includes(at) && !sleeping.has(nameOf(way)));
  return index < 0 ? undefined : index;
}

/** What need not be tried after the way taken at a point: it was tried before it there, and nothing since depends on it. */
function sleepingAfter(point: Point | undefined, independent: Independent | undefined): ReadonlySet<string> {
  if (point === undefined || independent === undefined) return new Set();
  const way = wayOf(point);
  const tried = new Set(point.taken.slice(0, -1));
  const asleep = point.ways.filter((other, at) => tried.has(at) || point.sleeping.has(nameOf(other)));
  return new Set(asleep.filter((other) => areApart(other, way, independent)).map(nameOf));
}

/** A fault has to do with time or ends a run: its place among the others always matters. */
function areApart(a: Way, b: Way, independent: Independent): boolean {
  return a.fault === undefined && b.fault === undefined && independent(a.call, b.call);
}

function nameOf({ call, fault }: Way): string {
  return `${call.actor} ${call.number} ${JSON.stringify(fault ?? '')}`;
}

const READS = new Set([
  'listByProject',
  'listByCid',
  'read',
  'readSwaps',
  'readGateways',
  'readUsage',
  'pause',
  'probe',
]);
const ELSEWHERE = new Set([
  'pause',
  'probe',
  'pullRequests',
  'activeDeployments',
  'recentDeployments',
  'commitTrees',
  'readSwaps',
  'readGateways',
]);

/** Reads do not depend on reads, and nothing depends on what is not about pins or is about another pin. */
export const areIndependent: Independent = (a, b) => {
  if (a.actor === b.actor) return false;
  if (ELSEWHERE.has(a.name) || ELSEWHERE.has(b.name)) return true;
  if (READS.has(a.name) && READS.has(b.name)) return true;
  const byId = [a, b].every(({ name }) => name === 'read' || name === 'update' || name === 'unpin');
  return byId && a.target !== b.target;
};
