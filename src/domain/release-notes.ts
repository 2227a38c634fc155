import type { Project } from './tag.ts';

/**
 * Release notes with our block in them, at the end unless it was there before. Repeating it changes nothing, and what
 * people wrote around it stays.
 */
export function withBlock(notes: string, block: string, { key }: Project): string {
  const name = key.replace(/^pd1\./, '');
  const [begin, end] = [`<!-- pinata-deploy:begin ${name} -->`, `<!-- pinata-deploy:end ${name} -->`];
  const own = `${begin}\n${block.trim()}\n${end}`;
  const [from, to] = [notes.indexOf(begin), notes.indexOf(end)];
  if (from >= 0 && to > from) return `${notes.slice(0, from)}${own}${notes.slice(to + end.length)}`;
  return notes.trim() === '' ? own : `${notes.trimEnd()}\n\n${own}`;
}
