import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, describe, expect, it } from 'vitest';
import { type Inspector, startInspector } from '../../src/adapters/preflight/inspector.ts';
import type { Assignment } from '../../src/domain/preflight/assignment.ts';
import { parsePreflight } from '../../src/domain/preflight/policy.ts';
import { refusal } from '../support/refusal.ts';
import { seededBytes } from '../support/seeded.ts';
import { tempTree } from '../support/temp-tree.ts';

const WORKER = join(import.meta.dirname, '..', '..', 'src', 'adapters', 'preflight', 'worker.ts');
const KEY = 'a-key-that-nobody-else-has-0123456789';

/** Threads that go wrong. */
const threads = tempTree({
  'throws.mjs': `import { parentPort } from 'node:worker_threads'; parentPort.on('message', () => { throw new Error('of no use'); });`,
  'hungry.mjs': `import { parentPort } from 'node:worker_threads'; const all = []; parentPort.on('message', () => { for (;;) all.push(new Array(1e6).fill({})); });`,
  'silent.mjs': `import { parentPort } from 'node:worker_threads'; parentPort.on('message', () => {});`,
  'quits.mjs': `process.exit(0);`,
  'slow.mjs': `import { parentPort } from 'node:worker_threads';
    parentPort.on('message', (message) => {
      if (message.kind === 'finish') parentPort.postMessage({ kind: 'done', preflight: { findings: [], more: 0 }, busyMs: 0 });
      else setTimeout(() => parentPort.postMessage({ kind: 'emptied', buffer: message.buffer }), 20);
    });`,
});
afterAll(() => threads[Symbol.dispose]());

function assignmentOf(files: Readonly<Record<string, Uint8Array>>): Assignment {
  const policy = parsePreflight(['warn']);
  if (policy === undefined) throw new Error('There is no policy.');
  const sizes = Object.entries(files).map(([path, bytes]) => [path, bytes.length] as const);
  return {
    site: { files: new Map(sizes), isSingleFile: false },
    policy,
    asFolder: false,
    credentials: [{ name: 'pinata-jwt', value: KEY }],
  };
}

function start(script: string, files: Readonly<Record<string, Uint8Array>> = {}, patienceMs = 10_000): Inspector {
  const inspector = startInspector(script, { patienceMs });
  inspector.assign(assignmentOf(files));
  return inspector;
}

/** Shows files, each in pieces of so many bytes. */
async function show(
  inspector: Inspector,
  files: Readonly<Record<string, Uint8Array>>,
  pieceBytes: number,
): Promise<void> {
  for (const [path, bytes] of Object.entries(files)) {
    inspector.begin({ path, bytes: bytes.length });
    for (let at = 0; at < bytes.length; at += pieceBytes) {
      inspector.take(bytes.subarray(at, at + pieceBytes));
      await inspector.room();
    }
    inspector.end();
  }
}

describe('an inspector', () => {
  it.each([7, 1000, 1_048_576, 4_000_000])('hands on every byte, in pieces of %i', async (pieceBytes) => {
    const large = Buffer.concat([seededBytes(2_100_000, pieceBytes), Buffer.from(KEY), Buffer.alloc(500)]);
    const small = Buffer.from(`<p>${KEY}</p>`);
    // Seven bytes at a time are too many messages for the large one.
    const files = {
      'empty.txt': new Uint8Array(),
      ...(pieceBytes > 7 ? { 'large.bin': large } : {}),
      'index.html': small,
      'last.txt': Buffer.from('end'),
    };
    const inspector = start(WORKER, files);
    await show(inspector, files, pieceBytes);
    const { preflight } = await inspector.finish();
    const [finding] = preflight.findings.filter(({ rule }) => rule === 'secrets');
    expect(finding).toMatchObject({ severity: 'error', files: pieceBytes > 7 ? 2 : 1 });
    expect(JSON.stringify(preflight)).not.toContain(KEY);
  });

  it('lets the reading wait for a thread that is slower, and forgets nothing', async () => {
    const files = { 'a.bin': seededBytes(90_000_000, 1) };
    const inspector = start(join(threads.root, 'slow.mjs'), files);
    let waits = 0;
    inspector.begin({ path: 'a.bin', bytes: 90_000_000 });
    for (let at = 0; at < 90; at += 1) {
      inspector.take(files['a.bin'].subarray(at * 1_000_000, (at + 1) * 1_000_000));
      const room = inspector.room();
      if (room !== undefined) waits += 1;
      await room;
    }
    inspector.end();
    await inspector.finish();
    expect(waits).toBeGreaterThan(5);
  });
});

it('does not let the reading wait for ever for a thread that stands still', async () => {
  const bytes = { 'a.bin': seededBytes(90_000_000, 1) };
  const inspector = start(join(threads.root, 'silent.mjs'), bytes, 500);
  await expect(show(inspector, bytes, 1_048_576)).rejects.toThrow('the check stood still for 0.5 s');
  await expect(inspector.finish()).rejects.toThrow('the check stood still for 0.5 s');
});

describe('a build that cannot be checked is refused', () => {
  const bytes = { 'a.bin': seededBytes(3_000_000, 1) };
  it.each([
    ['throws.mjs', /^content: .*the check failed \(Error\)/],
    ['hungry.mjs', /memory/],
    ['silent.mjs', /took longer than 1 s/],
    ['absent.mjs', /a part of the action is missing/],
    ['quits.mjs', /ended early/],
  ])('when its thread is %s', async (name, why) => {
    const inspector = start(join(threads.root, name), bytes, name === 'hungry.mjs' ? 60_000 : 1000);
    await show(inspector, bytes, 1_048_576);
    // A thread that quits may do so before anybody asks.
    if (name !== 'silent.mjs') await sleep(300);
    expect(await refusal(inspector.finish())).toMatch(why);
  });
});
