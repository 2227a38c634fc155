import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { describe, expect, it } from 'vitest';
import { deployInputs, pinsOf, uploadsTo, writesTo } from '../support/deploy-inputs.ts';
import { type FaultRequest, startEmulator } from '../support/emulator.ts';
import { emulatorForFile } from '../support/file-emulator.ts';
import { oracleCid, projectKey, readTree } from '../support/oracle-cid.ts';
import { type DistRun, runDist, startDist } from '../support/run-dist.ts';
import { seededBytes } from '../support/seeded.ts';
import { tempTree } from '../support/temp-tree.ts';

const emulator = await emulatorForFile();

async function fail(inputs: Record<string, string>): Promise<{ run: DistRun; error: string }> {
  const run = await runDist({ inputs });
  expect(run.exitCode, run.log).toBe(1);
  expect(run.outputs).toMatchObject({ result: 'failed', cid: '', tags: '' });
  expect(run.annotations.filter(({ level }) => level === 'error')).toHaveLength(1);
  expect(run.errors[0]).not.toMatch(/undefined|\[object|fetch failed|Unexpected token/);
  return { run, error: run.errors[0] ?? '' };
}

describe('a key', () => {
  it('that Pinata does not know is refused with where to make one', async () => {
    using site = tempTree({ 'index.html': 'wrong key' });
    const { error } = await fail(deployInputs(emulator, site.root, { 'pinata-jwt': 'aaaaaaaa.bbbbbbbb.cccccccc' }));
    expect(error).toMatch(/^Pinata does not accept the key in pinata-jwt/);
    expect(error).toMatch(/Make a new JWT in the Pinata app/);
    expect(await writesTo(emulator)).toEqual([]);
  });

  it('that was revoked says so', async () => {
    using site = tempTree({ 'index.html': 'revoked key' });
    const jwt = await emulator.addKey({ scopes: ['admin'], revoked: true });
    const { error } = await fail(deployInputs(emulator, site.root, { 'pinata-jwt': jwt }));
    expect(error).toMatch(/^The key in pinata-jwt was revoked/);
    expect(await writesTo(emulator)).toEqual([]);
  });

  it('without the read permission is told which one to tick, and nothing is sent', async () => {
    using site = tempTree({ 'index.html': 'no scope' });
    const jwt = await emulator.addKey({ scopes: [], legacyScopes: ['pinFileToIPFS'] });
    const { error } = await fail(deployInputs(emulator, site.root, { 'pinata-jwt': jwt }));
    expect(error).toMatch(/^The key in pinata-jwt is not allowed to list the pins/);
    expect(error).toContain('NO_SCOPES_FOUND');
    expect(error).toContain('"Files: Read"');
    expect(await writesTo(emulator)).toEqual([]);
  });

  it('that may only read is told to get the write permission', async () => {
    using site = tempTree({ 'index.html': 'read only' });
    const jwt = await emulator.addKey({ scopes: ['org:files:read'] });
    const { error } = await fail(deployInputs(emulator, site.root, { 'pinata-jwt': jwt }));
    expect(error).toMatch(/^The key in pinata-jwt is not allowed to upload the build/);
    expect(error).toContain('"Files: Write"');
    expect(await pinsOf(emulator, await oracleCid(readTree(site.root)))).toEqual([]);
  });

  it('that may not write groups is told so before anything is uploaded', async () => {
    using site = tempTree({ 'index.html': 'no groups' });
    const jwt = await emulator.addKey({ scopes: ['org:files:write'] });
    const { error } = await fail(deployInputs(emulator, site.root, { 'pinata-jwt': jwt, group: 'a new group' }));
    expect(error).toMatch(/Groups: (Read|Write)/);
    expect(await uploadsTo(emulator)).toEqual([]);
  });
});

it('names the plan when the account is blocked over its limits', async () => {
  using site = tempTree({ 'index.html': 'blocked' });
  const blocked = await startEmulator({ blocked: true });
  try {
    const { error } = await fail(deployInputs(blocked, site.root));
    expect(error).toMatch(/^Pinata has blocked the account over its plan's limits/);
    expect(error).toContain('unpin what you do not need or choose a larger plan');
    expect((await blocked.state()).records).toEqual([]);
  } finally {
    await blocked.stop();
  }
});

describe('a CID in the answer that is not the one that was computed', () => {
  it.each<[string, number, FaultRequest]>([
    ['one request', 100, { match: { host: 'upload', method: 'POST' }, action: { wrongCid: true } }],
    ['a resumable upload', 17_000_000, { match: { host: 'upload', method: 'PATCH' }, action: { wrongCid: true } }],
  ])('of %s fails the step, names both and moves no tag', async (title, bytes, fault) => {
    const project = `acme/cid-${bytes}`;
    using before = tempTree({ 'index.html': `the good one before ${title}` });
    const live = await runDist({ inputs: deployInputs(emulator, before.root, { project }) });
    using site = tempTree({ 'index.html': title });
    writeFileSync(join(site.root, 'data.bin'), seededBytes(bytes, 10));
    await emulator.fault(fault);
    const { error } = await fail(deployInputs(emulator, site.root, { project }));
    const cid = await oracleCid(readTree(site.root));
    expect(error).toContain(`its CID is ${cid}`);
    expect(error).toContain('bafybeiczsscdsbs7ffqz55asqdf3smv6klcw3gofszvwlyarci47bgf354');
    expect(error).toContain('No tag was moved');
    const [pin] = await pinsOf(emulator, live.outputs.cid);
    expect(pin?.keyvalues).toHaveProperty([`${projectKey(project)}.production`]);
    for (const { keyvalues } of await pinsOf(emulator, cid)) {
      expect(keyvalues).not.toHaveProperty([`${projectKey(project)}.production`]);
    }
  });
});

describe('an answer that is no JSON', () => {
  const broken: readonly [string, FaultRequest['action'], RegExp][] = [
    ['cut short', { truncateJson: true }, /answered with a broken answer instead of JSON/],
    ['an HTML page with status 200', { html200: true }, /answered with an HTML page instead of JSON/],
  ];

  it.each(broken)('is asked for again: %s', async (title, action) => {
    using site = tempTree({ 'index.html': `once ${title}` });
    await emulator.fault({ match: { host: 'api', method: 'GET', path: '/v3/files/public' }, action });
    const run = await runDist({ inputs: deployInputs(emulator, site.root) });
    expect(run.exitCode, run.log).toBe(0);
    expect(run.outputs.cid).toBe(await oracleCid(readTree(site.root)));
    expect(run.annotations).toEqual([]);
  });

  it('fails in words when it stays so, before anything is sent', async () => {
    using site = tempTree({ 'index.html': 'always broken' });
    const failures = broken.map(async ([, action, message], index) => {
      const project = `acme/broken-${index}`;
      await emulator.fault({ match: { path: projectKey(project) }, times: 99, action });
      const { error } = await fail(deployInputs(emulator, site.root, { project }));
      expect(error).toMatch(message);
      expect(error).toContain('to list the pins');
    });
    await Promise.all(failures);
    expect(await writesTo(emulator)).toEqual([]);
  });

  it.each(broken)('to an upload leaves one pin with its tag: %s', async (title, action) => {
    using site = tempTree({ 'index.html': `upload ${title}` });
    await emulator.fault({ match: { host: 'upload', method: 'POST' }, action });
    const run = await runDist({ inputs: deployInputs(emulator, site.root, { project: 'acme/lost' }) });
    expect(run.exitCode, run.log).toBe(0);
    const pins = await pinsOf(emulator, run.outputs.cid);
    expect(pins).toHaveLength(1);
    expect(pins[0]?.keyvalues).toHaveProperty([`${projectKey('acme/lost')}.production`]);
  });
});

it('says that rows are not what they should be, when the service changes its answers', async () => {
  using site = tempTree({ 'index.html': 'other rows' });
  const body = JSON.stringify({ data: { files: [{ identifier: 1 }] } });
  await emulator.fault({ match: { host: 'api', path: '/v3/files/public' }, times: 9, action: { status: 200, body } });
  const { error } = await fail(deployInputs(emulator, site.root));
  expect(error).toMatch(/^Pinata answered something that is not a (pin|list of pins)/);
  expect(await writesTo(emulator)).toEqual([]);
});

describe('a file that changes while it is deployed', () => {
  it.each<[string, number, (path: string) => void]>([
    ['other bytes of the same length', 300_000, (path) => writeFileSync(path, seededBytes(300_000, 12))],
    ['more bytes', 300_000, (path) => writeFileSync(path, seededBytes(300_001, 11))],
    ['fewer bytes', 300_000, (path) => writeFileSync(path, seededBytes(100_000, 11))],
    ['other bytes, in a resumable upload', 17_000_000, (path) => writeFileSync(path, seededBytes(17_000_000, 12))],
  ])('is named, and nothing wrong is stored: %s', async (title, bytes, change) => {
    using site = tempTree({ 'index.html': `${title} ${bytes}` });
    const path = join(site.root, 'changing.bin');
    writeFileSync(path, seededBytes(bytes, 11));
    // The CID is asked for when hashing is over; what comes after it waits here.
    await emulator.fault({ match: { host: 'api', method: 'GET', path: 'cid=' }, action: { delayMs: 800 } });
    const running = startDist({ inputs: deployInputs(emulator, site.root, { project: 'acme/changing-files' }) });
    await untilHashed();
    change(path);
    const run = await running.done;
    expect(run.exitCode, run.log).toBe(1);
    expect(run.outputs.result).toBe('failed');
    expect(run.errors[0]).toMatch(/"changing\.bin" changed while it was being deployed/);
    expect(run.errors[0]).toMatch(/nothing writes to its directory/);
    const { records } = await emulator.state();
    expect(records.filter(({ keyvalues }) => keyvalues[projectKey('acme/changing-files')] !== undefined)).toEqual([]);
  });
});

/** Until the project's pins were listed, and the little that hashing takes after that. */
async function untilHashed(): Promise<void> {
  while ((await emulator.requests({ host: 'api', path: 'keyvalues' })).length === 0) await sleep(20);
  await sleep(300);
}

describe('a gateway', () => {
  it('that does not serve the content yet is a warning, and the tags are moved', async () => {
    using site = tempTree({ 'index.html': 'slow gateway' });
    await emulator.fault({ match: { host: 'gateway' }, times: 99, action: { status: 504 } });
    const run = await runDist({ inputs: deployInputs(emulator, site.root, { 'verify-timeout': '1s' }) });
    expect(run.exitCode, run.log).toBe(0);
    expect(run.outputs).toMatchObject({ result: 'deployed', verified: 'pin', url: '', tags: 'production' });
    expect(run.warnings).toEqual([expect.stringMatching(/is pinned, but no gateway serves it/)]);
  });

  it('that does not serve the content yet fails the step where the workflow wants that', async () => {
    using site = tempTree({ 'index.html': 'slow gateway, strict' });
    await emulator.fault({ match: { host: 'gateway' }, times: 99, action: { status: 504 } });
    const inputs = deployInputs(emulator, site.root, { 'verify-timeout': '1s', 'fail-on-unreachable': 'true' });
    const { error } = await fail(inputs);
    expect(error).toMatch(/is pinned, but no gateway serves it/);
  });

  it('that answers with other bytes is not taken for live', async () => {
    const liar = await startEmulator({ gatewayLies: 'wrong-bytes' });
    try {
      using site = tempTree({ 'index.html': 'true bytes' });
      const run = await runDist({ inputs: deployInputs(liar, site.root, { 'verify-timeout': '1s' }) });
      expect(run.outputs).toMatchObject({ result: 'deployed', verified: 'pin', url: '' });
      expect(run.warnings).toEqual([expect.stringContaining('other bytes')]);
    } finally {
      await liar.stop();
    }
  });
});
