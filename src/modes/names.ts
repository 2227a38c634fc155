import type { Cid } from '../domain/cid.ts';
import { ActionError, asActionError } from '../domain/errors.ts';
import {
  type DnslinkName,
  type HotSwapName,
  judgeSwap,
  type NameState,
  type NameTarget,
  pointsTo,
  renderTarget,
  type StableName,
} from '../domain/names.ts';
import type { DnsZones } from '../ports.ts';
import { type Sight, type SightPorts, seeDnslink, watchDnslink, watchSwap, watchSwapEnd } from './name-sight.ts';

export interface NamePorts extends SightPorts {
  /** Undefined without a token: DNSLinks can be read then, and not be moved. */
  readonly zones: DnsZones | undefined;
}

export interface NameOrder {
  /** What the names are to point to. */
  readonly cid: Cid;
  /** How long is waited until everybody sees what was written. */
  readonly confirmMs?: number;
}

const CONFIRM_MS = 30_000;

/**
 * Points names to content, one after the other, and then waits until the world sees it. Never fails: what went wrong with a
 * name is its state. A name that points there already is not written, so the next run ends what one left that was cut off.
 */
export async function moveNames(
  names: readonly StableName[],
  { cid, confirmMs = CONFIRM_MS }: NameOrder,
  ports: NamePorts,
): Promise<readonly NameState[]> {
  const placed: Placed[] = [];
  for (const name of names) placed.push(await place(name, cid, ports));
  return await Promise.all(placed.map((one) => confirm(one, { cid, waitMs: confirmMs }, ports)));
}

/** What `moveNames` would do. Only reads. */
export async function planNames(
  names: readonly StableName[],
  { cid }: NameOrder,
  ports: NamePorts,
): Promise<readonly NameState[]> {
  return await Promise.all(
    names.map(async (name): Promise<NameState> => {
      if (name.kind === 'dnslink' && ports.zones === undefined) return await foresee(name, cid, ports);
      const decided = await decide(name, cid, ports).catch((error: unknown) => failed(name, undefined, error));
      if ('state' in decided) return decided;
      const { previous, step } = decided;
      const state = step === 'keep' ? 'unchanged' : 'planned';
      return { name, state, previous, note: PLANNED[step] };
    }),
  );
}

const PLANNED: Readonly<Record<Step, string>> = {
  keep: 'points there already',
  write: 'would be pointed there',
  remove: 'would answer with its own content again',
};

/** Without a token what the world sees is all there is to tell. */
async function foresee(name: DnslinkName, cid: Cid, { resolvers }: NamePorts): Promise<NameState> {
  const answers = await resolvers.read(name.domain);
  const previous = answers.find(({ target }) => target !== undefined)?.target;
  return pointsTo(previous, cid)
    ? { name, state: 'unchanged', previous, note: PLANNED.keep }
    : { name, state: 'planned', previous, note: `${PLANNED.write}, which needs cloudflare-token` };
}

/** Does what the world sees equal the content? Only reads; what a name says instead is the note of its failure. */
export async function readNames(
  names: readonly StableName[],
  { cid }: NameOrder,
  ports: NamePorts,
): Promise<readonly NameState[]> {
  return await Promise.all(
    names.map(async (name): Promise<NameState> => {
      try {
        const { kind, note } =
          name.kind === 'dnslink' ? await seeDnslink(name, cid, ports) : await seeSwap(name, cid, ports);
        return { name, state: kind === 'seen' ? 'unchanged' : 'failed', previous: undefined, note };
      } catch (error) {
        return failed(name, undefined, error);
      }
    }),
  );
}

/** A gateway that does not tell is no reason to doubt what the service says. */
async function seeSwap(name: HotSwapName, cid: Cid, ports: NamePorts): Promise<Sight> {
  const current = await ports.swaps.read(name.cid);
  if (judgeSwap(name.cid, current, cid) !== 'keep') {
    return { kind: 'unseen', note: `is answered with ${current ?? 'its own content'}` };
  }
  if (current === undefined || current === name.cid) return { kind: 'seen', note: 'is answered with its own content' };
  const sight = await watchSwap(name, { cid, waitMs: 0, before: undefined }, ports);
  return sight.kind === 'unknown' ? { kind: 'seen', note: `is swapped; ${sight.note}` } : sight;
}

type Step = 'keep' | 'write' | 'remove';

interface Decision {
  readonly previous: NameTarget | undefined;
  readonly step: Step;
}

async function decide(name: StableName, cid: Cid, ports: NamePorts): Promise<Decision> {
  if (name.kind === 'dnslink') {
    const previous = await zonesOf(ports).read(name.domain);
    return { previous, step: pointsTo(previous, cid) ? 'keep' : 'write' };
  }
  const current = await ports.swaps.read(name.cid);
  const previous = current === undefined ? undefined : { path: renderTarget(current), cid: current };
  return { previous, step: judgeSwap(name.cid, current, cid) };
}

function zonesOf({ zones }: NamePorts): DnsZones {
  if (zones !== undefined) return zones;
  throw new ActionError('credentials', 'It needs cloudflare-token.');
}

/** A name after its source was written, or was not. */
type Placed = (Decision & { readonly name: StableName }) | NameState;

async function place(name: StableName, cid: Cid, ports: NamePorts): Promise<Placed> {
  let previous: NameTarget | undefined;
  try {
    const decided = await decide(name, cid, ports);
    previous = decided.previous;
    await carryOut(name, { ...decided, cid }, ports);
    return { name, ...decided };
  } catch (error) {
    return failed(name, previous, error);
  }
}

async function carryOut(
  name: StableName,
  { step, cid }: { readonly step: Step; readonly cid: Cid },
  ports: NamePorts,
): Promise<void> {
  if (step === 'keep') return;
  if (name.kind === 'dnslink') return await zonesOf(ports).write(name.domain, renderTarget(cid));
  return step === 'remove' ? await ports.swaps.remove(name.cid) : await ports.swaps.write(name.cid, cid);
}

function failed(name: StableName, previous: NameTarget | undefined, thrown: unknown): NameState {
  const { message, hint } = asActionError(thrown);
  return { name, state: 'failed', previous, note: hint === undefined ? message : `${message} ${hint}` };
}

interface Wait {
  readonly cid: Cid;
  readonly waitMs: number;
}

async function confirm(placed: Placed, wait: Wait, ports: NamePorts): Promise<NameState> {
  if ('state' in placed) return placed;
  const { name, previous, step } = placed;
  const told = { name, previous, ...(step === 'keep' ? {} : { written: true as const }) };
  try {
    const { kind, note } = await sightOf(placed, wait, ports);
    if (kind === 'refused') return { ...told, state: 'failed', note };
    const reached = step === 'keep' ? 'unchanged' : 'moved';
    // Where nothing was written there is nothing to confirm: who cannot tell leaves it as it was.
    const known = kind === 'seen' || (kind === 'unknown' && step === 'keep');
    return { ...told, state: known ? reached : 'unconfirmed', note };
  } catch (error) {
    return { ...told, state: 'unconfirmed', note: asActionError(error).message };
  }
}

async function sightOf(placed: Exclude<Placed, NameState>, wait: Wait, ports: NamePorts): Promise<Sight> {
  const { name, previous, step } = placed;
  if (name.kind === 'dnslink') return await watchDnslink(name, wait, ports);
  const before = previous?.cid;
  if (name.cid !== wait.cid) return await watchSwap(name, { ...wait, before }, ports);
  if (step === 'keep') return { kind: 'seen', note: 'answers with its own content' };
  return await watchSwapEnd(name, { ...wait, before }, ports);
}
