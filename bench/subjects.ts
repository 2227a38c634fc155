/**
 * What some benches measure: one way to pack a directory, or to read a DAG, per run, in a process of its own.
 * Arguments: the subject, the directory or the address, and what a subject needs besides. Prints milliseconds of its passes, of CPU, peak MiB and root, with tabs between.
 */
import { createHash, hash } from 'node:crypto';
import {
  closeSync,
  createReadStream,
  existsSync,
  fstatSync,
  openSync,
  readdirSync,
  readFileSync,
  readSync,
} from 'node:fs';
import type { BuildOptions } from '../src/adapters/unixfs/breather.ts';
import type { FileEntry } from '../src/domain/listing.ts';

/** What one run tells: milliseconds of its passes, and the root where the subject makes one. */
interface Result {
  readonly root?: string;
  readonly passes: readonly number[];
}

const CHUNK_BYTES = 1_048_576;
/** As long as those of a run. */
const CREDENTIALS = [
  { name: 'pinata-jwt', value: 'ey'.repeat(350) },
  { name: 'github-token', value: 'ghs'.repeat(13) },
];

const SUBJECTS: Readonly<Record<string, (directory: string, ...more: readonly string[]) => Promise<Result>>> = {
  'bare loop': async (directory) => {
    const began = performance.now();
    const buffer = Buffer.allocUnsafeSlow(CHUNK_BYTES);
    for (const path of filesBelow(directory)) hashFile(path, buffer);
    return { passes: [performance.now() - began] };
  },
  'root CID': async (directory) => {
    const build = await packed(directory);
    return { root: build.root, passes: [build.ms] };
  },
  'root CID and preflight': async (directory, script = '') => {
    const { startInspector } = await import('../src/adapters/preflight/inspector.ts');
    const { parsePreflight } = await import('../src/domain/preflight/policy.ts');
    const policy = parsePreflight([]);
    if (policy === undefined) throw new Error('There is no policy.');
    // As in a run, where it starts while the files are listed.
    const inspector = startInspector(script);
    await new Promise((resolve) => setTimeout(resolve, 100));
    const began = performance.now();
    const build = await packed(directory, (files) => {
      inspector.assign({ site: { files, isSingleFile: false }, policy, credentials: CREDENTIALS, asFolder: false });
      return inspector;
    });
    const hashedMs = performance.now() - began;
    const { busyMs } = await inspector.finish();
    return { root: build.root, passes: [performance.now() - began, hashedMs, busyMs] };
  },
  'root CID and CAR': async (directory) => {
    const build = await packed(directory);
    const began = performance.now();
    let bytes = 0;
    for await (const piece of build.car.read(0, build.car.bytes)) bytes += piece.length;
    if (bytes !== build.car.bytes) throw new Error(`The CAR has ${bytes} bytes instead of ${build.car.bytes}.`);
    return { root: build.root, passes: [build.ms, performance.now() - began] };
  },
  'ipfs-unixfs-importer': async (directory) => {
    const { importer } = await import('ipfs-unixfs-importer');
    const began = performance.now();
    let root = '';
    const sink = { put: async <Key>(cid: Key): Promise<Key> => cid };
    for await (const entry of importer(streamsBelow(directory), sink, {
      profile: 'unixfs-v1-2025',
      wrapWithDirectory: true,
    })) {
      root = entry.cid.toString();
    }
    return { root, passes: [performance.now() - began] };
  },
  'CAR hashed once': async (url, root = '') => {
    await warmUp(url, root);
    const began = performance.now();
    const response = await fetch(`${url}/ipfs/${root}?format=car`);
    const digest = createHash('sha256');
    for await (const piece of (response.body ?? []) as AsyncIterable<Uint8Array>) digest.update(piece);
    const hashed = digest.digest('hex');
    return { root: hashed, passes: [performance.now() - began] };
  },
  'block walk': async (url, root = '', wholeBytes = '') => {
    const { createBlockWalk } = await import('../src/adapters/gateway/block-walk.ts');
    const { parseCid } = await import('../src/domain/cid.ts');
    const cid = parseCid(root);
    if (cid === undefined) throw new Error(`${root} is no CID.`);
    const walk = createBlockWalk({
      gateways: [{ template: `${url}/ipfs/{cid}`, dedicated: false }],
      dedicatedKey: undefined,
      timeoutMs: 0,
      ...(wholeBytes === '' ? {} : { limits: { wholeBytes: Number(wholeBytes) } }),
    });
    await warmUp(url, root);
    const began = performance.now();
    const [check] = await walk(cid);
    const ms = performance.now() - began;
    return { root: `${check?.state} ${check?.blocks} ${check?.bytes} ${check?.note}`, passes: [ms] };
  },
};

/** Loads what the first request needs, and opens the connection. */
async function warmUp(url: string, root: string): Promise<void> {
  await (await fetch(`${url}/ipfs/${root}?format=raw`)).arrayBuffer();
}

/** One at a time, because a stream opens its file as soon as it is made. */
function* streamsBelow(directory: string) {
  for (const path of filesBelow(directory)) {
    yield { path: path.slice(directory.length + 1), content: createReadStream(path) };
  }
}

async function packed(directory: string, onlooker?: BuildOptions['onlooker']) {
  const { buildDag } = await import('../src/adapters/unixfs/dag.ts');
  const began = performance.now();
  const entries = filesBelow(directory).map(
    (source): FileEntry => ({ path: source.slice(directory.length + 1), source, bytes: 0, kind: 'file' }),
  );
  const options = onlooker === undefined ? {} : { onlooker };
  const build = await buildDag({ kind: 'directory', entries }, 'unixfs-v1-2025', options);
  return { ...build, ms: performance.now() - began };
}

function filesBelow(directory: string): string[] {
  return readdirSync(directory, { withFileTypes: true }).flatMap((entry) => {
    const path = `${directory}/${entry.name}`;
    return entry.isDirectory() ? filesBelow(path) : [path];
  });
}

function hashFile(path: string, buffer: Buffer): void {
  const fd = openSync(path, 'r');
  for (let left = fstatSync(fd).size; left > 0; ) {
    const read = readSync(fd, buffer, 0, CHUNK_BYTES, null);
    hash('sha256', buffer.subarray(0, read), 'buffer');
    left -= read;
  }
  closeSync(fd);
}

/** The largest resident size. Linux counts that of the parent into `maxRSS`, but not into this line. */
function peakMiB(): number {
  const status = existsSync('/proc/self/status') ? readFileSync('/proc/self/status', 'utf8') : '';
  const peakKiB = /^VmHWM:\s+(\d+) kB/m.exec(status)?.[1];
  return Number(peakKiB ?? process.resourceUsage().maxRSS) / 1024;
}

const [subject = '', directory = '', ...more] = process.argv.slice(2);
const run = SUBJECTS[subject];
if (run === undefined) throw new Error(`There is no subject "${subject}".`);
const result = await run(directory, ...more);
const { userCPUTime, systemCPUTime } = process.resourceUsage();
const figures = [result.passes.join(','), (userCPUTime + systemCPUTime) / 1000, peakMiB(), result.root ?? ''];
console.log(figures.join('\t'));
