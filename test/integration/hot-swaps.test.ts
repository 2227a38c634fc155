import { describe, expect, it } from 'vitest';
import { createTraffic } from '../../src/adapters/http/traffic.ts';
import { explainPinata } from '../../src/adapters/pinata/errors.ts';
import { createHotSwaps, type GatewayAccess } from '../../src/adapters/pinata/swaps.ts';
import { type Cid, parseCid } from '../../src/domain/cid.ts';
import { ActionError } from '../../src/domain/errors.ts';
import type { HotSwaps } from '../../src/ports.ts';
import { emulatorFor } from '../support/emulator-inside.ts';
import { emulatorForFile } from '../support/file-emulator.ts';
import { answer, closedUrl, scriptedServer } from '../support/http-server.ts';
import { upload } from '../support/pinata-calls.ts';
import { type AnyEmulator, cidOfText, swap } from '../support/seed-pins.ts';

const emulator = await emulatorForFile();

function swapsOf(
  to: AnyEmulator,
  more: Partial<GatewayAccess> & { readonly jwt?: string; readonly gateway?: string } = {},
): HotSwaps {
  const { jwt = to.jwt, gateway, url = to.gatewayUrl, key, timeoutMs = 2000 } = more;
  const traffic = createTraffic({
    service: 'Pinata',
    requestsPerMinute: 6000,
    concurrency: 4,
    firstDelayMs: 10,
    deadline: new AbortController().signal,
    onRetry: () => {},
    explain: explainPinata,
  });
  return createHotSwaps({ jwt, apiUrl: to.apiUrl, network: 'public', gateway, traffic }, { url, key, timeoutMs });
}

function cidIn(text: string | undefined): Cid {
  const cid = parseCid(text ?? '');
  if (cid === undefined) throw new Error(`${text} is no CID`);
  return cid;
}

let made = 0;

/** Pins a page, or a folder with one; no two are alike. */
async function pin(kind: 'file' | 'folder' = 'folder', to: AnyEmulator = emulator): Promise<Cid> {
  made += 1;
  const names = kind === 'file' ? ['text.txt'] : ['site/index.html', 'site/style.css'];
  const files = names.map((name) => new File([`${name} ${made}`], name));
  return cidIn((await upload(to, { files, fields: { network: 'public' } })).row?.cid);
}

async function failureOf(work: Promise<unknown>): Promise<ActionError> {
  const error: unknown = await work.then(
    () => undefined,
    (thrown: unknown) => thrown,
  );
  if (!(error instanceof ActionError)) throw new Error(`No ActionError: ${String(error)}`);
  return error;
}

describe('a hot swap', () => {
  it('is written, read and removed; removing it twice is fine', async () => {
    const [original, target] = [await pin(), await pin()];
    const swaps = swapsOf(emulator);
    expect(await swaps.read(original)).toBeUndefined();
    await swaps.write(original, target);
    expect(await swaps.read(original)).toBe(target);
    await swaps.remove(original);
    await swaps.remove(original);
    expect(await swaps.read(original)).toBeUndefined();
  });

  it.each(['documented', 'sdk'] as const)('is written whichever spelling the service takes: %s', async (swapBody) => {
    const own = await emulatorFor({ swapBody });
    const [original, target] = [await pin('file', own), await pin('file', own)];
    await swapsOf(own).write(original, target);
    expect(await swapsOf(own).read(original)).toBe(target);
    expect(await own.requests({ method: 'PUT' })).toHaveLength(swapBody === 'sdk' ? 2 : 1);
  });

  it('is written although an answer is lost', async () => {
    const [original, target] = [await pin(), await pin()];
    await emulator.fault({ match: { method: 'PUT' }, times: 2, action: { cut: 'after' } });
    await swapsOf(emulator).write(original, target);
    expect(await swapsOf(emulator).read(original)).toBe(target);
  });

  it('of a CID that the account has not pinned is refused, with what to do', async () => {
    const stranger = cidIn(await cidOfText('never pinned'));
    const error = await failureOf(swapsOf(emulator).write(stranger, await pin()));
    expect([error.kind, error.message]).toEqual([
      'conflict',
      `The account has not pinned ${stranger}, so nothing else can be answered for it.`,
    ]);
    expect(error.hint).toMatch(/^Name a CID in hot-swap-cid that this account has pinned/);
    await swapsOf(emulator).remove(stranger);
  });

  it('needs a permission, and may need a plugin', async () => {
    const [original, target] = [await pin(), await pin()];
    const jwt = await emulator.addKey({ scopes: ['org:files:read'] });
    const swaps = swapsOf(emulator, { jwt, gateway: 'site.example' });
    const error = await failureOf(swaps.write(original, target));
    expect([error.kind, error.message.split(' (')[0]]).toEqual([
      'credentials',
      'The key in pinata-jwt is not allowed to set a hot swap.',
    ]);
    expect(error.hint).toMatch(
      /permission "Files: Write".*needs the Hot Swaps plugin \(Pinata app, Gateways, Plugins\)/,
    );
    expect((await failureOf(swaps.remove(original))).message).toMatch(/not allowed to end a hot swap/);
  });

  it('is not known to a key that may not read gateways, unless the gateway is named', async () => {
    const jwt = await emulator.addKey({ scopes: ['org:files:write'] });
    const [original, target] = [await pin(), await pin()];
    await swap(emulator, original, target);
    const error = await failureOf(swapsOf(emulator, { jwt }).read(original));
    expect(error.message).toMatch(/^What is answered for bafy.+ cannot be read: the gateway is not known/);
    expect(await swapsOf(emulator, { jwt, gateway: 'site.example' }).read(original)).toBe(target);
  });

  it('fails where the service does', async () => {
    const original = await pin();
    await emulator.fault({ match: { path: '/swap/' }, times: 99, action: { status: 500 } });
    expect((await failureOf(swapsOf(emulator).write(original, original))).message).toMatch(
      /^Pinata failed to set a hot swap\./,
    );
    expect((await failureOf(swapsOf(emulator).remove(original))).message).toMatch(/^Pinata failed to end a hot swap\./);
  });
});

describe('a look at the gateway', () => {
  it.each(['file', 'folder'] as const)('tells what stands in the place of a %s', async (kind) => {
    const [original, target] = [await pin(kind), await pin(kind)];
    const own = await swapsOf(emulator).look(original);
    expect(own).not.toBe(target);
    expect(own === original).toBe(kind === 'file');
    await swap(emulator, original, target);
    expect(await swapsOf(emulator).look(original)).toBe(target);
    await swapsOf(emulator).remove(original);
    expect(await swapsOf(emulator).look(original)).toBe(own);
  });

  it('tells what the original is where the gateway has no plugin', async () => {
    const own = await emulatorFor({ hotSwapPlugin: 'off' });
    const [original, target] = [await pin('file', own), await pin('file', own)];
    await swapsOf(own).write(original, target);
    expect(await swapsOf(own).read(original)).toBe(target);
    expect(await swapsOf(own).look(original)).toBe(original);
  });

  it('sends the key as a header, and to nobody else', async () => {
    const own = await emulatorFor({ gatewayToken: 'gateway-secret' });
    const original = await pin('folder', own);
    expect(await swapsOf(own).look(original)).toBeUndefined();
    expect(await swapsOf(own, { key: 'gateway-secret' }).look(original)).toBeDefined();
    for (const { path } of await own.requests({ host: 'gateway' })) expect(path).not.toContain('secret');
    await using other = await scriptedServer(answer(200, '', { etag: `"${original}"` }));
    await using server = await scriptedServer(answer(301, '', { location: `${other.url}/ipfs/${original}/` }));
    expect(await swapsOf(own, { url: server.url, key: 'gateway-secret' }).look(original)).toBeUndefined();
    expect(other.seen).toEqual([]);
  });

  it('asks by GET where HEAD is refused', async () => {
    const original = await pin('file');
    await emulator.fault({ match: { host: 'gateway', method: 'HEAD' }, times: 9, action: { status: 405 } });
    expect(await swapsOf(emulator).look(original)).toBe(original);
    expect((await emulator.requests({ host: 'gateway' })).map(({ method }) => method)).toEqual(['HEAD', 'GET']);
  });

  it('knows nothing where the gateway does not tell', async () => {
    const original = await pin('file');
    expect(await swapsOf(emulator).look(cidIn(await cidOfText('unknown')))).toBeUndefined();
    expect(await swapsOf(emulator, { url: await closedUrl() }).look(original)).toBeUndefined();
    for (const headers of [{}, { etag: '"abc"' }, { etag: `W/"xx${original}xx"` }]) {
      await using server = await scriptedServer(answer(200, '', headers));
      expect(await swapsOf(emulator, { url: server.url }).look(original)).toBeUndefined();
    }
    await using weak = await scriptedServer(answer(200, '', { etag: `W/"DirIndex-1_CID-${original}"` }));
    expect(await swapsOf(emulator, { url: weak.url }).look(original)).toBe(original);
  });
});
