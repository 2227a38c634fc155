import type { Reader } from './rule.ts';

/** A part of a text file, with what is left of the part before it. */
export interface TextWindow {
  readonly text: string;
  /** Where to go on; what comes before was read, and is there to look back at. */
  readonly from: number;
  readonly isLast: boolean;
  /** What does not end here is too long to wait for. */
  readonly isFull: boolean;
  /** Counts from 1. */
  readonly lineAt: (index: number) => number;
}

/** Says up to where it read; the rest comes again, with more behind it. */
export type Scan = (window: TextWindow) => number;

/** Windows begin at the same places however a file is cut, so that a rule sees the same. */
const BLOCK = 128 * 1024;
const CONTEXT = 256;
const FULL = 2 * BLOCK;

export function readInWindows(scan: Scan, onEnd: () => void = () => undefined): Reader {
  let held = '';
  let text = '';
  let from = 0;
  let line = 1;
  const feed = (block: string, isLast: boolean): void => {
    text = text === '' ? block : text + block;
    const isFull = isLast || text.length - from >= FULL;
    const done = Math.max(from, Math.min(scan({ text, from, isLast, isFull, lineAt: lines(text, line) }), text.length));
    if (isLast) return;
    const kept = Math.max(0, isFull && done === from ? text.length - CONTEXT : done - CONTEXT);
    line += countLines(text, 0, kept);
    from = Math.max(done - kept, isFull && done === from ? text.length - kept : 0);
    text = text.slice(kept);
  };
  return {
    kind: 'text',
    take: (piece) => {
      held += piece;
      while (held.length >= BLOCK) {
        feed(held.slice(0, BLOCK), false);
        held = held.slice(BLOCK);
      }
    },
    end: () => {
      feed(held, true);
      onEnd();
    },
  };
}

/** Lines at rising places are counted once. */
export function lines(text: string, first: number): (index: number) => number {
  let counted = 0;
  let line = first;
  return (index) => {
    if (index < counted) {
      counted = 0;
      line = first;
    }
    line += countLines(text, counted, index);
    counted = index;
    return line;
  };
}

function countLines(text: string, from: number, to: number): number {
  let count = 0;
  for (let at = text.indexOf('\n', from); at !== -1 && at < to; at = text.indexOf('\n', at + 1)) count += 1;
  return count;
}
