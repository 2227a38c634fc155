import type { Stretch } from './secret-stretches.ts';

/** Called with where a run begins and where it ended. */
type FoundRun = (start: number, end: number) => void;

/** What a run consists of: 1 for each byte that belongs to it, and how many it has at least. */
interface RunKind {
  readonly belongs: Uint8Array;
  readonly shortest: number;
}

/**
 * Finds the runs of at least `shortest` bytes that consist of `letters` alone. Looks at the last byte that such a run must
 * have, and goes back from there: most bytes are never touched.
 */
export function createRunSearch(letters: string, shortest: number): (stretch: Stretch, found: FoundRun) => void {
  const belongs = new Uint8Array(256);
  for (const letter of letters) belongs[letter.charCodeAt(0)] = 1;
  return (stretch, found) => searchRuns({ belongs, shortest }, stretch, found);
}

function searchRuns({ belongs, shortest }: RunKind, stretch: Stretch, found: FoundRun): void {
  const { bytes, from, to, end } = stretch;
  // A run that came from before was seen there.
  let start = from > 0 && belongs[bytes[from - 1] ?? 0] === 1 ? runEnd(stretch, from, belongs) : from;
  while (start < to && start + shortest <= end) {
    let at = start + shortest - 1;
    while (at >= start && belongs[bytes[at] ?? 0] === 1) at -= 1;
    if (at >= start) {
      start = at + 1;
      continue;
    }
    const after = runEnd(stretch, start + shortest, belongs);
    found(start, after);
    start = after + 1;
  }
}

function runEnd({ bytes, end }: Stretch, from: number, belongs: Uint8Array): number {
  let at = from;
  while (at < end && belongs[bytes[at] ?? 0] === 1) at += 1;
  return at;
}
