import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { CarReader } from '@ipld/car';
import { sha256 } from 'multiformats/hashes/sha2';
import { describe, expect, it } from 'vitest';
import { deployInputs, pinsOf, uploadsTo } from '../support/deploy-inputs.ts';

import { emulatorForFile } from '../support/file-emulator.ts';
import { oracleCar, oracleCid, oracleDag, readTree } from '../support/oracle-cid.ts';
import { type DistRun, runDist } from '../support/run-dist.ts';
import { seededBytes } from '../support/seeded.ts';
import { plant, tempTree } from '../support/temp-tree.ts';
import { readCommands } from '../support/workflow-commands.ts';

const emulator = await emulatorForFile();

async function deploy(path: string, more: Record<string, string> = {}): Promise<DistRun> {
  const run = await runDist({ inputs: deployInputs(emulator, path, more) });
  expect(run.exitCode, run.log).toBe(0);
  return run;
}

async function fetchBelow(cid: string | undefined, path: string): Promise<Response> {
  return await fetch(`${emulator.gatewayUrl}/ipfs/${cid}/${path.split('/').map(encodeURIComponent).join('/')}`);
}

describe('a single file', () => {
  it('is deployed as the root itself', async () => {
    using tree = tempTree();
    const bytes = seededBytes(3_000_000, 1);
    writeFileSync(join(tree.root, 'data.bin'), bytes);
    const run = await deploy(join(tree.root, 'data.bin'));
    expect(run.outputs).toMatchObject({ result: 'deployed', cid: await oracleCid(bytes), 'file-count': '1' });
    const answer = await fetch(run.outputs.url ?? '');
    expect(Buffer.from(await answer.arrayBuffer()).equals(bytes)).toBe(true);
  });

  it('may be empty', async () => {
    using tree = tempTree({ nothing: '' });
    const run = await deploy(join(tree.root, 'nothing'));
    expect(run.outputs).toMatchObject({ result: 'deployed', cid: await oracleCid(Buffer.alloc(0)), size: '0' });
  });
});

describe('a .car file', () => {
  const files = new Map([
    ['index.html', Buffer.from('packed by somebody else')],
    ['data/blob', seededBytes(2_500_000, 2)],
  ]);

  it('is deployed with the root it names', async () => {
    using tree = tempTree();
    const path = join(tree.root, 'site.car');
    writeFileSync(path, await oracleCar(files));
    const run = await deploy(path);
    expect(run.outputs).toMatchObject({ result: 'deployed', cid: await oracleCid(files), 'file-count': '2' });
    for (const [name, bytes] of files) {
      const answer = await fetchBelow(run.outputs.cid, name);
      expect(Buffer.from(await answer.arrayBuffer()).equals(bytes), name).toBe(true);
    }
  });

  it('with a damaged block is refused before anything is sent', async () => {
    using tree = tempTree();
    const path = join(tree.root, 'damaged.car');
    const car = await oracleCar(files);
    car[car.length - 1] = (car.at(-1) ?? 0) ^ 1;
    writeFileSync(path, car);
    const run = await runDist({ inputs: deployInputs(emulator, path) });
    expect(run.exitCode).toBe(1);
    expect(run.outputs.result).toBe('failed');
    expect(run.errors[0]).toContain('damaged.car');
    expect(await uploadsTo(emulator)).toEqual([]);
  });
});

describe('the CAR that car-file keeps', () => {
  it('has the root, exactly the blocks of the DAG, each once and with its own hash', async () => {
    using tree = tempTree({ 'index.html': 'kept', 'copy/index.html': 'kept', empty: {} });
    writeFileSync(join(tree.root, 'large.bin'), seededBytes(2_200_000, 3));
    using out = tempTree();
    const path = join(out.root, 'kept.car');
    const run = await deploy(tree.root, { 'car-file': path, exclude: 'empty' });
    expect(run.outputs['car-path']).toBe(path);
    const { root, blocks } = await oracleDag(readTree(tree.root));
    const car = await CarReader.fromBytes(readFileSync(path));
    expect((await car.getRoots()).map(String)).toEqual([root.toString()]);
    const seen: string[] = [];
    for await (const { cid, bytes } of car.blocks()) {
      expect(Buffer.from((await sha256.digest(bytes)).digest).equals(Buffer.from(cid.multihash.digest))).toBe(true);
      seen.push(cid.toString());
    }
    expect(seen.toSorted()).toEqual([...blocks.keys()].toSorted());
    expect(Number(run.outputs['uploaded-bytes'])).toBe(readFileSync(path).length);
  });
});

describe('the CID profile', () => {
  it.each(['unixfs-v1-2025', 'unixfs-v0-2015', 'pinata-folder'] as const)('%s gives its CIDs', async (profile) => {
    using tree = tempTree({ 'index.html': `profile ${profile}`, 'a/b/c.txt': 'deep' });
    writeFileSync(join(tree.root, 'large.bin'), seededBytes(1_400_000, 4));
    const inputs = { 'cid-profile': profile, project: `acme/${profile}` };
    const run = await deploy(tree.root, inputs);
    const { root } = await oracleDag(readTree(tree.root), profile);
    expect(run.outputs).toMatchObject({
      result: 'deployed',
      cid: root.toV1().toString(),
      'cid-v0': root.toV0().toString(),
    });
    const answer = await fetchBelow(run.outputs.cid, 'large.bin');
    expect(Buffer.from(await answer.arrayBuffer()).equals(seededBytes(1_400_000, 4))).toBe(true);
    const again = await deploy(tree.root, inputs);
    expect(again.outputs).toMatchObject({ result: 'unchanged', 'uploaded-bytes': '0' });
    expect(await pinsOf(emulator, run.outputs.cid)).toHaveLength(1);
  });
});

describe('the rules for files', () => {
  const planted = {
    'index.html': 'rules',
    'app.js': 'app',
    'app.js.map': 'map',
    'drafts/one.html': 'draft',
    '.well-known/security.txt': 'contact',
    '.nojekyll': '',
    '.env': 'SECRET=1',
    '.git/config': 'git',
    '.pinataignore': 'drafts/\n',
    'none.ignore': '',
  };

  it.each<[string, Record<string, string>, readonly string[]]>([
    [
      'the defaults',
      {},
      ['.nojekyll', '.well-known/security.txt', 'app.js', 'app.js.map', 'index.html', 'none.ignore'],
    ],
    ['exclude', { exclude: '**/*.map\n*.ignore' }, ['.nojekyll', '.well-known/security.txt', 'app.js', 'index.html']],
    ['include', { include: '*.html\ndrafts/**', 'ignore-file': 'none.ignore' }, ['drafts/one.html', 'index.html']],
    ['no hidden files', { 'include-hidden-files': 'false' }, ['app.js', 'app.js.map', 'index.html', 'none.ignore']],
    [
      'all hidden files',
      { 'include-hidden-files': 'true', exclude: '.git', preflight: 'secrets=off' },
      ['.env', '.nojekyll', '.well-known/security.txt', 'app.js', 'app.js.map', 'index.html', 'none.ignore'],
    ],
  ])('%s decide what the gateway serves', async (_title, inputs, expected) => {
    using tree = tempTree(planted);
    const run = await deploy(tree.root, inputs);
    const { files } = run.report as { files: Record<string, unknown> };
    expect(Object.keys(files).toSorted()).toEqual(expected);
    for (const path of Object.keys(planted)) {
      const { status } = await fetchBelow(run.outputs.cid, path);
      expect(status, path).toBe(expected.includes(path) ? 200 : 404);
    }
  });

  it('tell in the log what they left out', async () => {
    using tree = tempTree(planted);
    const run = await deploy(tree.root, { exclude: '**/*.map' });
    expect(run.log).toMatch(/^::group::Left out 5 paths$/m);
    for (const line of [
      '.env (hidden)',
      '.git (hidden)',
      '.pinataignore (hidden)',
      'app.js.map (excluded)',
      'drafts (ignored)',
    ]) {
      expect(run.log.split('\n')).toContain(line);
    }
  });
});

describe('names', () => {
  const names = {
    'grüße.txt': 'NFC',
    'gru\u0308ße.txt': 'NFD',
    'with space/100% #1?.txt': 'space',
    'δέντρο/🌳.txt': 'tree',
    '[a]{b}*.txt': 'glob',
    'a&b=c;d+e.txt': 'marks',
    'quote\'"`.txt': 'quotes',
    'back\\slash.txt': 'backslash',
  };

  it('are exact, and reachable under their percent-encoded form', async () => {
    using tree = tempTree(names);
    const run = await deploy(tree.root);
    expect(run.outputs.cid).toBe(await oracleCid(readTree(tree.root)));
    for (const [path, text] of Object.entries(names)) {
      expect(await (await fetchBelow(run.outputs.cid, path)).text(), path).toBe(text);
    }
    expect(run.warnings).toEqual([expect.stringContaining('NFC'), expect.stringMatching(/^names: /)]);
  });

  it('never become commands of the runner, wherever the log shows them', async () => {
    using tree = tempTree({ 'index.html': 'hostile names' });
    for (const name of ['x\n::warning::y', '::error::z', ' ::error::w', '##[error]v', 'x\r::stop-commands::t']) {
      plant(tree.root, { [name]: 'published', [`.hidden${name}`]: 'left out', [`out/${name}`]: 'excluded' });
    }
    const run = await deploy(tree.root, { exclude: 'out/*' });
    expect(run.outputs['file-count']).toBe('6');
    // The one that says what is wrong with these names is our own.
    expect(run.annotations.map(({ level }) => level)).toEqual(['warning']);
    expect(run.warnings[0]).toMatch(/^names: /);
    const known = new Set(['add-mask', 'group', 'endgroup']);
    expect(readCommands(run.log).filter(({ name }) => !known.has(name))).toHaveLength(1);
    expect(run.outputs.cid).toBe(await oracleCid(new Map([...readTree(tree.root)].filter(isPublished))));
  });

  it('stay harmless in an error and in its summary', async () => {
    using tree = tempTree({ 'index.html': 'hostile link', 'x\n::warning::y <b>|`': { link: '/etc/passwd' } });
    const run = await runDist({ inputs: deployInputs(emulator, tree.root) });
    expect(run.exitCode).toBe(1);
    expect(run.annotations.map(({ level }) => level)).toEqual(['error']);
    expect(run.errors[0]?.split('\n')).not.toContainEqual(expect.stringMatching(/^\s*::/));
    expect(run.summary).not.toMatch(/<b>/);
  });
});

function isPublished([path]: readonly [string, Buffer]): boolean {
  return !path.startsWith('.hidden') && !path.startsWith('out/');
}

it('publishes links that stay inside, and refuses them when symlinks is error', async () => {
  using tree = tempTree({
    'index.html': 'linked',
    'copy.html': { link: 'index.html' },
    'dir/a': 'a',
    again: { link: 'dir' },
  });
  const run = await deploy(tree.root);
  expect(await (await fetchBelow(run.outputs.cid, 'copy.html')).text()).toBe('linked');
  expect(await (await fetchBelow(run.outputs.cid, 'again/a')).text()).toBe('a');
  const refused = await runDist({ inputs: deployInputs(emulator, tree.root, { symlinks: 'error' }) });
  expect(refused.exitCode).toBe(1);
  expect(refused.errors[0]).toContain('copy.html');
});

it.each([
  ['warn', ['warning']],
  ['ignore', []],
])('skips an empty directory when if-no-files-found is %s', async (value, warned) => {
  using tree = tempTree();
  const run = await deploy(tree.root, { 'if-no-files-found': value });
  expect(run.outputs.result).toBe('skipped');
  expect(run.annotations.map(({ level }) => level)).toEqual([...warned, 'notice']);
  expect(await emulator.requests()).toEqual([]);
});
