import type { EmulatorAddress } from '../../emulator/server.ts';
import { type Gate, type GatedRequest, type Guard, startGate } from './gate.ts';
import type { DistRun, startDist } from './run-dist.ts';

export interface Kill {
  /** The number of the request, from 1. */
  readonly at: number;
  /** `before`: the request never reaches the service. `after`: it acts, and its answer reaches nobody. */
  readonly when: 'before' | 'after';
}

export interface Walked {
  readonly run: DistRun;
  /** The requests that came to the gate. */
  readonly requests: readonly string[];
}

/** Every way to kill a run that makes these requests. */
export function killsAt(requests: readonly string[]): Kill[] {
  return requests.flatMap((_, index): readonly Kill[] => [
    { at: index + 1, when: 'before' },
    { at: index + 1, when: 'after' },
  ]);
}

interface Walk {
  readonly start: (gate: Pick<Gate, 'inputs' | 'env'>) => ReturnType<typeof startDist>;
  /** Looks at what is left after a request has acted, of the requests so far the last one. */
  readonly lookAfter: (request: GatedRequest, requests: readonly string[]) => Promise<void>;
  readonly kill: Kill | undefined;
}

/** One run whose requests all pass a gate, killed at one of them. */
export async function walkThroughGate(emulator: EmulatorAddress, { start, lookAfter, kill }: Walk): Promise<Walked> {
  const requests: string[] = [];
  let running: ReturnType<typeof startDist> | undefined;
  const end = async (): Promise<void> => {
    running?.child.kill('SIGKILL');
    await running?.done;
  };
  const guard: Guard = async (request) => {
    const count = requests.push(`${request.method} ${request.host}${request.path}`);
    const isLast = kill?.at === count;
    if (isLast && kill.when === 'before') {
      await end();
      return 'cut';
    }
    await request.apply();
    if (isLast) await end();
    await lookAfter(request, requests);
    return isLast ? 'cut' : 'deliver';
  };
  const gate = await startGate(emulator, guard);
  running = start(gate);
  return { run: await running.done.finally(gate.close), requests };
}
