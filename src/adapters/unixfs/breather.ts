import { setImmediate as nextTurn } from 'node:timers/promises';
import type { Onlooker } from '../../ports.ts';

export interface BuildOptions {
  /** Told how many bytes were hashed since it was last told. */
  readonly onBytes?: (bytes: number) => void;
  readonly signal?: AbortSignal;
  /** Asked once the files are known (path → bytes), before the first is read. */
  readonly onlooker?: (files: ReadonlyMap<string, number>) => Onlooker | undefined;
}

export interface Breather {
  /** Counts `bytes` as hashed; true when other work has waited long enough. */
  after(bytes: number): boolean;
  /** Reports progress, lets other work run, and throws the signal's reason when it was aborted. */
  pause(): Promise<void>;
}

const TURN_MS = 20;

/** For loops of synchronous work: a pause now and then, only when it is due, because each costs a turn. */
export function createBreather({ onBytes, signal }: BuildOptions): Breather {
  let unreported = 0;
  let turnEnds = performance.now() + TURN_MS;
  return {
    after(bytes) {
      unreported += bytes;
      return performance.now() > turnEnds;
    },
    async pause() {
      if (unreported > 0) onBytes?.(unreported);
      unreported = 0;
      await nextTurn();
      signal?.throwIfAborted();
      turnEnds = performance.now() + TURN_MS;
    },
  };
}
