import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Preflight } from '../../src/domain/preflight/finding.ts';
import { createInspection } from '../../src/domain/preflight/inspection.ts';
import { createNamesRule } from '../../src/domain/preflight/names.ts';
import { cpuClock } from '../support/cpu-clock.ts';

async function look(...paths: readonly string[]): Promise<Preflight> {
  const site = { files: new Map(paths.map((path) => [path, 1])), isSingleFile: false };
  return createInspection([{ rule: createNamesRule(site), severity: 'warn' }]).finish();
}

async function kinds(...paths: readonly string[]): Promise<readonly string[]> {
  return (await look(...paths)).findings.map(({ severity, kind }) => `${severity} ${kind}`);
}

describe('names', () => {
  it.each([
    'index.html',
    'a/b/c.d.e',
    '.well-known/security.txt',
    'assets/index-DiwrgT9x.js',
    '_next/static/chunks/app/[slug]/page.js',
    '@scope/pkg+1~2.js',
    'Größe/写真/фото.jpg',
    '👩‍👩‍👧/family.png',
    'two words.html',
    "it's (1), really!.txt",
    'console/auxiliary/nullable.js',
    'com10/comma.css',
    '...hidden',
    `${'a'.repeat(255)}/${'b'.repeat(255)}`,
  ])('%s is a name like any other', async (path) => {
    expect(await kinds(path)).toEqual([]);
  });

  it.each<[string, string, readonly string[]]>([
    ['leads above the site', '../etc/passwd', ['error parent-path']],
    ['leads up from within', 'a/../b', ['error parent-path']],
    ['leads up on Windows', 'a\\..\\b', ['error parent-path', 'warn backslash']],
    ['is absolute', '/etc/passwd', ['error absolute-path']],
    ['is absolute on a drive', 'C:/x', ['error absolute-path', 'warn windows-character']],
    [
      'is absolute on a drive with backslashes',
      'c:\\x',
      ['error absolute-path', 'warn backslash', 'warn windows-character'],
    ],
    ['is absolute on a share', '\\\\host\\share', ['error absolute-path', 'warn backslash']],
    ['has NUL', 'a\0b', ['error nul']],
    ['has an empty segment', 'a//b', ['warn empty-name']],
    ['has a dot as segment', 'a/./b', ['warn empty-name']],
    ['ends with a slash', 'a/', ['warn empty-name']],
    ['has a backslash', 'a\\b', ['warn backslash']],
    ['has a line break', 'a\nb', ['warn control-character']],
    ['has an escape', 'a\u001b[31m', ['warn control-character']],
    ['has C1 control', 'a\u009b', ['warn control-character']],
    ['has a line separator', 'a\u2028b', ['warn control-character']],
    ['has an override', 'a\u202egpj.exe', ['warn bidirectional']],
    ['has an isolate', 'a\u2066b', ['warn bidirectional']],
    ['has a character without width', 'a\u200bb', ['note invisible-character']],
    ['has a name that is too long', 'a'.repeat(256), ['warn long-name']],
    ['has a name that is too long in UTF-8 only', 'ü'.repeat(128), ['warn long-name']],
    ['is too long', `${'d'.repeat(200)}/`.repeat(21), ['warn empty-name', 'warn long-path']],
    ['is a device', 'CON', ['warn reserved-name']],
    ['is a device with extension', 'a/nul.tar.gz', ['warn reserved-name']],
    ['is below a device', 'Lpt1/x', ['warn reserved-name']],
    ['ends with a dot', 'a./b', ['warn dot-at-end']],
    ['ends with a space', 'a /b', ['warn space-at-end']],
    ['starts with a space', 'a/ b', ['warn space-at-end']],
    ['has what Windows refuses', 'a:b', ['warn windows-character']],
    ['has a question mark', 'index.html?p=1', ['note url-character']],
    ['has a number sign', 'Punk #1.png', ['note url-character']],
    ['has a percent sign', '100%.html', ['note url-character']],
  ])('is told when a path %s', async (_, path, expected) => {
    expect(await kinds(path)).toEqual(expect.arrayContaining([...expected]));
    expect(await kinds(path)).toHaveLength(expected.length);
  });

  it('tells names beside each other that differ only in case, files and directories, once', async () => {
    const { findings } = await look(
      'Img/a.png',
      'img/a.png',
      'img/b.png',
      'x/Logo.svg',
      'x/logo.svg',
      'y/logo.svg',
      'z',
      'Z/1',
    );
    expect(findings.map(({ kind, path, message, times }) => [kind, path, message.slice(0, 20), times])).toEqual([
      ['case-twins', 'Z', '`z` and `Z` differ o', 1],
      ['case-twins', 'img', '`Img` and `img` diff', 1],
      ['case-twins', 'x/logo.svg', '`x/Logo.svg` and `lo', 1],
    ]);
  });

  it('folds case outside of ASCII, and leaves what differs only in composition to the walk', async () => {
    expect(await kinds('ÄRGER', 'ärger')).toEqual(['warn case-twins']);
    expect(await kinds('\u00e9.txt', 'e\u0301.txt')).toEqual([]);
    expect(await kinds('\u00c9.txt', 'e\u0301.txt')).toEqual(['warn case-twins']);
  });

  it('merges the same fault of many files, and shows none of their names in the message', async () => {
    const { findings } = await look(...Array.from({ length: 500 }, (_, index) => `page-${index}?.html`));
    expect(findings).toMatchObject([{ times: 500, files: 500, path: 'page-0?.html', line: undefined }]);
    expect(findings[0]?.message).not.toContain('page-');
  });

  it('reads no file', () => {
    const inspection = createInspection([
      { rule: createNamesRule({ files: new Map([['a', 1]]), isSingleFile: false }), severity: 'warn' },
    ]);
    expect(inspection.begin({ path: 'a', bytes: 1 })).toBe(false);
  });
});

const anyPath = fc.array(
  fc.oneof(fc.string({ unit: 'binary', maxLength: 8 }), fc.constantFrom('..', 'CON', 'a ', 'A', 'a', 'x:')),
  {
    minLength: 1,
    maxLength: 5,
  },
);

describe('names, whatever they are', () => {
  it('never throws, and every message is one short line', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(anyPath, { maxLength: 8 }), async (paths) => {
        const { findings } = await look(...paths.map((names) => names.join('/')));
        for (const { message, advice } of findings) {
          expect(message + advice).not.toMatch(/[\p{Cc}\u2028-\u202e]/u);
          expect(message.length).toBeLessThan(400);
        }
      }),
    );
  });

  it('says the same below another directory, but for what is absolute', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(anyPath, { maxLength: 6 }), async (paths) => {
        const plain = paths.map((names) => `q/${names.join('/')}`);
        const tell = async (all: readonly string[]) => (await look(...all)).findings.map(({ kind }) => kind).sort();
        expect(await tell(plain.map((path) => `r/${path}`))).toEqual(await tell(plain));
      }),
    );
  });

  it('looks at 100,000 names in under two seconds', async () => {
    const paths = Array.from({ length: 100_000 }, (_, index) => `d${index % 300}/Sub/item-${index}.html`);
    const start = cpuClock();
    expect((await look(...paths)).findings).toEqual([]);
    expect(cpuClock() - start).toBeLessThan(2000);
  });
});
