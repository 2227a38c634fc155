import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { CID } from 'multiformats/cid';
import { describe, expect, it } from 'vitest';
import { type KuboKnobs, type KuboServer, startKubo } from '../../emulator/mirrors/kubo.ts';
import { type Cid, parseCid } from '../../src/domain/cid.ts';
import { ActionError } from '../../src/domain/errors.ts';
import type { Build } from '../../src/domain/listing.ts';
import type { Mirror } from '../../src/ports.ts';
import { PROFILES } from '../support/dag-oracles.ts';
import { answer, scriptedServer } from '../support/http-server.ts';
import { mirrorAt, orderOf, PROJECT, withSite } from './mirror-at.ts';

const NAME = `pinata-deploy ${PROJECT}`;
const SOME = parseCid('bafybeigdyrzt5sfp7udm7hu76uh7y26nf3efuylqabf3oclgtqy55fbzdi') as Cid;

interface Node extends AsyncDisposable {
  readonly server: KuboServer;
  readonly mirror: Mirror;
}

async function nodeWith(knobs: Partial<KuboKnobs> = {}, waitMs = 3000): Promise<Node> {
  const server = await startKubo(knobs);
  const mirror = mirrorAt(`node=${server.url}/api/v0`, { waitMs });
  return { server, mirror, [Symbol.asyncDispose]: () => server[Symbol.asyncDispose]() };
}

function commands({ seen }: KuboServer): readonly string[] {
  return seen.map((line) => line.replace(/^POST \/api\/v0\/|\?.*$/g, ''));
}

describe('a build on a Kubo node', () => {
  it.for(PROFILES)('%s: is imported, whole, and pinned under our name', async (profile) => {
    await using node = await nodeWith();
    await withSite(async (build) => {
      expect(await node.mirror.pin(orderOf(build))).toEqual({ state: 'pinned', ours: true, note: '' });
      expect([...node.server.pins]).toEqual([[build.root, NAME]]);
      expect(await node.server.blocks.hasAll(CID.parse(build.root))).toBe(true);
    }, profile);
  });

  it('is not sent again once it is there', async () => {
    await using node = await nodeWith();
    await withSite(async (build) => {
      await node.mirror.pin(orderOf(build));
      expect(await node.mirror.pin(orderOf(build))).toMatchObject({ state: 'pinned', ours: true });
    });
    expect(commands(node.server)).toEqual(['pin/ls', 'dag/import', 'pin/add', 'pin/ls', 'pin/ls']);
  });

  it('that somebody else has pinned keeps the name it has, and is never unpinned', async () => {
    await using node = await nodeWith();
    await withSite(async (build) => {
      node.server.pins.set(build.root, 'archive');
      const expected = { state: 'pinned', ours: false, note: 'pinned there without us' };
      expect(await node.mirror.pin(orderOf(build))).toEqual(expected);
      expect(await node.mirror.unpin(build.root)).toBe('kept');
      expect([...node.server.pins]).toEqual([[build.root, 'archive']]);
    });
  });

  it('of another project of ours is somebody else’s', async () => {
    await using node = await nodeWith();
    await withSite(async (build) => {
      await mirrorAt(`node=kubo+${node.server.url}`, { project: 'acme/other' }).pin(orderOf(build));
      expect(await node.mirror.read(build.root)).toMatchObject({ state: 'pinned', ours: false });
      expect(await node.mirror.unpin(build.root)).toBe('kept');
    });
  });

  it('is unpinned when the name is ours, and gone then', async () => {
    await using node = await nodeWith();
    await withSite(async (build) => {
      await node.mirror.pin(orderOf(build));
      expect(await node.mirror.unpin(build.root)).toBe('unpinned');
      expect(await node.mirror.read(build.root)).toEqual({ state: 'absent', ours: false, note: '' });
      expect(await node.mirror.unpin(build.root)).toBe('kept');
    });
  });

  it('is pinned by a node that keeps no names, and never unpinned there', async () => {
    await using node = await nodeWith({ names: false });
    await withSite(async (build) => {
      const pin = await node.mirror.pin(orderOf(build));
      expect(pin).toMatchObject({ state: 'pinned', ours: false, note: expect.stringContaining('0.27') as unknown });
      expect(await node.mirror.unpin(build.root)).toBe('kept');
      expect(node.server.pins.has(build.root)).toBe(true);
    });
  });

  it.each([
    ['trailer', 'no space left on device'],
    ['line', 'disk is full'],
  ] as const)('that breaks after the status 200 (%s) is no success', async (breaksImport, reason) => {
    await using node = await nodeWith({ breaksImport });
    await withSite(async (build) => {
      await expect(node.mirror.pin(orderOf(build))).rejects.toMatchObject({
        message: `Mirror node did not import the CAR of ${build.root}: ${reason}`,
      });
    });
    expect(node.server.pins.size).toBe(0);
  });

  it('that the node refuses is not sent five times', async () => {
    await using node = await nodeWith();
    await withSite(async (build) => {
      const wrong: Build = { ...build, car: brokenCar(build) };
      await expect(node.mirror.pin(orderOf(wrong))).rejects.toThrow(/failed to import the CAR .*500, .*Invalid CAR/s);
    });
    expect(commands(node.server)).toEqual(['pin/ls', 'dag/import']);
  });

  it('survives a proxy that is ill for a moment', async () => {
    await using node = await nodeWith({ ill: 2 });
    await withSite(async (build) => {
      expect((await node.mirror.pin(orderOf(build))).state).toBe('pinned');
    });
  });

  it('whose file changed meanwhile is told with the file, not with the mirror', async () => {
    await using node = await nodeWith();
    const changed = new ActionError('content', 'index.html changed while it was read.');
    await withSite(async (build) => {
      const read = async function* (): AsyncGenerator<Uint8Array> {
        yield new Uint8Array(10);
        throw changed;
      };
      const wrong: Build = { ...build, car: { bytes: build.car.bytes, read } };
      await expect(node.mirror.pin(orderOf(wrong))).rejects.toBe(changed);
    });
  });
});

/** The CAR with another last byte. */
function brokenCar({ car }: Build): Build['car'] {
  return {
    bytes: car.bytes,
    read: async function* (start, end) {
      let at = start;
      for await (const piece of car.read(start, end)) {
        at += piece.length;
        if (at === car.bytes) piece[piece.length - 1] = (piece.at(-1) ?? 0) ^ 1;
        yield piece;
      }
    },
  };
}

describe('content that a Kubo node has to find', () => {
  it('is pinned when it finds it', async () => {
    await using other = await startKubo();
    await using node = await nodeWith({ network: other.blocks });
    await withSite(async (build) => {
      await mirrorAt(`other=kubo+${other.url}`).pin(orderOf(build));
      expect(await node.mirror.pin(orderOf(build.root))).toEqual({ state: 'pinned', ours: true, note: '' });
      expect([...node.server.pins]).toEqual([[build.root, NAME]]);
    });
    expect(commands(node.server)).not.toContain('dag/import');
  });

  it('is pending when it has not found it in time', async () => {
    await using node = await nodeWith({}, 200);
    const pin = await node.mirror.pin(orderOf(SOME));
    expect(pin).toMatchObject({ state: 'pending', note: expect.stringContaining('run again') as unknown });
    expect(node.server.pins.size).toBe(0);
    expect(commands(node.server)).toEqual(['pin/ls', 'pin/add']);
  });
});

describe('the door of a Kubo node', () => {
  it.each([
    ['user:password', `Basic ${btoa('user:password')}`],
    ['a-token', 'Bearer a-token'],
  ])('is opened with %s', async (token, authorization) => {
    await using server = await startKubo({ authorization });
    expect((await mirrorAt(`node=kubo+${server.url}`, { token }).read(SOME)).state).toBe('absent');
    await expect(mirrorAt(`node=kubo+${server.url}`).read(SOME)).rejects.toMatchObject({
      kind: 'credentials',
      hint: expect.stringContaining('node=… in mirror-tokens') as unknown,
    });
  });

  it('never sees its password repeated in a message', async () => {
    await using server = await scriptedServer(
      answer(500, JSON.stringify({ Message: `bad ${btoa('user:hunter22')} hunter22`, Type: 'error' })),
    );
    const mirror = mirrorAt(`node=kubo+${server.url}`, { token: 'user:hunter22' });
    await expect(mirror.read(SOME)).rejects.toThrow(/500, bad \*\*\* \*\*\*/);
  });

  it('that is no Kubo is said', async () => {
    await using server = await scriptedServer(answer(404, '404 page not found'));
    await expect(mirrorAt(`node=kubo+${server.url}`).read(SOME)).rejects.toThrow(
      /^Nothing at the address of mirror node can look for/,
    );
  });
});

const MIB = 1_048_576;

it('a CAR of 300 MiB is never held', async () => {
  const piece = new Uint8Array(MIB);
  let received = 0;
  let peak = 0;
  const scripts: Readonly<Record<string, string>> = {
    'pin/add': JSON.stringify({ Pins: [SOME] }),
    'dag/import': JSON.stringify({ Stats: { BlockCount: 1 } }),
  };
  let pinned = false;
  const server = createServer((request, response) => {
    const command = /^\/api\/v0\/([a-z/]+)/.exec(request.url ?? '')?.[1] ?? '';
    request.on('data', (chunk: Buffer) => {
      received += chunk.length;
    });
    request.on('end', () => {
      const keys = pinned ? { [SOME]: { Type: 'recursive', Name: NAME } } : {};
      pinned ||= command === 'pin/add';
      response.end(scripts[command] ?? JSON.stringify({ Keys: keys }));
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { heapUsed, external } = process.memoryUsage();
  const car: Build['car'] = {
    bytes: 300 * MIB,
    read: async function* () {
      for (let sent = 0; sent < 300; sent += 1) {
        const now = process.memoryUsage();
        peak = Math.max(peak, now.heapUsed + now.external - heapUsed - external);
        yield piece;
      }
    },
  };
  try {
    await withSite(async (build) => {
      const mirror = mirrorAt(`node=kubo+http://127.0.0.1:${(server.address() as AddressInfo).port}`);
      const pin = await mirror.pin(orderOf({ ...build, root: SOME, car }));
      expect(pin).toEqual({ state: 'pinned', ours: true, note: '' });
    });
    expect(received).toBeGreaterThan(300 * MIB);
    // Beside it, in the same process, the server's pieces wait to be collected.
    expect(peak).toBeLessThan(150 * MIB);
  } finally {
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
  }
});
