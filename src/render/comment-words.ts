import type { LastGood } from '../domain/comment.ts';
import type { Project } from '../domain/tag.ts';
import { withoutStop } from './diff-words.ts';
import { code, escapeText, link } from './markdown.ts';
import { shortCid, shortText } from './units.ts';

/** The first visible line. Of `acme/app#web` only `web` is named: the repository is where the reader is. */
export function heading(state: string, { name }: Project): string {
  const part = name.slice(name.indexOf('#') + 1);
  return `### ${state} · ${code(shortText(part === '' ? name : part, 80))}`;
}

/** Foreign text of several lines, at most 20 of them and none endless. */
export function paragraph(text: string): string {
  const lines = text.split('\n').filter((line) => line.trim() !== '');
  const shown = lines.slice(0, 20).map((line) => shortened(line));
  return [...shown, ...(lines.length > shown.length ? ['…'] : [])].join('<br>');
}

/** Escaped, a character may take many: what is too long then is cut shorter before. */
function shortened(line: string, length = 500): string {
  const escaped = escapeText(shortText(line, length));
  return escaped.length <= MOST_ESCAPED || length < 20 ? escaped : shortened(line, Math.floor(length / 2));
}

const MOST_ESCAPED = 1500;

/** A reason in one line, without the full stop that the sentence around it brings. */
export function renderReason(text: string): string {
  return shortened(withoutStop(text), 300);
}

export function whatToDo(hint: string | undefined): string {
  return hint === undefined || hint === '' ? '' : `**What to do:** ${paragraph(hint)}`;
}

/** The way to the preview that worked last; '' where none did. */
export function lastPreview(lastGood: LastGood | undefined): string {
  if (lastGood === undefined) return '';
  const { cid, url, commit } = lastGood;
  const of = commit === '' ? [] : [`of commit ${code(commit)}`];
  return [`**${link('Open the last good preview', url)}**`, ...of, code(shortCid(cid))].join(' · ');
}

/** `4 Jul 2026`, in UTC. */
export function renderDay(date: Date): string {
  return date.toUTCString().slice(5, 16).replace(/^0/, '');
}

/** `4 Jul 2026 09:31 UTC`. */
export function renderMinute(date: Date): string {
  return `${renderDay(date)} ${date.toISOString().slice(11, 16)} UTC`;
}
