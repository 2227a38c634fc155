import type { MirrorState } from '../domain/mirror.ts';
import { code, escapeText, table } from './markdown.ts';
import { renderCount, shortCid, shortText } from './units.ts';

const STATES: Readonly<Record<MirrorState['state'], string>> = {
  pinned: 'pinned',
  pending: 'not yet',
  unpinned: 'unpinned',
  kept: 'left as it is',
  absent: '**not there**',
  planned: 'would be pinned',
  trouble: '**trouble**',
};
const SHOWN_ROWS = 50;
const NOTE_CHARACTERS = 300;

/** What became of content on its second homes, Markdown; '' where there are none. */
export function renderMirrorSection(states: readonly MirrorState[]): string {
  if (states.length === 0) return '';
  const rows = states
    .slice(0, SHOWN_ROWS)
    .map(({ mirror, cid, state, note }) => [
      escapeText(mirror),
      code(shortCid(cid)),
      STATES[state],
      escapeText(shortText(note, NOTE_CHARACTERS)),
    ]);
  const more = states.length - rows.length;
  return [
    '#### Mirrors',
    table(['Mirror', 'CID', 'State', 'Note'], rows),
    ...(more > 0 ? [`and ${renderCount(more, 'more row')}: see the report.`] : []),
  ].join('\n\n');
}

const WORDS: readonly (readonly [MirrorState['state'], string])[] = [
  ['pinned', 'has it'],
  ['pending', 'not yet'],
  ['absent', 'not there'],
  ['planned', 'would get it'],
  ['unpinned', 'unpinned'],
  ['kept', 'left as it is'],
  ['trouble', 'trouble'],
];

/** One sentence, plain text: `Mirrors: backup (has it), node (trouble).`; '' where there are none. */
export function renderMirrorLine(states: readonly MirrorState[]): string {
  if (states.length === 0) return '';
  const names = [...new Set(states.map(({ mirror }) => mirror))];
  const told = names.map((name) => {
    const own = states.filter(({ mirror }) => mirror === name);
    const parts = WORDS.flatMap(([state, word]) => {
      const count = own.filter((row) => row.state === state).length;
      if (count === 0) return [];
      return [own.length === 1 ? word : `${count} ${word}`];
    });
    return `${name} (${parts.join(', ')})`;
  });
  return `Mirrors: ${told.join(', ')}.`;
}
