import { describe, expect, it } from 'vitest';
import { createTraffic } from '../../src/adapters/http/traffic.ts';
import { explainPinata } from '../../src/adapters/pinata/errors.ts';
import { createPinataPins } from '../../src/adapters/pinata/pins.ts';
import { type Cid, parseCid } from '../../src/domain/cid.ts';
import { ActionError } from '../../src/domain/errors.ts';
import type { Pin } from '../../src/domain/pin.ts';
import type { Moment, Pins } from '../../src/ports.ts';
import type { FaultRequest } from '../support/emulator.ts';
import { emulatorFor } from '../support/emulator-inside.ts';
import { emulatorForFile } from '../support/file-emulator.ts';
import { answer, scriptedServer } from '../support/http-server.ts';
import { type AnyEmulator, cidOfText, seedPins, swap } from '../support/seed-pins.ts';

const emulator = await emulatorForFile();

interface Access {
  readonly apiUrl?: string;
  readonly jwt?: string;
  readonly gateway?: string;
}

function pinsOf(to: AnyEmulator, more: Access = {}): Pins {
  const traffic = createTraffic({
    service: 'Pinata',
    requestsPerMinute: 6000,
    concurrency: 4,
    firstDelayMs: 10,
    deadline: new AbortController().signal,
    onRetry: () => {},
    explain: explainPinata,
  });
  return createPinataPins({
    jwt: to.jwt,
    apiUrl: to.apiUrl,
    uploadUrl: to.uploadUrl,
    network: 'public',
    traffic,
    ...more,
  });
}

async function cidOf(text: string): Promise<Cid> {
  const cid = parseCid(await cidOfText(text));
  if (cid === undefined) throw new Error(`There is no CID of ${text}`);
  return cid;
}

let seeded = 0;

/** A fresh pin with these pairs; its id. */
async function seed(keyvalues: Record<string, string> = {}, to: AnyEmulator = emulator): Promise<string> {
  seeded += 1;
  const [id = ''] = await seedPins(to, [{ cid: await cidOf(`record ${seeded}`), keyvalues }]);
  return id;
}

/** Soon enough for what a test does. */
const soon = (ms = 60_000): Moment => ({ notAfter: performance.now() + ms });
const over: Moment = { notAfter: 0 };

async function failureOf(work: Promise<unknown>): Promise<ActionError> {
  const error: unknown = await work.then(
    () => undefined,
    (thrown: unknown) => thrown,
  );
  if (!(error instanceof ActionError)) throw new Error(`Expected an ActionError, got ${String(error)}`);
  return error;
}

async function read(id: string, to: AnyEmulator = emulator): Promise<Pin | undefined> {
  return await pinsOf(to).read(id);
}

/** What is swapped for what, where that is known. */
async function swapsOf(pins: Pins, cids: readonly Cid[]): Promise<readonly (readonly [Cid, Cid])[]> {
  const answered = await pins.readSwaps(cids);
  if (answered.kind !== 'known') throw new Error(`It is not known: ${answered.reason}`);
  return [...answered.value];
}

const sent = async (method: string): Promise<number> => (await emulator.requests({ host: 'api', method })).length;

describe('an update', () => {
  it('merges pairs, and null takes one away', async () => {
    const id = await seed({ a: '1', b: '2' });
    expect(await pinsOf(emulator).update(id, { keyvalues: { b: null, c: '3' } })).toBe('done');
    expect((await read(id))?.keyvalues).toEqual({ a: '1', c: '3' });
  });

  it('says when the pin is gone', async () => {
    const id = await seed();
    await pinsOf(emulator).unpin(id, soon());
    expect(await pinsOf(emulator).update(id, { keyvalues: { a: '1' } })).toBe('gone');
  });

  it('is not sent when its moment has passed', async () => {
    const id = await seed();
    expect(await pinsOf(emulator).update(id, { keyvalues: { a: '1' } }, over)).toBe('late');
    expect(await sent('PUT')).toBe(0);
    expect((await read(id))?.keyvalues).toEqual({});
  });

  it('is not sent again when its moment passes between two attempts', async () => {
    const id = await seed();
    await emulator.fault({
      match: { method: 'PUT' },
      times: 9,
      action: { status: 429, headers: { 'retry-after': '1' } },
    });
    expect(await pinsOf(emulator).update(id, { keyvalues: { a: '1' } }, soon(300))).toBe('late');
    expect(await sent('PUT')).toBe(1);
  });
});

describe('an expiry', () => {
  const at = new Date(Math.floor(Date.now() / 1000) * 1000 + 86_400_000);

  it('is set together with pairs or alone', async () => {
    const pinata = await emulatorFor({ expiryShown: 'yes' });
    const id = await seed({ a: '1' }, pinata);
    await pinsOf(pinata).update(id, { keyvalues: { b: '2' }, expiresAt: at });
    expect(await read(id, pinata)).toMatchObject({ keyvalues: { a: '1', b: '2' }, expiresAt: at });
    const later = new Date(at.getTime() + 1000);
    await pinsOf(pinata).update(id, { keyvalues: {}, expiresAt: later });
    expect(await read(id, pinata)).toMatchObject({ keyvalues: { a: '1', b: '2' }, expiresAt: later });
  });

  it.each(['refused', 'ignored', 'yes'] as const)(
    'of never is far away, whatever the service makes of null: %s',
    async (expiryClear) => {
      const pinata = await emulatorFor({ expiryClear, expiryShown: 'yes' });
      const id = await seed({}, pinata);
      await pinsOf(pinata).update(id, { keyvalues: {}, expiresAt: at });
      expect(await pinsOf(pinata).update(id, { keyvalues: { a: '1' }, expiresAt: 'never' })).toBe('done');
      const pin = await read(id, pinata);
      expect(pin?.keyvalues).toEqual({ a: '1' });
      expect(pin?.expiresAt?.getUTCFullYear()).toBe(2100);
    },
  );

  it('of never is null where the service refuses what is far away, with all pairs', async () => {
    const pinata = await emulatorFor({ expiryClear: 'yes', expiryShown: 'yes' });
    const id = await seed({}, pinata);
    await pinsOf(pinata).update(id, { keyvalues: {}, expiresAt: at });
    await pinata.fault({ match: { method: 'PUT' }, action: { status: 400 } });
    expect(await pinsOf(pinata).update(id, { keyvalues: { a: '1' }, expiresAt: 'never' })).toBe('done');
    expect(await read(id, pinata)).toMatchObject({ keyvalues: { a: '1' }, expiresAt: null });
  });

  it('of never fails where the service takes neither, and nothing is changed', async () => {
    const pinata = await emulatorFor({ expiryClear: 'refused', expiryShown: 'yes' });
    const id = await seed({}, pinata);
    await pinsOf(pinata).update(id, { keyvalues: {}, expiresAt: at });
    await pinata.fault({ match: { method: 'PUT' }, action: { status: 400 } });
    const error = await failureOf(pinsOf(pinata).update(id, { keyvalues: { a: '1' }, expiresAt: 'never' }));
    expect(error.message).toMatch(
      /^Pinata did not write tags to a pin\..*expires_at must be a unix timestamp in the future/,
    );
    expect(await read(id, pinata)).toMatchObject({ keyvalues: {}, expiresAt: at });
  });
});

describe('an unpin', () => {
  it('removes the pin, and one that is gone already is fine', async () => {
    const id = await seed();
    expect(await pinsOf(emulator).unpin(id, soon())).toBe('gone');
    expect(await read(id)).toBeUndefined();
    expect(await pinsOf(emulator).unpin(id, soon())).toBe('gone');
  });

  it('is not sent when its moment has passed', async () => {
    const id = await seed();
    expect(await pinsOf(emulator).unpin(id, over)).toBe('late');
    expect(await sent('DELETE')).toBe(0);
    expect(await read(id)).toBeDefined();
  });

  it('is not sent again when its moment passes between two attempts', async () => {
    const id = await seed();
    await emulator.fault({
      match: { method: 'DELETE' },
      times: 9,
      action: { status: 503, headers: { 'retry-after': '1' } },
    });
    expect(await pinsOf(emulator).unpin(id, soon(300))).toBe('late');
    expect(await sent('DELETE')).toBe(1);
    expect(await read(id)).toBeDefined();
  });

  it('waits until the service can delete a record that is young', async () => {
    const pinata = await emulatorFor({ settleMs: 30 });
    const id = await seed({}, pinata);
    expect(await pinsOf(pinata).unpin(id, soon())).toBe('gone');
    expect(await read(id, pinata)).toBeUndefined();
  });
});

const PASSING: readonly [string, FaultRequest['action']][] = [
  ['the answer is lost', { cut: 'after' }],
  ['the request is lost', { cut: 'before' }],
  ['the service says 500', { status: 500 }],
  ['the service says 429', { status: 429 }],
  ['a proxy answers 502 with a page', { status: 502, body: '<html>Bad Gateway</html>', contentType: 'text/html' }],
  ['a proxy answers 400 with a page', { status: 400, body: '<html>Bad Request</html>', contentType: 'text/html' }],
  ['a proxy answers 200 with a page', { html200: true }],
  ['half of the answer comes', { truncateJson: true }],
];

describe('trouble that passes: both an update and an unpin are done when', () => {
  it.each(PASSING)('%s twice', async (_title, action) => {
    const [kept, removed] = [await seed({ a: '1' }), await seed()];
    await emulator.fault({ match: { method: 'PUT' }, times: 2, action });
    await emulator.fault({ match: { method: 'DELETE' }, times: 2, action });
    const pins = pinsOf(emulator);
    expect(await pins.update(kept, { keyvalues: { b: '2' } }, soon())).toBe('done');
    expect(await pins.unpin(removed, soon())).toBe('gone');
    expect((await read(kept))?.keyvalues).toEqual({ a: '1', b: '2' });
    expect(await read(removed)).toBeUndefined();
    expect(await sent('PUT')).toBe(3);
    expect(await sent('DELETE')).toBeGreaterThanOrEqual(2);
  });

  it('a 429 with Retry-After is over, as long as that says', async () => {
    const id = await seed();
    await emulator.fault({ match: { method: 'PUT' }, action: { status: 429, headers: { 'retry-after': '1' } } });
    const began = performance.now();
    expect(await pinsOf(emulator).update(id, { keyvalues: { a: '1' } })).toBe('done');
    expect(performance.now() - began).toBeGreaterThanOrEqual(950);
  });
});

describe('trouble that stays', () => {
  it.each<[string, FaultRequest['action'], ActionError['kind'], RegExp]>([
    [
      '500',
      { status: 500 },
      'network',
      /^Pinata failed to (write tags to a pin|unpin)\. \(Pinata said: 500, Injected fault\)$/,
    ],
    ['429', { status: 429 }, 'quota', /^Pinata's rate limit left no room to (write tags to a pin|unpin)\./],
    ['403', { status: 403 }, 'credentials', /^The key in pinata-jwt is not allowed to (write tags to a pin|unpin)\./],
    ['401', { status: 401 }, 'credentials', /^Pinata does not accept the key in pinata-jwt/],
    ['400', { status: 400 }, 'conflict', /^Pinata did not (write tags to a pin|unpin)\./],
    ['302', { status: 302, headers: { location: 'https://evil.example/' } }, 'network', /redirected the request/],
    [
      'no answer',
      { cut: 'before' },
      'network',
      /^Pinata could not be reached to (write tags to a pin|unpin) \(\w+\)\.$/,
    ],
    [
      'pages',
      { html200: true },
      'network',
      /^Pinata answered with an HTML page instead of JSON when asked to (write tags to a pin|unpin)\./,
    ],
  ])('is told in words, after five attempts at most: %s', async (_title, action, kind, message) => {
    const id = await seed({ a: '1' });
    for (const method of ['PUT', 'DELETE']) await emulator.fault({ match: { method }, times: 99, action });
    const pins = pinsOf(emulator);
    const errors = [
      await failureOf(pins.update(id, { keyvalues: { b: '2' } })),
      await failureOf(pins.unpin(id, soon())),
    ];
    for (const error of errors) {
      expect(error.kind).toBe(kind);
      expect(error.message).toMatch(message);
      expect(error.hint).toBeTruthy();
      expect(`${error.message}${error.hint}`).not.toContain(emulator.jwt);
    }
    expect(await sent('PUT')).toBeLessThanOrEqual(5);
    expect(await sent('DELETE')).toBeLessThanOrEqual(5);
    expect((await read(id))?.keyvalues).toEqual({ a: '1' });
  });

  it('is given up when the last moment gets no answer in seven seconds', { timeout: 20_000 }, async () => {
    const id = await seed();
    await emulator.fault({ match: { method: 'DELETE' }, action: { delayMs: 12_000 } });
    const began = performance.now();
    expect(await pinsOf(emulator).unpin(id, soon(5000))).toBe('late');
    const took = performance.now() - began;
    expect(took).toBeGreaterThan(6500);
    expect(took).toBeLessThan(10_000);
    expect(await read(id)).toBeDefined();
  });
});

describe('hot swaps', () => {
  const cids = async (): Promise<readonly [Cid, Cid, Cid]> => {
    seeded += 1;
    const made = [await cidOf(`a ${seeded}`), await cidOf(`b ${seeded}`), await cidOf(`c ${seeded}`)] as const;
    await seedPins(
      emulator,
      made.map((cid) => ({ cid })),
    );
    return made;
  };

  it('are told as what a CID is swapped for, on the account’s gateway', async () => {
    const [a, b, c] = await cids();
    await swap(emulator, a, b);
    await swap(emulator, a, c);
    await swap(emulator, b, c);
    await fetch(`${emulator.apiUrl}/v3/files/public/swap/${b}`, {
      method: 'DELETE',
      headers: { authorization: `Bearer ${emulator.jwt}` },
    });
    await emulator.clearRequests();
    expect(await swapsOf(pinsOf(emulator), [a, b, c])).toEqual([[a, c]]);
    const paths = (await emulator.requests({ host: 'api' })).map(({ path }) => path);
    expect(paths.filter((path) => path === '/v3/gateways')).toHaveLength(1);
    expect(paths.filter((path) => path.endsWith('?domain=emulator.mypinata.cloud'))).toHaveLength(3);
  });

  it('are asked of the gateway that the user names, which needs no permission for gateways', async () => {
    const [a, b] = await cids();
    await swap(emulator, a, b);
    await emulator.clearRequests();
    const jwt = await emulator.addKey({ scopes: ['org:files:read'] });
    const pins = pinsOf(emulator, { jwt, gateway: 'site.example' });
    expect(await swapsOf(pins, [a])).toEqual([[a, b]]);
    expect((await emulator.requests()).map(({ path }) => path)).toEqual([
      `/v3/files/public/swap/${a}?domain=site.example`,
    ]);
  });

  it('are not known to a key that may not read gateways', async () => {
    const [a] = await cids();
    const jwt = await emulator.addKey({ scopes: ['org:files:write'] });
    const answered = await pinsOf(emulator, { jwt }).readSwaps([a]);
    expect(answered).toMatchObject({
      reason: 'the gateway is not known (pinata-gateway, or the permission Gateways: Read)',
    });
  });

  it('of a CID that the account has not pinned are none', async () => {
    const stranger = await cidOf('never pinned');
    expect(await swapsOf(pinsOf(emulator), [stranger])).toEqual([]);
  });

  it('are none of a list of none', async () => {
    expect(await swapsOf(pinsOf(emulator, { gateway: 'site.example' }), [])).toEqual([]);
  });

  it('fail where the service does: what is not known must not be unpinned', async () => {
    const [a] = await cids();
    await emulator.fault({ match: { path: '/swap/' }, times: 99, action: { status: 500 } });
    expect((await failureOf(pinsOf(emulator).readSwaps([a]))).message).toMatch(
      /^Pinata failed to look for a hot swap\./,
    );
    await emulator.clearFaults();
    await emulator.fault({ match: { path: '/v3/gateways' }, times: 99, action: { status: 500 } });
    expect((await failureOf(pinsOf(emulator).readSwaps([a]))).message).toMatch(
      /^Pinata failed to read the gateways of the account\./,
    );
  });

  it('are the newest of a history in any order, on any of several gateways, in either version of CIDs', async () => {
    const [a, b] = [await cidOf('scripted a'), await cidOf('scripted b')];
    const target = parseCid('QmdfTbBqBPQ7VNxZEYEj14VmRuZBkqFbiwReogJgS1zR1n');
    const gateways = { data: { rows: [{ domain: 'one' }, { domain: '' }, {}, { domain: 'two.example.org' }] } };
    const history = {
      data: [
        { mapped_cid: b, created_at: '2026-01-01T00:00:00Z' },
        { mapped_cid: 'QmdfTbBqBPQ7VNxZEYEj14VmRuZBkqFbiwReogJgS1zR1n', created_at: '2026-03-01T00:00:00Z' },
        { mapped_cid: null, created_at: '2026-02-01T00:00:00Z' },
        { created_at: 'never' },
        'odd',
      ],
    };
    await using server = await scriptedServer(
      answer(200, JSON.stringify(gateways)),
      answer(200, JSON.stringify(history)),
    );
    const known = await swapsOf(pinsOf(emulator, { apiUrl: server.url }), [a]);
    expect(new Map(known)).toEqual(new Map([[a, target]]));
    expect(server.seen.map(({ path }) => path.split('?domain=')[1])).toEqual([
      undefined,
      'one.mypinata.cloud',
      'two.example.org',
    ]);
  });

  it('are none where the list is null', async () => {
    await using server = await scriptedServer(answer(200, '{"data":null}'));
    const pins = pinsOf(emulator, { apiUrl: server.url, gateway: 'site.example' });
    expect(await swapsOf(pins, [await cidOf('odd answers')])).toEqual([]);
  });

  it.each(['{}', '{"data":"soon"}', '[]', 'null'])('are not known from the odd answer %s', async (body) => {
    await using server = await scriptedServer(answer(200, body));
    const pins = pinsOf(emulator, { apiUrl: server.url, gateway: 'site.example' });
    await expect(swapsOf(pins, [await cidOf('odd answers')])).rejects.toMatchObject({ kind: 'network' });
  });
});

describe('the usage of the account', () => {
  it('is the number and the size of all pins', async () => {
    const pinata = await emulatorFor({});
    await seedPins(pinata, [
      { cid: await cidOf('one'), size: 300 },
      { cid: await cidOf('two'), size: 4000 },
    ]);
    expect(await pinsOf(pinata).readUsage()).toEqual({ pins: 2, bytes: 4300 });
  });

  it('is not known to a key without the legacy permission', async () => {
    const jwt = await emulator.addKey({ scopes: ['org:files:write'] });
    expect(await pinsOf(emulator, { jwt }).readUsage()).toBeUndefined();
    const allowed = await emulator.addKey({ scopes: [], legacyScopes: ['userPinnedDataTotal'] });
    expect(await pinsOf(emulator, { jwt: allowed }).readUsage()).toBeDefined();
  });

  it.each(['{}', '{"pin_count":"many","pin_size_total":1}', '{"pin_count":1}', 'null', '[]'])(
    'is not known from the odd answer %s',
    async (body) => {
      await using server = await scriptedServer(answer(200, body));
      expect(await pinsOf(emulator, { apiUrl: server.url }).readUsage()).toBeUndefined();
    },
  );
});
