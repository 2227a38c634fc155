import { describe, expect, it } from 'vitest';
import { createTraffic } from '../../src/adapters/http/traffic.ts';
import { explainPinata } from '../../src/adapters/pinata/errors.ts';
import { createPinataPins } from '../../src/adapters/pinata/pins.ts';
import { type AccountGateway, accountTemplates } from '../../src/domain/gateway.ts';
import type { Pins } from '../../src/ports.ts';
import { emulatorFor } from '../support/emulator-inside.ts';
import { answer, scriptedServer } from '../support/http-server.ts';
import { localNames } from '../support/local-names.ts';

function pinsAt(apiUrl: string, jwt = 'jwt'): Pins {
  const traffic = createTraffic({
    service: 'Pinata',
    requestsPerMinute: 6000,
    concurrency: 4,
    firstDelayMs: 10,
    deadline: new AbortController().signal,
    onRetry: () => {},
    explain: explainPinata,
  });
  return createPinataPins({ jwt, apiUrl, uploadUrl: apiUrl, network: 'public', traffic });
}

async function gatewaysIn(rows: unknown): Promise<readonly AccountGateway[]> {
  await using server = await scriptedServer(answer(200, JSON.stringify({ data: { count: 9, rows } })));
  const known = await pinsAt(server.url).readGateways();
  if (known.kind !== 'known') throw new Error(known.reason);
  return known.value;
}

describe('the gateways of an account', () => {
  it.each(['custom-domain', 'dedicated'] as const)('lead to content that is pinned, in the mode %s', async (mode) => {
    const emulator = await emulatorFor({ gatewayMode: mode });
    const known = await pinsAt(emulator.apiUrl, emulator.jwt).readGateways();
    if (known.kind !== 'known') throw new Error(known.reason);
    expect(accountTemplates(known.value)).toEqual([{ template: `${emulator.gatewayUrl}/ipfs/{cid}`, dedicated: true }]);
    expect(known.value).toMatchObject([{ restricted: true }]);
  });

  it('are none where the account has none', async () => {
    const emulator = await emulatorFor({ gatewayMode: 'public' });
    expect(await pinsAt(emulator.apiUrl, emulator.jwt).readGateways()).toEqual({ kind: 'known', value: [] });
  });

  it('are not known to a key that may not read them', async () => {
    const emulator = await emulatorFor({ scopes: ['org:files:write'] });
    expect(await pinsAt(emulator.apiUrl, emulator.jwt).readGateways()).toEqual({
      kind: 'denied',
      reason: 'the key lacks the permission Gateways: Read',
    });
  });

  it('are asked for at the older path where the newer one is not known', async () => {
    const rows = [{ domain: 'one', restrict: true, custom_domains: [] }];
    await using server = await scriptedServer(answer(404), answer(200, JSON.stringify({ data: { rows } })));
    expect(await pinsAt(server.url).readGateways()).toEqual({
      kind: 'known',
      value: [{ domain: 'one.mypinata.cloud', restricted: true, customDomains: [] }],
    });
    expect(server.seen.map(({ path }) => path)).toEqual(['/v3/gateways', '/v3/ipfs/gateways']);
  });

  it('are not known where neither path is', async () => {
    await using server = await scriptedServer(answer(404));
    expect(await pinsAt(server.url).readGateways()).toMatchObject({ kind: 'denied' });
  });

  it('fail to be read where the service fails', async () => {
    await using server = await scriptedServer(answer(500));
    await expect(pinsAt(server.url).readGateways()).rejects.toThrow('Pinata failed to read the gateways');
  });

  it('have the custom domains that work', async () => {
    const custom = (domain: unknown, domainStatus?: string, sslStatus?: string) => ({
      domain,
      domain_validation_status: domainStatus,
      ssl_validation_status: sslStatus,
    });
    const custom_domains = [
      custom('app.example.org', 'active', 'active'),
      custom('new.example.org', 'active', 'pending_validation'),
      custom('unproven.example.org', 'pending', 'active'),
      custom('Untold.Example.org'),
      custom('evil.example.org/path', 'active', 'active'),
      custom('user@evil.example.org', 'active', 'active'),
      custom('', 'active', 'active'),
      custom(7),
      null,
    ];
    expect(await gatewaysIn([{ domain: 'one', custom_domains }])).toEqual([
      { domain: 'one.mypinata.cloud', restricted: false, customDomains: ['app.example.org', 'untold.example.org'] },
    ]);
  });

  it('are named in full, or by what stands before the usual suffix', async () => {
    const names = ['one', 'two.example.org', '127.0.0.1:8080', 'localhost:1', '[::1]:9', 'a/b', 'a b', '', undefined];
    const found = await gatewaysIn(names.map((domain) => ({ domain })));
    expect(found.map(({ domain }) => domain)).toEqual([
      'one.mypinata.cloud',
      'two.example.org',
      '127.0.0.1:8080',
      'localhost:1',
      '[::1]:9',
    ]);
  });

  it('lie in the world where the service does, and never on this machine or beside it', async () => {
    using _names = localNames('service.example');
    const domains = [
      '127.0.0.1:8080',
      'localhost:1',
      'a.localhost',
      '[::1]:9',
      '169.254.169.254',
      '10.0.0.1',
      'db.internal',
    ];
    const rows = [...domains, 'gate.example.org', 'one'].map((domain) => ({ domain, custom_domains: [{ domain }] }));
    await using server = await scriptedServer(answer(200, JSON.stringify({ data: { rows } })));
    const known = await pinsAt(`http://api.service.example:${new URL(server.url).port}`).readGateways();
    expect(known).toEqual({
      kind: 'known',
      value: [
        { domain: 'gate.example.org', restricted: false, customDomains: ['gate.example.org'] },
        { domain: 'one.mypinata.cloud', restricted: false, customDomains: [] },
      ],
    });
  });

  it.each([undefined, null, 'soon', {}, ['odd', null, 7]])('are none in the odd answer %j', async (rows) => {
    expect(await gatewaysIn(rows)).toEqual([]);
  });
});
