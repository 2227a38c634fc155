/** What a bench hands back: a table for people and the same figures for programs. */
export interface Report {
  readonly heading: readonly string[];
  readonly rows: readonly (readonly string[])[];
  readonly figures: readonly object[];
}

export interface BenchOptions {
  readonly rounds: number;
  /** Seconds instead of minutes. Ratios say less then: a process start weighs more. */
  readonly small: boolean;
  /** Names of corpora to run on; all when empty. */
  readonly corpora: readonly string[];
}

/** The table with aligned columns: the first two to the left, the others, numbers mostly, to the right. */
export function renderTable({ heading, rows }: Report): string {
  const lines = [heading, ...rows];
  const widths = heading.map((_, column) => Math.max(...lines.map((cells) => cells[column]?.length ?? 0)));
  return lines
    .map((cells) =>
      cells
        .map((cell, column) => (column < 2 ? cell.padEnd(widths[column] ?? 0) : cell.padStart(widths[column] ?? 0)))
        .join('  ')
        .trimEnd(),
    )
    .join('\n');
}

export function median(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b);
  return sorted[Math.floor(sorted.length / 2)] ?? Number.NaN;
}
