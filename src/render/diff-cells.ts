import { escapeCode } from './markdown.ts';
import { shortPath } from './units.ts';

/** Names up to this length need no place to break, even on a phone. */
const SHORT = 24;

/** A path as code, cut in the middle where it is very long, that may break after `/ . _ -`: a table stays narrow. */
export function fileName(path: string): string {
  const shown = shortPath(path);
  const pieces = shown.length <= SHORT ? [shown] : (shown.match(/.{5,20}?[/._-]{1,4}(?=[^/._-])|.{1,20}/gsu) ?? []);
  return `<code>${pieces.map(escapeCode).join('<wbr>')}</code>`;
}

/** Figures that do not break between a number and its unit, which a narrow column would do. */
export function figure(text: string): string {
  return text.replace(/(?<=\d) (?=[kMGTPEZY]?B|%)/g, '&nbsp;');
}

/** What is folded away under a line; both are Markdown already. */
export function details(summary: string, content: string): string {
  return `<details><summary>${summary}</summary>\n\n${content}\n\n</details>`;
}

/** As `details`, but open until somebody folds it. */
export function openDetails(summary: string, content: string): string {
  return `<details open><summary>${summary}</summary>\n\n${content}\n\n</details>`;
}
