import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { judgeRevisions } from '../../src/domain/retention.ts';
import type { Revision } from '../../src/domain/revision.ts';
import { projectOf } from '../../src/domain/tag.ts';
import { renderLineage, renderTypeChart } from '../../src/render/chart.ts';
import { parseCharts } from '../support/mermaid.ts';
import { cidNumber, pinOf } from './account.ts';

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

  it('is one that Mermaid can read whatever the sizes are', async () => {
    const delta = fc.integer({ min: -5_000_000_000, max: 5_000_000_000 });
    await fc.assert(
      fc.asyncProperty(fc.array(delta, { minLength: 2, maxLength: 14 }), async (deltas) => {
        const names = ['CSS', 'HTML', 'Fonts', 'Source maps', 'Images'];
        const chart = renderTypeChart(deltas.map((bytes, index) => group(names[index % 5] ?? '', bytes)));
        expect(await parseCharts(chart)).toEqual(chart === '' ? [] : ['xychart']);
      }),
    );
  });

  it('would not pass here with a label that is not closed', async () => {
    await expect(parseCharts('```mermaid\nflowchart LR\n  a["x --> b\n```')).rejects.toThrow('Parse error');
  });
});

const project = projectOf('acme/app#web');
const now = new Date(1_800_000_000_000);
const at = (hoursAgo: number): number => now.getTime() / 1000 - hoursAgo * 3600;

function revision(number: number, marks: Readonly<Record<string, string>>): Revision {
  const pairs = Object.entries(marks).map(([tag, value]) => [`${project.key}.${tag}`, value] as const);
  const keyvalues = { [project.key]: project.name, ...Object.fromEntries(pairs) };
  return { cid: cidNumber(number), pins: [pinOf(`pin-${number}`, cidNumber(number), keyvalues)], others: [] };
}

function judge(revisions: readonly Revision[]) {
  return judgeRevisions(
    revisions,
    {
      project,
      keepLast: 2,
      keepWithinMs: 3_600_000,
      protectTags: [],
      protectCids: new Set(),
      inUse: new Map(),
      givenUp: new Map([['pr-7', { why: 'pull request closed', at: at(0) }]]),
      scope: 'all',
    },
    now,
  );
}

const history = judge([
  revision(1, { production: `${at(90)} 1111111` }),
  revision(2, { production: `${at(60)} 2222222`, 'v1.2.0': `${at(60)} 2222222` }),
  revision(3, { production: `${at(30)} 3333333` }),
  revision(4, { previews: `7@${at(50)}` }),
  revision(5, { previews: `7@${at(40)}` }),
  revision(6, { previews: `8@${at(10)} 0@${at(9)}` }),
]);

describe('the lineage', () => {
  it('is a chart that Mermaid can read, with what came after what', async () => {
    const text = renderLineage(history);
    expect(await parseCharts(text)).toEqual(['flowchart-v2']);
    await expect(text).toMatchFileSnapshot('../fixtures/comment/lineage.md');
  });

  it('has a table with every box and every line of the chart', () => {
    const text = renderLineage(history);
    const [chart = '', rows = ''] = text.split('```\n');
    const boxes = chart.match(/^ {2}n\d+\(?\[/gm) ?? [];
    const lines = chart.match(/-->|-\.->/g) ?? [];
    const table = rows.split('\n').filter((line) => line.startsWith('| <code>'));
    expect(table).toHaveLength(boxes.length);
    const origins = table
      .flatMap((line) => line.split(' | ').slice(2, 4))
      .flatMap((cell) => cell.match(/<code>/g) ?? []);
    expect(origins).toHaveLength(lines.length);
    expect(lines).toHaveLength(5);
  });

  it('has at most 20 boxes and says how many are missing', async () => {
    const many = judge(Array.from({ length: 30 }, (_, index) => revision(index, { main: `${at(index)} 1111111` })));
    const text = renderLineage(many);
    expect(await parseCharts(text)).toEqual(['flowchart-v2']);
    expect(text.match(/^ {2}n\d+\(?\["/gm)).toHaveLength(20);
    expect(text).toContain('and 10 older versions');
  });

  it('is not there where nothing came after anything', () => {
    expect(renderLineage([])).toBe('');
    expect(renderLineage(judge([revision(1, { main: `${at(1)} 1111111` })]))).toBe('');
  });

  it('stays a chart whatever a tag is called', async () => {
    const [first, ...rest] = history;
    await fc.assert(
      fc.asyncProperty(fc.string({ unit: 'binary', maxLength: 30 }), async (name) => {
        const rows = first === undefined ? [] : [{ ...first, refs: [name, `"] --> x["${name}`] }, ...rest];
        const text = renderLineage(rows);
        expect(await parseCharts(text)).toEqual(['flowchart-v2']);
        expect(text.match(/-->|-\.->/g)).toHaveLength(renderLineage(history).match(/-->|-\.->/g)?.length ?? 0);
      }),
      { numRuns: 50 },
    );
  });
});
