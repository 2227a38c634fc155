import { describe, expect, it } from 'vitest';
import { renderTypeChart } from '../../src/render/chart.ts';
import { parseCharts } from '../support/mermaid.ts';

const group = (name: string, delta: number) => ({
  name,
  delta,
  added: 0,
  changed: 1,
  removed: 0,
  moved: 0,
  movedAway: 0,
  bytesBefore: 0,
  bytesAfter: delta,
});

describe('the chart of bytes by type', () => {
  it('is one that Mermaid can read', async () => {
    const chart = renderTypeChart([group('JavaScript', 31_400), group('CSS', -18_000), group('Source maps', 12)]);
    expect(await parseCharts(chart)).toEqual(['xychart']);
  });

  it('would not pass here with a label that is not closed', async () => {
    await expect(parseCharts('```mermaid\nflowchart LR\n  a["x --> b\n```')).rejects.toThrow('Parse error');
  });
});
