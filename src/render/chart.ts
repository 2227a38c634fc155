import type { ChangeGroup } from '../domain/diff.ts';

/** More bars nobody can read. */
const MOST_BARS = 12;
const UNITS = [
  { name: 'GB', bytes: 1e9 },
  { name: 'MB', bytes: 1e6 },
  { name: 'kB', bytes: 1e3 },
  { name: 'B', bytes: 1 },
] as const;

/** Mermaid. Bars of absolute numbers with the sign in their label: it draws every bar from the lower end of the axis. */
export function renderTypeChart(types: readonly ChangeGroup[]): string {
  const bars = types.filter(({ delta, name }) => delta !== 0 && /^[A-Za-z ]+$/.test(name)).slice(0, MOST_BARS);
  const largest = Math.max(...bars.map(({ delta }) => Math.abs(delta)));
  const unit = UNITS.find(({ bytes }) => largest >= bytes);
  if (bars.length < 2 || unit === undefined) return '';
  const lengths = bars.map(({ delta }) => scale(Math.abs(delta), unit.bytes));
  return [
    '```mermaid',
    'xychart-beta horizontal',
    `  title "Difference by type, ${unit.name}"`,
    `  x-axis [${bars.map(({ name, delta }) => `"${name} ${delta < 0 ? 'shrank' : 'grew'}"`).join(', ')}]`,
    `  y-axis "${unit.name}" 0 --> ${scale(largest, unit.bytes)}`,
    `  bar [${lengths.join(', ')}]`,
    '```',
  ].join('\n');
}

function scale(bytes: number, unit: number): string {
  return String(Math.round((bytes / unit) * 10) / 10);
}
