import { renderCount } from './units.ts';

/** How long a text may be. */
export interface Room {
  /** In UTF-8. */
  readonly bytes: number;
  /** In UTF-16. */
  readonly units: number;
}

/** The first step whose text fits: steps go from the whole story to its head. Undefined where none does. */
export function firstThatFits<Step>(
  steps: readonly Step[],
  render: (step: Step) => string,
  room: Room,
): string | undefined {
  for (const step of steps) {
    const text = render(step);
    if (fits(text, room)) return text;
  }
  return undefined;
}

export function fits(text: string, { bytes, units }: Room): boolean {
  return text.length <= units && new TextEncoder().encode(text).length <= bytes;
}

/** Blocks of Markdown, one below the other; empty ones are left out. */
export function stack(blocks: readonly string[]): string {
  return blocks.filter((block) => block !== '').join('\n\n');
}

/** `8,000 further differences`: what is beyond the rows that are shown; none where all are. */
export function rowsBeyond(
  shown: number,
  { count, noun }: { readonly count: number; readonly noun: string },
): readonly string[] {
  return count <= shown ? [] : [renderCount(count - shown, noun)];
}
