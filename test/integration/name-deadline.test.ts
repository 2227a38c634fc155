import { afterEach, expect, it, vi } from 'vitest';
import type { RunContext } from '../../src/domain/run.ts';
import { parseInputs, type ReadInput } from '../../src/inputs.ts';
import type { Log } from '../../src/ports.ts';
import { namePorts } from '../../src/wiring/names.ts';
import type { Wiring } from '../../src/wiring/wiring.ts';
import { emulatorFor } from '../support/emulator-inside.ts';

afterEach(() => {
  vi.useRealTimers();
});

const silent: Log = { line: () => {}, notice: () => {}, warn: () => {}, group: () => {}, progress: () => {} };

type Ports = Parameters<typeof namePorts>;

function wiringOf(given: Readonly<Record<string, string>>): Ports[0] {
  const read: ReadInput = (input) => given[input] ?? '';
  const context = { event: 'push', repository: 'acme/app', ref: 'refs/heads/main', defaultBranch: 'main' };
  const { values } = parseInputs(read, { ...context, releaseTag: '' } as unknown as RunContext);
  return { values, log: silent } as unknown as Wiring;
}

it('a domain is moved after an upload that took longer than Cloudflare may', async () => {
  const emulator = await emulatorFor({});
  await emulator.dnsZone({ zone: 'example.com', records: [] });
  const wiring = wiringOf({
    path: 'dist',
    'pinata-jwt': 'a.b.c',
    dnslink: 'example.com',
    'cloudflare-token': emulator.cloudflareToken,
    'cloudflare-api-url': emulator.cloudflareUrl,
  });
  vi.useFakeTimers({ toFake: ['setTimeout'] });
  const { zones } = namePorts(wiring, {} as Ports[1], () => Promise.resolve([]));
  vi.advanceTimersByTime(20 * 60_000);
  vi.useRealTimers();
  await zones?.write('example.com', '/ipfs/bafkqaaa');
  expect((await zones?.read('example.com'))?.path).toBe('/ipfs/bafkqaaa');
});
