import type { RunRecord } from '../render/summary.ts';

/** Keeps what the summary tells of the run itself. */
export interface Recorder {
  /** Adds the time of a phase; a phase that comes again adds up. */
  readonly phase: (name: string, ms: number) => void;
  /** How many requests went to Pinata is asked at the end. */
  readonly countRequests: (sent: () => number) => void;
  readonly record: () => RunRecord;
}

export function createRecorder(requestsPerMinute: number): Recorder {
  const phases = new Map<string, number>();
  let sent = (): number => 0;
  return {
    phase: (name, ms) => phases.set(name, (phases.get(name) ?? 0) + ms),
    countRequests: (count) => {
      sent = count;
    },
    record: () => ({
      phases: [...phases].map(([name, ms]) => ({ name, ms })),
      totalMs: performance.now(),
      requests: sent(),
      requestsPerMinute,
    }),
  };
}

/** What `work` answers, with its time recorded. */
export async function timed<T>({ phase }: Recorder, name: string, work: () => Promise<T>): Promise<T> {
  const began = performance.now();
  try {
    return await work();
  } finally {
    phase(name, performance.now() - began);
  }
}
