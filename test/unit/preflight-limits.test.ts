import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Preflight } from '../../src/domain/preflight/finding.ts';
import { createInspection } from '../../src/domain/preflight/inspection.ts';
import { createLimitsRule, type Limits } from '../../src/domain/preflight/limits.ts';
import type { Site } from '../../src/domain/preflight/rule.ts';

const PINATA: Limits = { folderFiles: 30_000, uploadBytes: 25e9 };

async function look(files: Readonly<Record<string, number>>, limits = PINATA): Promise<Preflight> {
  return lookAt({ files: new Map(Object.entries(files)), isSingleFile: false }, limits);
}

async function lookAt(site: Site, limits = PINATA): Promise<Preflight> {
  return createInspection([{ rule: createLimitsRule(site, limits), severity: 'warn' }]).finish();
}

async function kinds(files: Readonly<Record<string, number>>): Promise<readonly string[]> {
  return (await look(files)).findings.map(({ severity, kind }) => `${severity} ${kind}`);
}

function manyFiles(count: number): Readonly<Record<string, number>> {
  return Object.fromEntries(Array.from({ length: count }, (_, index) => [`${index}.png`, 9]));
}

describe('limits', () => {
  it('says nothing of an ordinary site', async () => {
    const files = {
      'index.html': 5,
      'a.js': 5,
      'empty.css': 0,
      '.nojekyll': 0,
      'film.mp4': 25e6,
      'data.json': 2,
      'types.d.ts': 9,
    };
    expect(await kinds(files)).toEqual([]);
  });

  it('warns of more files than a folder takes, with both numbers and what is known of CARs', async () => {
    const { findings } = await look(manyFiles(30_001));
    expect(findings).toMatchObject([{ kind: 'folder-files', severity: 'warn', path: '' }]);
    expect(findings[0]?.message).toContain('30,001 files');
    expect(findings[0]?.message).toContain('30,000');
    expect(findings[0]?.advice).toContain('No such number is documented for CARs');
    expect((await look(manyFiles(30_000))).findings).toEqual([]);
    expect((await look(manyFiles(30_001), { ...PINATA, folderFiles: undefined })).findings).toEqual([]);
  });

  it('refuses more than one upload takes, whatever the severity, and warns of more than is advised', async () => {
    expect(await kinds({ 'a.mp4': 25e9 + 1 })).toEqual(['error upload-bytes', 'warn large-file']);
    expect(await kinds({ 'a.mp4': 25e9 })).toEqual(['warn advised-bytes', 'warn large-file']);
    expect(await kinds({ 'a.mp4': 15e9 })).toEqual(['warn large-file']);
    const halves = Object.fromEntries(Array.from({ length: 1001 }, (_, index) => [`${index}.bin`, 25e6]));
    expect((await look(halves)).findings).toMatchObject([
      { kind: 'upload-bytes', message: 'The build has 25.025 GB, and one upload to Pinata has at most 25 GB.' },
    ]);
  });

  it('warns of a file over 25 MB, once for all of them', async () => {
    expect((await look({ 'b.bin': 25e6 + 1, 'a.bin': 9e8 })).findings).toMatchObject([
      { kind: 'large-file', path: 'b.bin', times: 2, files: 2 },
    ]);
  });

  it.each<[string, string, string]>([
    ['assets/index.js.map', 'warn source-map', 'exclude: **/*.map'],
    ['a.css.map', 'warn source-map', 'exclude: **/*.map'],
    ['node_modules/react/index.js', 'warn node-modules', 'exclude: **/node_modules'],
    ['x/node_modules/y.log', 'warn node-modules', 'exclude: **/node_modules'],
    ['img/.DS_Store', 'warn system-file', 'exclude: **/.DS_Store'],
    ['Thumbs.db', 'warn system-file', 'exclude: **/Thumbs.db'],
    ['package-lock.json', 'warn project-file', 'exclude: **/package-lock.json'],
    ['npm-debug.log', 'note leftover', 'exclude: **/*.log'],
    ['dump.SQL', 'warn leftover', 'exclude: **/*.sql'],
    ['data/app.sqlite', 'note leftover', 'exclude: **/*.sqlite'],
    ['app.db', 'note leftover', 'exclude: **/*.db'],
    ['index.html.bak', 'warn leftover', 'exclude: **/*.bak'],
    ['.index.html.swp', 'warn leftover', 'exclude: **/*.swp'],
    ['index.html~', 'warn leftover', 'exclude: **/*~'],
    ['logo.psd', 'warn working-file', 'exclude: **/*.psd'],
    ['setup.exe', 'note program', 'exclude: **/*.exe'],
    ['app.apk', 'note program', 'exclude: **/*.apk'],
    ['src/main.tsx', 'note source-file', 'exclude: **/*.tsx'],
    ['main.ts', 'note source-file', 'exclude: **/*.ts'],
  ])('finds %s: %s', async (path, expected, advice) => {
    expect(await kinds({ [path]: 5 })).toEqual([expected]);
    expect((await look({ [path]: 5 })).findings[0]?.advice).toContain(advice);
  });

  it('leaves the type of a single file to who named it, not its size', async () => {
    const single = async (path: string, bytes: number) =>
      (await lookAt({ files: new Map([[path, bytes]]), isSingleFile: true })).findings.map(({ kind }) => kind);
    for (const path of ['dump.sql', 'logo.psd', 'setup.exe', 'main.js.map']) expect(await single(path, 5)).toEqual([]);
    expect(await single('dump.sql', 26e6)).toEqual(['large-file']);
  });

  it('takes .ts beside a playlist as pieces of a video', async () => {
    expect(await kinds({ 'v/list.m3u8': 5, 'v/0.ts': 5, 'v/1.ts': 5 })).toEqual([]);
    expect(await kinds({ 'v/list.m3u8': 5, 'v/0.tsx': 5 })).toEqual(['note source-file']);
  });

  it.each(['index.html', 'a/main.js', 'x.mjs', 'data.json', 'logo.PNG'])('warns that %s is empty', async (path) => {
    expect(await kinds({ [path]: 0 })).toEqual(['warn empty-file']);
  });

  it('merges what is the same in many files', async () => {
    const maps = Object.fromEntries(Array.from({ length: 400 }, (_, index) => [`assets/${index}.js.map`, 9]));
    expect((await look(maps)).findings).toMatchObject([{ kind: 'source-map', times: 400, files: 400 }]);
  });

  it('says the same whatever the order and the directory of the files', async () => {
    const names = fc.constantFrom('a.map', 'b.js.map', 'c.ts', 'd.psd', 'e.log', 'f.html', 'g.png', 'Thumbs.db', 'x~');
    const file = fc.tuple(names, fc.constantFrom(0, 1, 26e6));
    await fc.assert(
      fc.asyncProperty(fc.uniqueArray(file, { selector: ([name]) => name }), async (files) => {
        const plain = await look(Object.fromEntries(files));
        const below = await look(Object.fromEntries(files.toReversed().map(([name, bytes]) => [`q/${name}`, bytes])));
        const told = ({ findings }: Preflight) =>
          findings.map(({ kind, message, times }) => `${kind} ${message} ${times}`).sort();
        expect(told(below)).toEqual(told(plain));
      }),
    );
  });
});
