import type { Cid } from '../domain/cid.ts';
import { type ActionError, asActionError } from '../domain/errors.ts';
import type { MirrorPin, MirrorState } from '../domain/mirror.ts';
import type { Log, Mirror, MirrorOrder } from '../ports.ts';

/**
 * Puts content on every mirror, all at once. Never fails: what a mirror did not do is its `trouble`, and one warning names
 * all of them. It takes nothing away.
 */
export async function mirrorContent(
  order: MirrorOrder,
  mirrors: readonly Mirror[],
  log: Pick<Log, 'warn'>,
): Promise<readonly MirrorState[]> {
  const states = await Promise.all(
    mirrors.map((mirror) => attempt(mirror, order.cid, async () => stateOf(await mirror.pin(order)))),
  );
  warnOf(states, `did not take ${order.cid}`, log);
  return states;
}

/**
 * Takes our own pins of these CIDs away from every mirror. To be called only with CIDs whose pins in the account were given
 * up by both judgements **and are gone**: a mirror never gives up what the account still has, and never before it. What is
 * not unpinned here stays, and is said; no sweep comes back for it (docs/decisions/0013). Never fails.
 */
export async function unmirror(
  cids: readonly Cid[],
  mirrors: readonly Mirror[],
  log: Pick<Log, 'warn'>,
): Promise<readonly MirrorState[]> {
  const states = (await Promise.all(mirrors.map((mirror) => unpinEach(mirror, cids)))).flat();
  warnOf(states, 'did not unpin everything that was given up, and keeps it', log);
  return states;
}

/** Whether the mirrors have the content. Never fails: `trouble` is what could not be read, and what the mirror gave up. */
export async function readMirrors(cid: Cid, mirrors: readonly Mirror[]): Promise<readonly MirrorState[]> {
  return await Promise.all(mirrors.map((mirror) => attempt(mirror, cid, async () => stateOf(await mirror.read(cid)))));
}

/** What a dry run says instead. */
export function planMirrors(cid: Cid, mirrors: readonly Pick<Mirror, 'name'>[]): readonly MirrorState[] {
  return mirrors.map(({ name }) => ({ mirror: name, cid, state: 'planned', note: '' }));
}

type Seen = Pick<MirrorState, 'state' | 'note'>;

async function attempt(mirror: Mirror, cid: Cid, work: () => Promise<Seen>): Promise<MirrorState> {
  const seen = await work().catch((thrown: unknown) => troubleOf(asActionError(thrown)));
  return { mirror: mirror.name, cid, ...seen };
}

function troubleOf({ message }: ActionError): Seen {
  return { state: 'trouble', note: message };
}

function stateOf({ state, note }: MirrorPin): Seen {
  if (state !== 'failed') return { state, note };
  return { state: 'trouble', note: note === '' ? 'it gave up' : `it gave up: ${note}` };
}

/** A mirror that failed so often in a row is not well. */
const PATIENCE = 3;

async function unpinEach(mirror: Mirror, cids: readonly Cid[]): Promise<readonly MirrorState[]> {
  const states: MirrorState[] = [];
  let failedInARow = 0;
  for (const cid of cids) {
    const state = await attempt(mirror, cid, async () => {
      if (failedInARow >= PATIENCE) return { state: 'trouble', note: 'it was not tried after the failures before it' };
      const answer = await mirror.unpin(cid);
      return { state: answer, note: answer === 'kept' ? 'nothing of ours is there' : '' };
    });
    failedInARow = state.state === 'trouble' ? failedInARow + 1 : 0;
    states.push(state);
  }
  return states;
}

/** One warning for all, with the first reason of each mirror. */
function warnOf(states: readonly MirrorState[], what: string, log: Pick<Log, 'warn'>): void {
  const troubled = states.filter(({ state }) => state === 'trouble');
  const mirrors = [...new Set(troubled.map(({ mirror }) => mirror))];
  if (mirrors.length === 0) return;
  const all = new Set(states.map(({ mirror }) => mirror)).size;
  const reasons = mirrors.map((name) => {
    const note = troubled.find(({ mirror }) => mirror === name)?.note ?? '';
    return (note.includes(name) ? note : `${name}: ${note}`).replace(/\.$/, '');
  });
  log.warn(`${mirrors.length} of ${all} ${all === 1 ? 'mirror' : 'mirrors'} ${what}: ${reasons.join('; ')}.`);
}
