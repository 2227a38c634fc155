import type { Project } from './tag.ts';

/**
 * Release notes with our block in them, at the end unless it was there before. Repeating it changes nothing, and what
 * people wrote around it stays.
 */
export function withBlock(notes: string, block: string, { key }: Project): string {
  const name = key.replace(/^pd1\./, '');
  const [begin, end] = [`<!-- pinata-deploy:begin ${name} -->`, `<!-- pinata-deploy:end ${name} -->`];
  const own = `${begin}\n${block.trim()}\n${end}`;
  const place = findBlock(notes, begin, end);
  if (place === undefined) return notes.trim() === '' ? own : `${notes.trimEnd()}\n\n${own}`;
  const [from, to] = place;
  // A browser sends line ends of its own when somebody edits the notes.
  const isSame = notes.slice(from, to).replaceAll('\r\n', '\n') === own;
  return isSame ? notes : `${notes.slice(0, from)}${own}${notes.slice(to)}`;
}

/** Where a begin has its end. One that lost the other is text: what stands between it and the next block is not ours. */
function findBlock(notes: string, begin: string, end: string): readonly [from: number, to: number] | undefined {
  const first = notes.indexOf(begin);
  const at = first < 0 ? -1 : notes.indexOf(end, first);
  return at < 0 ? undefined : [notes.lastIndexOf(begin, at), at + end.length];
}
