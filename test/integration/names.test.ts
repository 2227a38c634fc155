import { describe, expect, it } from 'vitest';
import { explainCloudflare } from '../../src/adapters/cloudflare/errors.ts';
import { createCloudflareZones } from '../../src/adapters/cloudflare/zones.ts';
import { createResolvers } from '../../src/adapters/dns/resolvers.ts';
import { createTraffic, type Traffic } from '../../src/adapters/http/traffic.ts';
import { explainPinata } from '../../src/adapters/pinata/errors.ts';
import { createHotSwaps } from '../../src/adapters/pinata/swaps.ts';
import { type Cid, parseCid } from '../../src/domain/cid.ts';
import { type ActionError, asActionError } from '../../src/domain/errors.ts';
import type { StableName } from '../../src/domain/names.ts';
import { moveNames, type NamePorts, planNames, readNames } from '../../src/modes/names.ts';
import { emulatorFor } from '../support/emulator-inside.ts';
import { upload } from '../support/pinata-calls.ts';
import { type AnyEmulator, swap } from '../support/seed-pins.ts';

interface Scene {
  readonly emulator: AnyEmulator;
  readonly names: readonly StableName[];
  readonly before: Cid;
  readonly wanted: Cid;
}

async function pin(to: AnyEmulator, text: string): Promise<Cid> {
  const { row } = await upload(to, { files: [new File([text], 'text.txt')], fields: { network: 'public' } });
  const cid = parseCid(row?.cid ?? '');
  if (cid === undefined) throw new Error('The upload has no CID');
  return cid;
}

/** A domain and a swapped CID that point to older content. */
async function setScene(knobs: Parameters<typeof emulatorFor>[0] = {}): Promise<Scene> {
  const emulator = await emulatorFor(knobs);
  const [original, before, wanted] = [
    await pin(emulator, 'original'),
    await pin(emulator, 'before'),
    await pin(emulator, 'wanted'),
  ];
  await emulator.dnsZone({
    zone: 'example.com',
    records: [{ name: '_dnslink', content: `"dnslink=/ipfs/${before}"` }],
  });
  await swap(emulator, original, before);
  return {
    emulator,
    before,
    wanted,
    names: [
      { kind: 'dnslink', domain: 'example.com', tag: 'production' },
      { kind: 'dnslink', domain: 'new.example.com', tag: 'production' },
      { kind: 'hot-swap', cid: original, tag: 'production' },
    ],
  };
}

function trafficTo(
  service: string,
  explain: (...args: Parameters<typeof explainPinata>) => ActionError,
  kill?: AbortSignal,
): Traffic {
  return createTraffic({
    service,
    requestsPerMinute: 6000,
    concurrency: 4,
    firstDelayMs: 5,
    deadline: kill ?? new AbortController().signal,
    onRetry: () => {},
    explain,
  });
}

function portsOf(to: AnyEmulator, kill?: AbortSignal): NamePorts & { readonly said: string[] } {
  const said: string[] = [];
  const account = { jwt: to.jwt, apiUrl: to.apiUrl, network: 'public', gateway: 'site.example' } as const;
  return {
    said,
    zones: createCloudflareZones({
      apiUrl: to.cloudflareUrl,
      token: to.cloudflareToken,
      traffic: trafficTo('Cloudflare', explainCloudflare, kill),
    }),
    resolvers: createResolvers({ urls: to.dohUrls, timeoutMs: 2000 }),
    swaps: createHotSwaps(
      { ...account, traffic: trafficTo('Pinata', explainPinata, kill) },
      { url: to.gatewayUrl, key: undefined, timeoutMs: 2000 },
    ),
    clock: {
      now: () => performance.now(),
      date: () => new Date(),
      // The resolvers forget by the emulator's clock.
      pause: async (ms) => void (await to.clock({ advanceMs: ms })),
    },
    log: {
      line: (text) => void said.push(text),
      notice: () => {},
      warn: () => {},
      group: () => {},
      progress: () => {},
    },
  };
}

const statesOf = (states: readonly { readonly state: string }[]): readonly string[] => states.map(({ state }) => state);

describe('names of all kinds', () => {
  it('are moved, are seen to be, and are left alone the next time', async () => {
    const { emulator, names, before, wanted } = await setScene();
    const states = await moveNames(names, { cid: wanted }, portsOf(emulator));
    expect(statesOf(states)).toEqual(['moved', 'moved', 'moved']);
    expect(states.map(({ previous }) => previous?.cid)).toEqual([before, undefined, before]);
    expect(statesOf(await readNames(names, { cid: wanted }, portsOf(emulator)))).toEqual(Array(3).fill('unchanged'));
    await emulator.clearRequests();
    expect(statesOf(await moveNames(names, { cid: wanted }, portsOf(emulator)))).toEqual(Array(3).fill('unchanged'));
    expect((await emulator.requests()).filter(({ method }) => !/^(GET|HEAD)$/.test(method))).toEqual([]);
  });

  it('are planned and read without a write', async () => {
    const { emulator, names, wanted } = await setScene();
    await emulator.clearRequests();
    expect(statesOf(await planNames(names, { cid: wanted }, portsOf(emulator)))).toEqual(Array(3).fill('planned'));
    expect(statesOf(await readNames(names, { cid: wanted }, portsOf(emulator)))).toEqual(Array(3).fill('failed'));
    expect((await emulator.requests()).filter(({ method }) => !/^(GET|HEAD)$/.test(method))).toEqual([]);
  });

  it('are waited for where a resolver keeps an older answer, and told where it keeps it for longer', async () => {
    for (const [dnsTtl, state] of [
      [3, 'moved'],
      [600, 'unconfirmed'],
    ] as const) {
      const { emulator, names, wanted } = await setScene({ dnsTtl });
      await createResolvers({ urls: emulator.dohUrls.slice(1), timeoutMs: 2000 }).read('example.com');
      const ports = portsOf(emulator);
      const [site] = await moveNames(names.slice(0, 1), { cid: wanted }, ports);
      expect(site).toMatchObject({ state });
      const hosts = emulator.dohUrls.map((url) => new URL(url).host);
      if (state === 'moved')
        expect(ports.said).toEqual(['Waiting until resolvers see what example.com points to now.']);
      else
        expect(site?.note).toMatch(
          new RegExp(`^${hosts[1]} still answers /ipfs/bafk.{4}….{3}, for up to \\d+ s more; seen by ${hosts[0]}$`),
        );
    }
  });

  it('fail where the gateway has no plugin', async () => {
    const { emulator, names, wanted } = await setScene({ hotSwapPlugin: 'off' });
    const states = await moveNames(names.slice(2), { cid: wanted, confirmMs: 100 }, portsOf(emulator));
    expect(states).toMatchObject([{ state: 'failed', note: expect.stringContaining('no Hot Swaps plugin') as string }]);
  });
});

/** The request of this number is the last one: nothing is sent after it, and its own answer is not heard. */
async function killAt(number: number, { emulator, names, wanted }: Scene): Promise<boolean> {
  const kill = new AbortController();
  const original = globalThis.fetch;
  let sent = 0;
  globalThis.fetch = async (input, init) => {
    if (String(input).includes('/__emulator/')) return await original(input, init);
    sent += 1;
    if (sent > number) throw new Error('killed');
    const response = await original(input, init);
    if (sent < number) return response;
    await response.arrayBuffer();
    kill.abort(asActionError(new Error('killed')));
    throw new Error('killed');
  };
  try {
    await moveNames(names, { cid: wanted, confirmMs: 0 }, portsOf(emulator, kill.signal));
  } finally {
    globalThis.fetch = original;
  }
  return sent >= number;
}

describe('a run that is killed', () => {
  it('at any of its requests is ended by the next one', { timeout: 60_000 }, async () => {
    for (let number = 1; ; number += 1) {
      const scene = await setScene();
      const { emulator, names, wanted } = scene;
      const killed = await killAt(number, scene);
      const again = await moveNames(names, { cid: wanted }, portsOf(emulator));
      expect(statesOf(again).every((state) => state === 'moved' || state === 'unchanged')).toBe(true);
      const { dns } = await emulator.state();
      expect(dns.records.map(({ name, content }) => [name, content])).toEqual([
        ['_dnslink.example.com', `"dnslink=/ipfs/${wanted}"`],
        ['_dnslink.new.example.com', `"dnslink=/ipfs/${wanted}"`],
      ]);
      expect(statesOf(await readNames(names, { cid: wanted }, portsOf(emulator)))).toEqual(Array(3).fill('unchanged'));
      if (!killed) {
        expect(number).toBeGreaterThan(10);
        return;
      }
    }
  });
});
