import { spawnSync } from 'node:child_process';
import { readdirSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { afterEach, describe, expect, it } from 'vitest';
import { deployInputs, writesTo } from '../support/deploy-inputs.ts';

import { otherEvent, pushTo, schedule } from '../support/events.ts';
import { emulatorForFile } from '../support/file-emulator.ts';
import { type DistRun, declaredOutputs, runDist } from '../support/run-dist.ts';
import { seededBytes } from '../support/seeded.ts';
import { tempTree } from '../support/temp-tree.ts';

const emulator = await emulatorForFile();

/** What every bad input has in common: the step fails with one error, says so everywhere, and changes nothing at Pinata. */
async function refused(inputs: Record<string, string>, env: Record<string, string> = {}): Promise<string> {
  const run = await runDist({ inputs, env });
  expectFailed(run);
  expect(await writesTo(emulator)).toEqual([]);
  return run.errors[0] ?? '';
}

function expectFailed(run: DistRun): void {
  expect(run.exitCode, run.log).toBe(1);
  expect(run.annotations.map(({ level }) => level)).toEqual(['error']);
  expect(Object.keys(run.outputs).toSorted()).toEqual([...declaredOutputs()].toSorted());
  expect(run.outputs).toMatchObject({ result: 'failed', cid: '', url: '' });
  expect(run.summary).toContain('❌ Deploy failed');
  // The second line of every error says what to do.
  expect(run.errors[0]?.split('\n').filter((line) => line !== '').length).toBeGreaterThanOrEqual(2);
  expect(run.errors[0]).not.toMatch(/undefined|\[object|fetch failed|at .+\.js:\d+/);
}

describe('path', () => {
  afterEach(async () => {
    // Everything about files is found out before the first request.
    expect(await emulator.requests()).toEqual([]);
  });

  it('is missing', async () => {
    expect(await refused(deployInputs(emulator, ''))).toMatch(/^path must be the directory, file or \.car to deploy/);
  });

  it('does not exist', async () => {
    using tree = tempTree();
    const error = await refused(deployInputs(emulator, join(tree.root, 'nowhere')));
    expect(error).toMatch(/^path must be a directory, a file or a \.car file, but ".*\/nowhere" does not exist\./);
    expect(error).toContain('Run the build in an earlier step');
  });

  it('lies below a file', async () => {
    using tree = tempTree({ file: 'x' });
    expect(await refused(deployInputs(emulator, join(tree.root, 'file/below')))).toMatch(/lies below a file/);
  });

  it('is an empty directory', async () => {
    using tree = tempTree();
    const error = await refused(deployInputs(emulator, tree.root));
    expect(error.startsWith(`No files found at ${tree.root}.`)).toBe(true);
    expect(error).toContain('Check path, include and exclude');
  });

  it('has only files that the rules leave out', async () => {
    using tree = tempTree({ '.env': 'SECRET=1', 'a.map': '{}' });
    expect(await refused(deployInputs(emulator, tree.root, { exclude: '*.map' }))).toMatch(/left out 2 paths/);
  });

  it('is a device', async () => {
    expect(await refused(deployInputs(emulator, '/dev/null'))).toMatch(/"\/dev\/null" is a device/);
  });

  it('has a device, a pipe or a socket in it', async () => {
    using tree = tempTree({ 'index.html': 'x' });
    expect(spawnSync('mkfifo', [join(tree.root, 'pipe')]).status).toBe(0);
    const socket = createServer().listen(join(tree.root, 'socket'));
    try {
      const error = await refused(deployInputs(emulator, tree.root));
      expect(error).toContain('"pipe"');
      expect(error).toContain('"socket"');
      expect(error).toContain('Remove or exclude sockets, pipes and devices.');
    } finally {
      socket.close();
    }
  });

  it.each([
    ['an absolute target', { leaving: { link: '/etc/passwd' } }],
    ['a chain of links', { one: { link: 'two' }, two: { link: '../../etc/hosts' }, leaving: { link: 'one' } }],
    ['a directory that is a link', { leaving: { link: '/etc' } }],
  ])('has a link that leaves it by %s', async (_title, links) => {
    using tree = tempTree({ 'index.html': 'x', ...links });
    const error = await refused(deployInputs(emulator, tree.root));
    expect(error).toMatch(/links? leaves? it/);
    expect(error).toContain('"leaving"');
    expect(error).toContain('Replace links that leave path by a copy of what they point to');
  });

  it('has a link that points to nothing', async () => {
    using tree = tempTree({ 'index.html': 'x', 'gone.html': { link: 'nothing' } });
    expect(await refused(deployInputs(emulator, tree.root))).toMatch(/link points to nothing \("gone\.html"/);
  });
});

describe('a malformed input is refused before any request, with what it accepts and what it got:', () => {
  it.each<[string, string, RegExp]>([
    ['concurrency', '0', /whole number from 1 to 32, got "0"/],
    ['concurrency', '4.5', /whole number from 1 to 32, got "4\.5"/],
    ['concurrency', '1e1', /whole number from 1 to 32, got "1e1"/],
    ['requests-per-minute', 'fast', /whole number from 1 to 6000, got "fast"/],
    ['requests-per-minute', '-5', /whole number from 1 to 6000, got "-5"/],
    ['timeout', '3 days', /duration from 1s to 24d, such as .*, got "3 days"/],
    ['timeout', '0s', /duration from 1s to 24d, such as .*, got "0s"/],
    ['verify-timeout', '10', /duration from 1s to 24d, such as .*, got "10"/],
    ['dry-run', 'yes', /true or false, got "yes"/],
    ['reuse-pinned', 'TRUE', /true or false, got "TRUE"/],
    ['summary', '1', /true or false, got "1"/],
    ['fail-on-unreachable', 'on', /true or false, got "on"/],
    ['include-hidden-files', 'some', /one of "auto", "true", "false", got "some"/],
    ['include', '[a-z', /globs.*unclosed bracket.*got "\[a-z"/],
    ['exclude', '../other/**', /globs.*leaves path.*got/],
    ['include', '/abs/**', /globs.*absolute.*got/],
    ['exclude', '!keep', /globs.*starts with "!".*got "!keep"/],
    ['expected-cid', 'bafyNotACid', /a CID such as .*, got "bafyNotACid"/],
    [
      'mode',
      'publish',
      /one of "auto", "deploy", "diff", "cleanup", "promote", "rollback", "verify", "list", got "publish"/,
    ],
    ['network', 'secret', /one of "public", "private", got "secret"/],
    ['cid-profile', 'unixfs-v2', /one of "unixfs-v1-2025".*, got "unixfs-v2"/],
    ['upload-method', 'ftp', /one of .*, got "ftp"/],
    ['verify', 'blocks!', /one of .*, got "blocks!"/],
    ['tags', 'Production!', /tag names.*got "Production!"/],
    ['metadata', 'a=1\nb=2\nc=3', /at most 2 lines.*got/],
    ['metadata', 'pd1.x=1', /do not start with "pd1\.".*got/],
    ['name', '{date}', /placeholders.*got "\{date\}"/],
    ['project', 'my project', /name of letters.*got "my project"/],
    ['gateways', 'https://gateway.example/', /with \{cid\}.*got/],
    ['gateways', 'http://gateway.example/ipfs/{cid}', /https.*got/],
    ['pinata-gateway', 'not a domain', /domain such as.*got/],
    ['pinata-api-url', 'http://api.pinata.cloud', /https URL \(http only for 127\.0\.0\.1 and localhost\).*got/],
    ['pinata-upload-url', 'http://10.0.0.8:3000', /https URL \(http only for 127\.0\.0\.1 and localhost\).*got/],
    ['pinata-api-url', 'ftp://127.0.0.1', /https URL.*got/],
    ['pinata-api-url', 'http://127.0.0.1.evil.example', /https URL.*got/],
    ['pinata-api-url', 'https://user:pass@api.pinata.cloud', /without credentials.*got/],
    ['pinata-api-url', 'https://api.pinata.cloud/v3', /\/v3.*got/],
    ['pinata-gateway-url', 'http://gateway.example', /https URL.*got/],
    ['unpin', 'no', /true or false, got "no"/],
    ['keep-last', '0', /whole number from 1 to 1000, got "0"/],
    ['keep-last', '3 days', /whole number from 1 to 1000, got "3 days"/],
    ['keep-last', '-1', /whole number from 1 to 1000, got "-1"/],
    ['keep-within', '7', /time from 0s to 3650d, such as 12h or 7d, got "7"/],
    ['keep-within', '-1d', /time from 0s to 3650d, .*got "-1d"/],
    ['keep-within', '9999d', /time from 0s to 3650d, .*got "9999d"/],
    ['protect-tags', 'V*', /globs of tag names, one a line.*got "V\*"/],
    ['protect-tags', 'v*\n(a+)+$', /globs of tag names, one a line.*got/],
    ['protect-cids', 'bafyNotACid', /CIDs, one a line, such as .*got "bafyNotACid"/],
    ['protect-cids', 'production', /CIDs, one a line, .*got "production"/],
    ['max-removals', '-1', /whole number from 0 to 10000, got "-1"/],
    ['max-removals', 'all', /whole number from 0 to 10000, got "all"/],
    ['preview-expires', '30m', /"never" or a time from 1h to 3650d, such as 30d, got "30m"/],
    ['preview-expires', 'forever', /"never" or a time from 1h to 3650d, .*got "forever"/],
    ['preview-expires', '30', /"never" or a time from 1h to 3650d, .*got "30"/],
    ['github-token', 'ghs_first\nghs_second', /one line of printable ASCII, got a value of 20 characters/],
    ['tags', 'previews', /tag names, .*got "previews"/],
    ['tags', 'released', /tag names, .*got "released"/],
    ['tags', 'unpinning', /tag names, .*got "unpinning"/],
    ['retention-count', 'none', /whole number from 1 to 1000, got "none"/],
    ['retention-dry-run', 'maybe', /true or false, got "maybe"/],
  ])('%s %j', async (input, value, accepts) => {
    using tree = tempTree({ 'index.html': 'x' });
    const error = await refused(deployInputs(emulator, tree.root, { [input]: value }));
    // What an old input means is told under its name of today.
    const name = { 'retention-count': 'keep-last', 'retention-dry-run': 'unpin' }[input] ?? input;
    expect(error).toMatch(new RegExp(`^${name} must be `));
    expect(error).toMatch(accepts);
    expect(error).toContain('Correct the "with:" block of this step. Nothing was sent.');
    expect(await emulator.requests()).toEqual([]);
  });

  it('all of them in one error', async () => {
    const wrong = {
      path: '',
      'pinata-jwt': 'not-a-jwt-at-all',
      concurrency: 'many',
      'dry-run': 'maybe',
      include: '[',
      'expected-cid': 'Qm123',
      timeout: 'soon',
      'pinata-api-url': 'http://api.pinata.cloud',
      pinataSecret: 'a-secret-of-old-times',
    };
    const error = await refused({ ...deployInputs(emulator, ''), ...wrong });
    expect(error).toMatch(/^9 inputs are wrong:\n/);
    for (const input of Object.keys(wrong)) expect(error).toMatch(new RegExp(`^- ${input} `, 'm'));
    expect(error).toContain('got a value of 16 characters');
  });
});

describe('secrets', () => {
  it('are masked before anything else is said, each of their lines', async () => {
    using tree = tempTree({ 'index.html': 'x' });
    const secrets = {
      'pinata-jwt': 'aaaa-first\nbbbb-second',
      'pinata-gateway-key': 'cccc-key',
      'github-token': 'ffff-token',
      pinataKey: 'dddd-old',
    };
    const run = await runDist({
      inputs: { ...deployInputs(emulator, tree.root), ...secrets },
      env: { PINATA_JWT: 'eeee-not-used' },
    });
    expectFailed(run);
    const lines = run.log.split('\n').filter((line) => line !== '');
    const masks = lines.filter((line) => line.startsWith('::add-mask::')).map((line) => line.slice(12));
    expect(lines.slice(0, masks.length).every((line) => line.startsWith('::add-mask::'))).toBe(true);
    expect(masks).toEqual(expect.arrayContaining(['aaaa-first', 'bbbb-second', 'cccc-key', 'ffff-token', 'dddd-old']));
  });

  it('that are no JWT are refused without being repeated', async () => {
    using tree = tempTree({ 'index.html': 'x' });
    const error = await refused(deployInputs(emulator, tree.root, { 'pinata-jwt': 'f00dfeedf00dfeed' }));
    expect(error).toMatch(/^pinata-jwt must be a Pinata JWT.*got a value of 16 characters/);
    expect(await emulator.requests()).toEqual([]);
  });

  it('that are missing are named, with where else one may come from', async () => {
    using tree = tempTree({ 'index.html': 'x' });
    const error = await refused(deployInputs(emulator, tree.root, { 'pinata-jwt': '' }));
    expect(error).toMatch(/^pinata-jwt must be a Pinata JWT .*PINATA_JWT.*got nothing/);
    expect(await emulator.requests()).toEqual([]);
  });
});

describe('a cleanup', () => {
  const cleanup = (more: Record<string, string>): Record<string, string> =>
    deployInputs(emulator, '', { mode: 'cleanup', ...more });

  it.each([
    ['v1.2.0', 'v*', {}],
    ['production', 'prod*', { 'protect-tags': 'v*\nprod*' }],
    ['pr-7', 'pr-?', { 'protect-tags': 'pr-?' }],
    ['docs\nv2', 'v*', {}],
  ])('does not give up the tags %j where one is protected by %s', async (tags, glob, more) => {
    const error = await refused(cleanup({ tags, ...more }));
    expect(error).toMatch(/^tags must not name what protect-tags protects in a cleanup, got "/);
    expect(error).toContain(`(${glob})`);
    expect(await emulator.requests()).toEqual([]);
  });

  it('needs a key, whatever started it', async () => {
    for (const event of [schedule(), pushTo('main'), otherEvent('workflow_dispatch')]) {
      const run = await runDist({ inputs: cleanup({ 'pinata-jwt': '' }), event });
      expectFailed(run);
      expect(run.errors[0]).toMatch(/^pinata-jwt must be a Pinata JWT/);
    }
    expect(await emulator.requests()).toEqual([]);
  });

  it('is wrong about all its inputs at once', async () => {
    const wrong = { 'keep-last': '0', 'keep-within': 'long', 'protect-tags': 'A', 'max-removals': 'x', unpin: 'maybe' };
    const error = await refused(cleanup(wrong));
    expect(error).toMatch(/^5 inputs are wrong:\n/);
    for (const input of Object.keys(wrong)) expect(error).toMatch(new RegExp(`^- ${input} must be `, 'm'));
    expect(await emulator.requests()).toEqual([]);
  });
});

it('looks at the inputs even when the event asks for nothing', async () => {
  const run = await runDist({ inputs: { concurrency: 'none' }, event: otherEvent('issues') });
  expect(run.exitCode).toBe(1);
  expect(run.errors[0]).toMatch(/^concurrency must be /);
});

describe('car-file', () => {
  it('cannot be written where its directory does not exist', async () => {
    using tree = tempTree({ 'index.html': 'x' });
    const error = await refused(deployInputs(emulator, tree.root, { 'car-file': '/nowhere/at/all.car' }));
    expect(error).toMatch(/^car-file "\/nowhere\/at\/all\.car" could not be written/);
  });

  it('does not fit on the disk', async () => {
    using tree = tempTree({ 'index.html': 'x' });
    const error = await refused(deployInputs(emulator, tree.root, { 'car-file': '/dev/full' }));
    expect(error).toMatch(/^car-file "\/dev\/full" could not be written \(the disk is full\)/);
    expect(error).toContain('room for the whole CAR');
  });

  // Who may not mount anything has the test above.
  it.skipIf(!canMount())('leaves no half of itself on a disk that is full', async () => {
    using tree = tempTree({ 'index.html': 'x' });
    writeFileSync(join(tree.root, 'large.bin'), seededBytes(2_000_000, 9));
    using disk = smallDisk();
    const error = await refused(deployInputs(emulator, tree.root, { 'car-file': join(disk.root, 'site.car') }));
    expect(error).toMatch(/^car-file ".*site\.car" could not be written \(the disk is full\)/);
    expect(readdirSync(disk.root)).toEqual([]);
  });
});

function canMount(): boolean {
  using disk = smallDisk();
  return disk.isMounted;
}

/** A file system of 1 MiB, where this process may mount one. */
function smallDisk(): Disposable & { readonly root: string; readonly isMounted: boolean } {
  const tree = tempTree({ disk: {} });
  const root = join(tree.root, 'disk');
  const isMounted = spawnSync('mount', ['-t', 'tmpfs', '-o', 'size=1m', 'tmpfs', root]).status === 0;
  return {
    root,
    isMounted,
    [Symbol.dispose]: () => {
      if (isMounted) spawnSync('umount', [root]);
      tree[Symbol.dispose]();
    },
  };
}
