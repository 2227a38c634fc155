import { type Stretch, textOf } from './secret-stretches.ts';

const ESCAPE = /^(\\(u[0-9a-fA-F]{4}|x[0-9a-fA-F]{2}|[nrtbf])|%[0-9A-Fa-f]{2})/;

/** Past what belongs to an escape before it, which may consist of the same letters: `\nsk_live_…`, `%22sk_live_…`. */
export function afterEscape(stretch: Stretch, start: number): number {
  const before = stretch.bytes[start - 1];
  if (before !== 0x5c && before !== 0x25) return start;
  const sequence = ESCAPE.exec(textOf(stretch, start - 1, start + 6))?.[0] ?? '\\';
  return start + sequence.length - 1;
}
