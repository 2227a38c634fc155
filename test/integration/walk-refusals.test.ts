import { execFileSync } from 'node:child_process';
import { chmodSync, mkdirSync, realpathSync, statSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { join } from 'node:path';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { isInside } from '../../src/adapters/unixfs/links.ts';
import { measure } from '../../src/adapters/unixfs/measure.ts';
import { listFiles } from '../../src/adapters/unixfs/walk.ts';
import { ActionError } from '../../src/domain/errors.ts';
import type { FileRules } from '../../src/domain/file-rules.ts';
import type { FileEntry } from '../../src/domain/listing.ts';
import type { Planted } from '../support/temp-tree.ts';
import { plant, tempTree } from '../support/temp-tree.ts';
import { DEFAULTS } from './walked.ts';

type Tree = Readonly<Record<string, Planted>>;

/** Lists `dist` in a tree: the visible paths with where they really are below it, or the refusal. */
async function listDist(planted: Tree, rules: Partial<FileRules> = {}): Promise<readonly string[] | ActionError> {
  using tree = tempTree({ 'outside/secret.txt': 'secret', 'dist/index.html': '', ...planted });
  const root = join(tree.root, 'dist');
  const entries = await list(root, rules);
  if (entries instanceof ActionError) return entries;
  return entries.map(({ path, source }) => `${path} = ${source.slice(root.length + 1)}`);
}

async function list(path: string, rules: Partial<FileRules> = {}): Promise<readonly FileEntry[] | ActionError> {
  try {
    const { content } = await listFiles(path, { ...DEFAULTS, ...rules });
    return content.kind === 'directory' ? content.entries : [];
  } catch (error) {
    if (error instanceof ActionError) return error;
    throw error;
  }
}

async function refusalOf(planted: Tree, rules: Partial<FileRules> = {}): Promise<string> {
  return messageOf(await listDist(planted, rules));
}

function messageOf(listed: readonly unknown[] | ActionError): string {
  if (!(listed instanceof ActionError)) throw new Error(`expected a refusal, got ${JSON.stringify(listed)}`);
  expect(listed.kind).toBe('input');
  return listed.message;
}

describe('a path that cannot be published', () => {
  it('is refused when it does not exist, with what was expected, what it got and where it looked', async () => {
    const refusal = await list('no/such/dist');
    expect(messageOf(refusal)).toBe(
      'path must be a directory, a file or a .car file, but "no/such/dist" does not exist.',
    );
    const hint = refusal instanceof ActionError ? refusal.hint : undefined;
    expect(hint).toContain('Run the build in an earlier step');
    expect(hint).toContain(JSON.stringify(process.cwd()));
  });

  it('is refused when it is empty, below a file, a dangling link, or a link to itself', async () => {
    using tree = tempTree({ file: '', gone: { link: 'nothing' }, self: { link: 'self' } });
    expect(messageOf(await list(''))).toContain('"" does not exist');
    expect(messageOf(await list(join(tree.root, 'file/x')))).toContain('below a file');
    expect(messageOf(await list(join(tree.root, 'gone')))).toContain('does not exist');
    expect(messageOf(await list(join(tree.root, 'self')))).toContain('in a circle');
  });

  it('is refused when it is a device, a pipe or a socket', async () => {
    using tree = tempTree();
    execFileSync('mkfifo', [join(tree.root, 'pipe')]);
    await using _socket = await socketAt(join(tree.root, 'sock'));
    expect(messageOf(await list('/dev/null'))).toContain('is a device');
    expect(messageOf(await list(join(tree.root, 'pipe')))).toContain('is a pipe');
    expect(messageOf(await list(join(tree.root, 'sock')))).toContain('is a socket');
  });
});

describe('links that stay inside path', () => {
  it('are followed: the path is that of the link, the bytes are those of the real file', async () => {
    expect(await listDist({ 'dist/a/b.txt': 'x', 'dist/l.txt': { link: 'a/b.txt' }, 'dist/d': { link: 'a' } })).toEqual(
      ['a/b.txt = a/b.txt', 'd/b.txt = a/b.txt', 'index.html = index.html', 'l.txt = a/b.txt'],
    );
  });

  it('are followed through chains, up and down, and through links in linked directories', async () => {
    const planted = {
      'dist/x/y/up.html': { link: '../../index.html' },
      'dist/one': { link: 'two' },
      'dist/two': { link: 'x/y' },
    };
    expect(await listDist(planted)).toEqual([
      'index.html = index.html',
      'one/up.html = index.html',
      'two/up.html = index.html',
      'x/y/up.html = index.html',
    ]);
  });

  it('are followed to an empty directory', async () => {
    expect(await listDist({ 'dist/e': {}, 'dist/l': { link: 'e' } })).toEqual([
      'e = e',
      'index.html = index.html',
      'l = e',
    ]);
  });

  it('are judged by the path they are seen at', async () => {
    const planted = {
      'dist/.pinataignore': 'ignored/\n',
      'dist/a/b.txt': '',
      'dist/a/b.map': '',
      'dist/.hidden': { link: 'a' },
      'dist/ignored': { link: 'a' },
      'dist/excluded': { link: 'a' },
      'dist/seen': { link: 'a' },
    };
    expect(await listDist(planted, { include: ['seen/**', 'excluded/**'], exclude: ['**/*.map', 'excluded'] })).toEqual(
      ['seen/b.txt = a/b.txt'],
    );
  });
});

describe('links that leave path', () => {
  const leaving: Readonly<Record<string, Tree>> = {
    'to a file': { 'dist/l': { link: '../outside/secret.txt' } },
    'to a directory': { 'dist/l': { link: '../outside' } },
    'to a device': { 'dist/l': { link: '/dev/zero' } },
    'by an absolute path': { 'dist/l': { link: '/etc' } },
    'through a chain': { 'dist/l': { link: 'm' }, 'dist/m': { link: '../outside/secret.txt' } },
    'through a parent that is a link': { 'dist/m': { link: '../outside' }, 'dist/l': { link: 'm/secret.txt' } },
    'from a linked directory': { 'dist/a/l': { link: '../../outside/secret.txt' }, 'dist/b': { link: 'a' } },
    'to what is around path': { 'dist/l': { link: '..' } },
    'to a neighbour with a similar name': { 'dist-old/a': '', 'dist/l': { link: '../dist-old/a' } },
  };

  it.each(Object.entries(leaving))('%s are refused and named', async (_how, planted) => {
    const message = await refusalOf(planted);
    expect(message).toMatch(/links? leaves? it \(.*"(a\/)?l" → /);
    expect(message).toContain('path "');
  });

  it('are refused also where only something below them is asked for', async () => {
    const planted = { 'dist/assets/vendor': { link: '../../outside' } };
    expect(await refusalOf(planted, { include: ['assets/**/*.js'] })).toContain('"assets/vendor" → "../../outside"');
    expect(await refusalOf(planted, { include: ['assets/vendor/secret.txt'] })).toContain('"assets/vendor"');
  });

  it('do not matter where a rule leaves them out', async () => {
    const planted = {
      'dist/.pinataignore': 'ignored\n',
      'dist/.hidden': { link: '../outside' },
      'dist/ignored': { link: '../outside' },
      'dist/excluded': { link: '../outside' },
      'dist/gone': { link: 'nothing' },
    };
    expect(await listDist(planted, { exclude: ['excluded', 'go*'] })).toEqual(['index.html = index.html']);
  });
});

describe('links that lead nowhere', () => {
  it('are refused when nothing is there', async () => {
    expect(await refusalOf({ 'dist/a': { link: 'nothing' }, 'dist/b': { link: 'index.html/x' } })).toContain(
      '2 links point to nothing ("a" → "nothing", "b" → "index.html/x")',
    );
  });

  it('are refused when they lead in a circle', async () => {
    const planted = {
      'dist/self': { link: 'self' },
      'dist/root': { link: '.' },
      'dist/a/up': { link: '../a' },
      'dist/x/y': { link: '../z' },
      'dist/z/w': { link: '../x' },
    };
    const message = await refusalOf(planted);
    for (const path of ['self', 'root', 'a/up', 'x/y/w', 'z/w/y']) expect(message).toContain(`"${path}" → `);
  });
});

describe('refusals', () => {
  it('come together, name five of a kind and count the rest', async () => {
    const links = Object.fromEntries(
      Array.from({ length: 7 }, (_, at) => [`dist/l${at}`, { link: '../outside' }] as const),
    );
    const message = await refusalOf({ ...links, 'dist/gone': { link: 'nothing' } });
    expect(message).toMatch(/7 links leave it \("l0" .*"l4" → "..\/outside" and 2 more\); 1 link points to nothing/);
  });

  it('cover every link when symlinks is error, but not path itself', async () => {
    const planted = {
      'dist/l': { link: 'index.html' },
      'dist/d/m': { link: '../../outside' },
      other: { link: 'dist' },
    };
    expect(await refusalOf(planted, { symlinks: 'error' })).toContain(
      '2 entries are links, which symlinks: error refuses ("d/m" → "../../outside", "l" → "index.html")',
    );
    using tree = tempTree({ 'real/a': '', build: { link: 'real' } });
    expect(await list(join(tree.root, 'build'), { symlinks: 'error' })).toHaveLength(1);
  });

  it('cover links to directories of which include asks for a part, when symlinks is error', async () => {
    const planted = { 'dist/d/a.js': '', 'dist/l': { link: 'd' } };
    expect(await refusalOf(planted, { symlinks: 'error', include: ['*/*.js'] })).toContain('"l" → "d"');
  });

  it('cover pipes, sockets and links to them', async () => {
    using tree = tempTree({ ok: '', l: { link: 'pipe' } });
    execFileSync('mkfifo', [join(tree.root, 'pipe')]);
    await using _socket = await socketAt(join(tree.root, 'sock'));
    expect(messageOf(await list(tree.root))).toContain(
      '3 entries are neither files nor directories ("l" (a pipe), "pipe" (a pipe), "sock" (a socket))',
    );
    expect(await list(tree.root, { exclude: ['pipe', 'sock', 'l'] })).toHaveLength(1);
  });

  // Only Linux file systems keep such names.
  it.runIf(process.platform === 'linux')('cover names that are not UTF-8, and show their bytes', async () => {
    using tree = tempTree({ 'ok\ufffd': '' });
    const bad = (text: string) => Buffer.concat([Buffer.from(`${tree.root}/`), Buffer.from(text, 'latin1')]);
    writeFileSync(bad('caf\xe9.txt'), '');
    mkdirSync(bad('dir\xff'));
    writeFileSync(bad('dir\xff/inside'), '');
    expect(messageOf(await list(tree.root))).toContain('2 names are not valid UTF-8 ("caf\\xe9.txt", "dir\\xff")');
    expect(await list(tree.root, { exclude: ['caf*', 'dir*'] })).toMatchObject([{ path: 'ok\ufffd' }]);
  });

  it('cover a file that went away, or became something else, before it was measured', () => {
    using tree = tempTree({ d: {}, l: { link: 'd' } });
    expect(measure(join(tree.root, 'gone'))).toMatchObject({ kind: 'changed' });
    expect(measure(join(tree.root, 'd'))).toMatchObject({ kind: 'changed' });
    expect(measure(join(tree.root, 'l'))).toMatchObject({ kind: 'changed' });
  });
});

describe('without read access', () => {
  it('files, directories and path itself are refused and named', async () => {
    using tree = tempTree({ 'ok.txt': '', 'secret.txt': '', 'locked/a': '', 'closed/b': '' });
    const modes = { 'secret.txt': 0o200, locked: 0o300, closed: 0o600 };
    expect(messageOf(await listWithModes(tree.root, modes))).toContain(
      '3 entries cannot be read ("closed/b" (EACCES), "locked" (EACCES), "secret.txt" (EACCES))',
    );
    expect(messageOf(await listWithModes(tree.root, { '.': 0o300 }))).toContain(
      '1 entry cannot be read ("." (EACCES))',
    );
  });

  it('a directory that is excluded, ignored, hidden or not included does not matter, because it is never read', async () => {
    const locked = ['node_modules', 'sub/node_modules', 'ignored', '.git', 'drafts-old', 'sub/old.d', 'other'];
    using tree = tempTree({ '.pinataignore': 'ignored/\n', 'index.html': '' });
    plant(tree.root, Object.fromEntries(locked.map((path) => [`${path}/a`, ''])));
    const modes = Object.fromEntries(locked.map((path) => [path, 0]));
    const rules = { include: ['*.html', 'sub/**'], exclude: ['**/node_modules', 'drafts*', '**/*.d'] };
    expect(await listWithModes(tree.root, modes, rules)).toMatchObject([{ path: 'index.html' }]);
  });
});

it('of random trees of links lists only real files inside the real root, or refuses', async () => {
  const name = fc.constantFrom('a', 'b', 'c', 'd');
  const place = fc.array(name, { minLength: 1, maxLength: 3 }).map((names) => names.join('/'));
  const target = fc
    .tuple(fc.integer({ min: 0, max: 3 }), fc.option(fc.oneof(place, fc.constant('outside'))))
    .map(([ups, below]) => `${'../'.repeat(ups)}${below ?? '.'}`);
  const what = fc.oneof(
    fc.constant('x'),
    fc.constant({}),
    target.map((link) => ({ link })),
  );
  let listed = 0;
  let refused = 0;
  await fc.assert(
    fc.asyncProperty(fc.dictionary(place, what, { maxKeys: 8 }), async (drawn) => {
      using tree = tempTree({ 'outside/secret.txt': 'secret', 'dist/file': '' });
      const root = join(tree.root, 'dist');
      const isAbove = (path: string) => Object.keys(drawn).some((other) => other.startsWith(`${path}/`));
      plant(root, Object.fromEntries(Object.entries(drawn).filter(([path]) => !isAbove(path))));
      const entries = await list(root);
      if (entries instanceof ActionError) {
        refused += 1;
        expect(entries.kind).toBe('input');
        return;
      }
      listed += 1;
      for (const { path, source, kind } of entries) {
        expect(realpathSync(join(root, path))).toBe(source);
        expect(isInside(root, source)).toBe(true);
        expect(statSync(source).isDirectory()).toBe(kind === 'directory');
      }
    }),
    { numRuns: 150 },
  );
  expect(Math.min(listed, refused)).toBeGreaterThan(5);
});

async function socketAt(path: string): Promise<AsyncDisposable> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(path, resolve));
  return { [Symbol.asyncDispose]: () => new Promise((resolve) => server.close(() => resolve())) };
}

/** Lists while paths have these modes. Root reads everything, so a test that runs as root looks with the eyes of nobody. */
async function listWithModes(root: string, modes: Readonly<Record<string, number>>, rules: Partial<FileRules> = {}) {
  const isRoot = process.geteuid?.() === 0;
  if (isRoot) execFileSync('chown', ['-R', '-h', '65534', root]);
  for (const [path, mode] of Object.entries(modes)) chmodSync(join(root, path), mode);
  if (isRoot) process.seteuid?.(65_534);
  try {
    return await list(root, rules);
  } finally {
    if (isRoot) process.seteuid?.(0);
    for (const path of Object.keys(modes)) chmodSync(join(root, path), 0o755);
  }
}

describe('links that multiply', () => {
  it('end in a refusal instead of filling the memory', async () => {
    const levels = Array.from({ length: 24 }, (_, level) => level);
    const links = levels.flatMap((level) => [
      [`d${level}/a`, { link: `../d${level + 1}` }] as const,
      [`d${level}/b`, { link: `../d${level + 1}` }] as const,
    ]);
    using tree = tempTree({ ...Object.fromEntries(links), 'd24/end.txt': 'x' });
    await expect(listFiles(tree.root, DEFAULTS)).rejects.toThrow(
      'path shows more than 200,000 files and directories through links',
    );
  });
});
