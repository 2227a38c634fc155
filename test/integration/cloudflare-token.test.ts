import { expect, it } from 'vitest';
import { explainCloudflare } from '../../src/adapters/cloudflare/errors.ts';
import { createCloudflareZones } from '../../src/adapters/cloudflare/zones.ts';
import { createTraffic } from '../../src/adapters/http/traffic.ts';
import { asActionError } from '../../src/domain/errors.ts';
import { answer, scriptedServer } from '../support/http-server.ts';

const ZONE = '0123456789abcdef0123456789abcdef';

it.each(['short', 'with.dots.in-it.0123456789', 'abcdefghijklmnopqrstuvwxyz0123456789ABCD'])(
  'the token %s is not repeated, whoever answers with it',
  async (token) => {
    const errors = [{ code: 1004, message: `DNS validation error for ${token}` }];
    const record = { id: 'r1', type: 'CNAME', name: '_dnslink.example.com', content: `${token}.example.net` };
    for (const body of [
      { success: false, errors },
      { success: true, result: [record] },
    ]) {
      await using server = await scriptedServer(answer(200, JSON.stringify(body)));
      const traffic = createTraffic({
        service: 'Cloudflare',
        requestsPerMinute: 6000,
        concurrency: 1,
        firstDelayMs: 1,
        deadline: new AbortController().signal,
        onRetry: () => {},
        explain: explainCloudflare,
      });
      const zones = createCloudflareZones({ apiUrl: server.url, token, zoneId: ZONE, traffic });
      const { message, hint } = await zones.read('example.com').then(
        () => ({ message: 'nothing was wrong', hint: '' }),
        (thrown: unknown) => asActionError(thrown),
      );
      expect(message).toContain('***');
      expect(`${message} ${hint}`).not.toContain(token);
    }
  },
);
