import {
  appendFileSync,
  existsSync,
  mkdirSync,
  renameSync,
  rmSync,
  symlinkSync,
  truncateSync,
  utimesSync,
} from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { buildDag } from '../../src/adapters/unixfs/dag.ts';
import { listFiles } from '../../src/adapters/unixfs/walk.ts';
import type { FileEntry } from '../../src/domain/listing.ts';
import { readRange } from '../support/car-blocks.ts';
import { dagContent } from '../support/dag-content.ts';
import { refusal } from '../support/refusal.ts';
import { tempTree } from '../support/temp-tree.ts';
import { DEFAULTS } from './walked.ts';

const MIB = 1_048_576;

function build(entries: readonly FileEntry[]) {
  return buildDag({ kind: 'directory', entries }, 'unixfs-v1-2025');
}

test('a path that is a file and a directory is refused by its name', async () => {
  using content = dagContent();
  const entries = content.entries({ 'docs/a/b': 'x', 'docs/a': 'y' });
  expect(await refusal(build(entries))).toMatch(/^content: "docs\/a" was listed twice/);
});

test('a path that is listed twice is refused by its name', async () => {
  using content = dagContent();
  const entries = content.entries({ 'a\n': 'x' });
  expect(await refusal(build([...entries, ...entries]))).toMatch(/^content: "a\\n" was listed twice/);
});

test.for(['', '/a', 'a/', 'a//b', './a', 'a/../b', 'a/.', '\ud800'])('%j is refused as a path', async (path) => {
  using content = dagContent();
  expect(await refusal(build(content.entries({ [path]: 'x' })))).toMatch(/^content: .* is not a path of/);
});

test.for([
  ['a link', (place: string, target: string) => symlinkSync(target, place)],
  ['a link to a pipe of the system', (place: string) => symlinkSync('/dev/stdin', place)],
  ['another file', (place: string, target: string) => renameSync(target, place)],
  ['a directory', (place: string) => mkdirSync(place)],
] as const)(
  'a listed file in whose place %s was put is refused, when it is hashed and when it is sent',
  async ([, replace]) => {
    using tree = tempTree({ 'site/z.txt': 'hello!', 'site/a.txt': 'x', outside: 'secret' });
    const { content } = await listFiles(join(tree.root, 'site'), DEFAULTS);
    const built = await buildDag(content, 'unixfs-v1-2025');
    rmSync(join(tree.root, 'site/z.txt'));
    replace(join(tree.root, 'site/z.txt'), join(tree.root, 'outside'));
    expect(await refusal(buildDag(content, 'unixfs-v1-2025'))).toMatch(/^content: "z.txt" (changed while|was found)/);
    expect(await refusal(readRange(built.car))).toMatch(/^content: "z.txt" (changed while|was found)/);
  },
);

test('a listed file whose directory was replaced by a link is refused', async () => {
  using tree = tempTree({ 'site/docs/passwd': 'hello!', 'other/passwd': 'secret' });
  const { content } = await listFiles(join(tree.root, 'site'), DEFAULTS);
  renameSync(join(tree.root, 'site/docs'), join(tree.root, 'away'));
  symlinkSync(join(tree.root, 'other'), join(tree.root, 'site/docs'));
  expect(await refusal(buildDag(content, 'unixfs-v1-2025'))).toBe(
    'content: "docs/passwd" changed while it was being deployed: something else was put in its place.',
  );
});

test('a file that is gone is named', async () => {
  using content = dagContent();
  const entries = content.entries({ 'ab/c.txt': 'x' });
  rmSync(entries[0]?.source ?? '');
  expect(await refusal(build(entries))).toBe('content: "ab/c.txt" was found, but now it is gone.');
});

test('a file that became a directory is named', async () => {
  using content = dagContent();
  const entry: FileEntry = { path: 'c.txt', source: content.directory, bytes: 1, kind: 'file' };
  expect(await refusal(build([entry]))).toMatch(/^content: "c.txt" was found, but now it cannot be read \(EISDIR\)/);
});

test.runIf(existsSync('/proc/self/status'))(
  'a size is not trusted: a file with more bytes than it says is named',
  async () => {
    const entry: FileEntry = { path: 'status', source: '/proc/self/status', bytes: 0, kind: 'file' };
    expect(await refusal(build([entry]))).toMatch(
      /^content: "status" changed while it was being deployed: it has grown/,
    );
  },
);

test.for([
  ['is appended to', (path: string) => appendFileSync(path, 'more')],
  ['is cut', (path: string) => truncateSync(path, 3 * MIB)],
  ['is written to without a change of size', (path: string) => utimesSync(path, 1, 1)],
] as const)('a file that %s while it is read is named', async ([, change]) => {
  using content = dagContent();
  const entries = content.entries({ 'first.bin': { zeros: 200 * MIB }, 'later.txt': 'x' });
  let changed = 0;
  const onBytes = (): void => {
    if (changed === 0) change(entries[0]?.source ?? '');
    changed += 1;
  };
  const attempt = buildDag({ kind: 'directory', entries }, 'unixfs-v1-2025', { onBytes });
  expect(await refusal(attempt)).toMatch(/^content: "first.bin" changed while it was being deployed/);
});

test('progress adds up to all bytes, and an abort ends the build', async () => {
  using content = dagContent();
  const entries = content.entries({ 'a.bin': { zeros: 100 * MIB }, 'b.bin': { zeros: 90 * MIB + 1 }, c: 'c' });
  const reports: number[] = [];
  const options = { onBytes: (bytes: number) => reports.push(bytes) };
  await buildDag({ kind: 'directory', entries }, 'unixfs-v1-2025', options);
  expect(reports.reduce((sum, bytes) => sum + bytes, 0)).toBe(190 * MIB + 2);
  expect(reports.length).toBeGreaterThan(1);

  const abort = new AbortController();
  const aborted = buildDag({ kind: 'directory', entries }, 'unixfs-v1-2025', {
    onBytes: () => abort.abort(new Error('time is up')),
    signal: abort.signal,
  });
  await expect(aborted).rejects.toThrow('time is up');
});
