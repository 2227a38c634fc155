import type { Rebuild } from '../domain/comparison.ts';
import { renderCount, shortPath } from './units.ts';

/** What a build that is not reproducible is told, as one line. */
export function renderRebuildWarning({ evidence, files }: Rebuild): string {
  const [first] = files;
  const others = files.length > 1 ? `, and ${renderCount(files.length - 1, 'further file')}` : '';
  const culprit = first === undefined ? '' : ` Most likely: ${shortPath(first.path)} (${first.cause})${others}.`;
  return `The sources are the same, but the CID changed: ${evidence}.${culprit}`;
}
