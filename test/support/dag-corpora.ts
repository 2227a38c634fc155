import type { Held } from './dag-content.ts';
import { seededBytes } from './seeded.ts';

const MIB = 1_048_576;

/** Trees whose roots are pinned by other implementations, in `test/fixtures/cid/goldens.json`. */
export const CORPORA: Readonly<Record<string, () => Record<string, Held>>> = {
  chunks: () => ({
    empty: '',
    'half-a-chunk.bin': seededBytes(MIB / 2, 1),
    'one-chunk.bin': seededBytes(MIB, 2),
    'one-byte-more.bin': seededBytes(MIB + 1, 3),
    'three-chunks.bin': seededBytes(3 * MIB, 4),
    'copies/one-chunk.bin': seededBytes(MIB, 2),
  }),
  names: () => ({
    'caf\u00e9.txt': 'composed',
    'cafe\u0301.txt': 'decomposed',
    '\u{1F338}.html': 'a plane above',
    '\uE000.html': 'private use',
    '日本語/索引.html': 'unicode directory',
    '.well-known/security.txt': 'dot',
    ' leading and trailing ': 'spaces',
    '100%41[x]{y}*?.txt': 'wild',
    'line\nbreak': 'newline',
    Z: 'upper',
    a: 'lower',
    'a.b': 'dot sorts before slash',
    'a-b/c': 'dash',
  }),
  '1025-chunks': () => ({ 'zeros.bin': { zeros: 1025 * MIB } }),
  '240-small-chunks': () => ({ 'zeros.bin': { zeros: 60 * MIB } }),
  '6000-directories': () => numbered(6000, (index) => `posts/a-post-of-the-blog-${index}/index.html`),
  '2500-files-and-2500-directories': () => ({
    ...numbered(2500, (index) => `both/file-number-${index}.html`),
    ...numbered(2500, (index) => `both/directory-number-${index}/index.html`),
  }),
  '1500-files': () => numbered(1500, (index) => `tokens/${index}.json`),
  '9000-files': () => numbered(9000, (index) => `tokens/${index}.json`),
};

function numbered(count: number, path: (index: number) => string): Record<string, Held> {
  return Object.fromEntries(Array.from({ length: count }, (_, index) => [path(index), `content ${index % 50}`]));
}
