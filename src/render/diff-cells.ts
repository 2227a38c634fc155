import { escapeText } from './markdown.ts';
import { shortPath } from './units.ts';

/** Names up to this length need no place to break, even on a phone. */
const SHORT = 24;

/** A path as code, cut in the middle where it is very long, that may break after `/ . _ -`: a table stays narrow. */
export function fileName(path: string): string {
  const shown = shortPath(path);
  const pieces = shown.length <= SHORT ? [shown] : (shown.match(/.{5,20}?[/._-]+(?=[^/._-])|.{1,20}/gsu) ?? []);
  return `<code>${pieces.map(escapeText).join('<wbr>')}</code>`;
}
