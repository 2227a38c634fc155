import { describe, expect, it } from 'vitest';
import { type PsaKnobs, type PsaServer, startPsa } from '../../emulator/mirrors/psa.ts';
import { type Cid, parseCid } from '../../src/domain/cid.ts';
import type { Mirror } from '../../src/ports.ts';
import { answer, closedUrl, scriptedServer } from '../support/http-server.ts';
import { mirrorAt, orderOf, PROJECT } from './mirror-at.ts';

const CID = parseCid('bafybeigdyrzt5sfp7udm7hu76uh7y26nf3efuylqabf3oclgtqy55fbzdi') as Cid;
const OTHER = 'bafkreigh2akiscaildcqabsyg3dfr6chu3fgpregiymsck7e7aqa4s52zy';
const OURS = { 'pinata-deploy': PROJECT };

interface Service extends AsyncDisposable {
  readonly server: PsaServer;
  readonly mirror: Mirror;
}

async function serviceWith(knobs: Partial<PsaKnobs> = {}, waitMs = 3000): Promise<Service> {
  const server = await startPsa(knobs);
  const mirror = mirrorAt(`backup=${server.url}/`, { token: server.knobs.token, waitMs });
  return { server, mirror, [Symbol.asyncDispose]: () => server[Symbol.asyncDispose]() };
}

function writes({ seen }: PsaServer): readonly string[] {
  return seen.filter((line) => !line.startsWith('GET '));
}

describe('content on a pinning service', () => {
  it.each<[string, Partial<PsaKnobs>]>([
    ['that answers 202', {}],
    ['that answers 200', { createdStatus: 200 }],
    ['that is slow', { looksUntilPinned: 3 }],
    ['that lists a new request late', { looksUntilKnown: 2 }],
    ['that forgets meta', { forgetsMeta: true }],
  ])('is pinned there, under our name, by one %s', async (_what, knobs) => {
    await using service = await serviceWith(knobs);
    expect(await service.mirror.pin(orderOf(CID))).toMatchObject({ state: 'pinned', ours: true });
    expect(service.server.rows()).toMatchObject([
      { status: 'pinned', pin: { cid: CID, name: 'acme/site production', meta: OURS } },
    ]);
  });

  it('is pending when the service has not found it in time, and the next run waits for the same request', async () => {
    let found = false;
    await using service = await serviceWith({ finds: () => found }, 300);
    expect(await service.mirror.pin(orderOf(CID))).toMatchObject({ state: 'pending', ours: true });
    expect(await service.mirror.read(CID)).toMatchObject({ state: 'pending', ours: true });
    found = true;
    expect(await service.mirror.pin(orderOf(CID))).toMatchObject({ state: 'pinned', ours: true });
    expect(writes(service.server)).toEqual(['POST /pins']);
  });

  it('has failed when the service gives up, with its reason, and is ordered anew by the next run', async () => {
    await using service = await serviceWith({ finds: () => false, givesUp: true });
    expect(await service.mirror.pin(orderOf(CID))).toEqual({
      state: 'failed',
      ours: true,
      note: 'no provider was found',
    });
    service.server.knobs.finds = () => true;
    expect(await service.mirror.pin(orderOf(CID))).toMatchObject({ state: 'pinned', ours: true });
    expect(service.server.rows()).toHaveLength(1);
  });

  it('is not sent again once it is there', async () => {
    await using service = await serviceWith();
    await service.mirror.pin(orderOf(CID));
    expect(await service.mirror.pin(orderOf(CID))).toMatchObject({ state: 'pinned', ours: true });
    expect(writes(service.server)).toEqual(['POST /pins']);
  });

  it('is left alone where somebody else has pinned it', async () => {
    await using service = await serviceWith();
    service.server.plant({ cid: CID, name: 'by hand' });
    const pin = await service.mirror.pin(orderOf(CID));
    expect(pin).toEqual({ state: 'pinned', ours: false, note: 'pinned there without us' });
    expect(await service.mirror.unpin(CID)).toBe('kept');
    expect(writes(service.server)).toEqual([]);
  });

  it('is ordered where somebody else only asked for it', async () => {
    await using service = await serviceWith();
    service.server.plant({ cid: CID }, 'queued');
    expect(await service.mirror.pin(orderOf(CID))).toMatchObject({ state: 'pinned', ours: true });
  });

  it('is looked for among everything that is not pinned yet, and absent where there is nothing', async () => {
    await using service = await serviceWith();
    expect(await service.mirror.read(CID)).toEqual({ state: 'absent', ours: false, note: '' });
    service.server.plant({ cid: CID, meta: OURS }, 'failed');
    expect(await service.mirror.read(CID)).toMatchObject({ state: 'failed', ours: true });
  });

  it('is not taken for another that the service answers unasked', async () => {
    await using service = await serviceWith({ ignoresCid: true });
    service.server.plant({ cid: OTHER, meta: OURS });
    expect((await service.mirror.read(CID)).state).toBe('absent');
    expect(await service.mirror.unpin(CID)).toBe('kept');
    expect(service.server.rows()).toHaveLength(1);
  });
});

describe('unpinning from a pinning service', () => {
  it.each(['empty', 'text'] as const)('takes all our requests away, and no other (answers: %s)', async (deletes) => {
    await using service = await serviceWith({ deletes });
    const foreign = service.server.plant({ cid: CID, meta: { 'pinata-deploy': 'acme/other' } });
    for (let index = 0; index < 3; index += 1) service.server.plant({ cid: CID, meta: OURS });
    expect(await service.mirror.unpin(CID)).toBe('unpinned');
    expect(service.server.rows()).toEqual([foreign]);
  });

  it.each([false, true])('finds ours behind pages of others (rows are repeated: %s)', async (repeatsRows) => {
    await using service = await serviceWith({ repeatsRows });
    service.server.plant({ cid: CID, meta: OURS });
    for (let index = 0; index < 35; index += 1) service.server.plant({ cid: CID });
    expect(await service.mirror.unpin(CID)).toBe('unpinned');
    expect(service.server.rows()).toHaveLength(35);
    const deleted = writes(service.server);
    expect(deleted).toHaveLength(1);
  });

  it('asks for ten pages at most', async () => {
    const row = (index: number): object => ({
      requestid: `r${index}`,
      status: 'pinned',
      created: new Date(Date.UTC(2026, 0, 1) - index * 1000).toISOString(),
      pin: { cid: CID },
    });
    let made = 0;
    await using server = await scriptedServer((response) => {
      made += 1;
      answer(200, JSON.stringify({ count: 1000, results: [row(made)] }))(response);
    });
    expect(await mirrorAt(`backup=${server.url}`).unpin(CID)).toBe('kept');
    expect(server.seen).toHaveLength(10);
  });

  it('is through where the request is gone already', async () => {
    const row = {
      requestid: 'r1',
      status: 'pinned',
      created: '2026-01-01T00:00:00Z',
      pin: { cid: CID, meta: OURS },
    };
    await using server = await scriptedServer(
      answer(200, JSON.stringify({ count: 1, results: [row] })),
      answer(404, JSON.stringify({ error: { reason: 'NOT_FOUND' } })),
    );
    expect(await mirrorAt(`backup=${server.url}`).unpin(CID)).toBe('unpinned');
  });
});

describe('what a pinning service refuses', () => {
  it.each([
    [401, 'credentials', 'Mirror backup does not accept its token'],
    [403, 'credentials', 'Mirror backup does not accept its token'],
    [409, 'quota', 'Mirror backup has no room or no funds left'],
    [404, 'network', 'Nothing at the address of mirror backup'],
    [400, 'conflict', 'Mirror backup did not look for'],
  ])('%i is explained, with its words and without the token', async (status, kind, message) => {
    await using service = await serviceWith({
      refusal: { status, reason: 'NO', details: 'because of\n psa-token and its past' },
    });
    await expect(service.mirror.pin(orderOf(CID))).rejects.toMatchObject({
      kind,
      message: expect.stringContaining(message) as unknown,
    });
    const error = await service.mirror.pin(orderOf(CID)).catch((thrown: unknown) => String(thrown));
    expect(error).toContain(`${status}, NO, because of *** and its past`);
    expect(error).not.toContain('psa-token');
  });

  it('is tried again where that can help', async () => {
    await using server = await scriptedServer(answer(503), answer(200, JSON.stringify({ count: 0, results: [] })));
    expect((await mirrorAt(`backup=${server.url}`).read(CID)).state).toBe('absent');
    expect(server.seen).toHaveLength(2);
  });

  it.each(['<html>sign in</html>', '{}', '[]', ''])('an answer that is none of its API is said: %s', async (body) => {
    await using server = await scriptedServer(answer(200, body));
    await expect(mirrorAt(`backup=${server.url}`).read(CID)).rejects.toMatchObject({
      message: expect.stringContaining('Mirror backup did not look for') as unknown,
    });
  });

  it('nobody there is said with the name of the mirror', async () => {
    await expect(mirrorAt(`backup=${await closedUrl()}`).read(CID)).rejects.toMatchObject({
      kind: 'network',
      message: expect.stringMatching(/^Mirror backup could not be reached to look for/) as unknown,
    });
  });

  it('a token goes to the mirror and nowhere it points to', async () => {
    await using elsewhere = await scriptedServer(answer(200, '{}'));
    await using server = await scriptedServer(answer(307, '', { location: elsewhere.url }));
    await expect(mirrorAt(`backup=${server.url}/psa`, { token: 'secret' }).read(CID)).rejects.toThrow(/Nothing at/);
    expect(server.seen[0]).toMatchObject({ headers: { authorization: 'Bearer secret' } });
    expect(server.seen[0]?.path).toMatch(/^\/psa\/pins\?/);
    expect(elsewhere.seen).toEqual([]);
  });
});
