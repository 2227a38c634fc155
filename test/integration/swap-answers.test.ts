import { expect, it } from 'vitest';
import { createTraffic } from '../../src/adapters/http/traffic.ts';
import { explainPinata } from '../../src/adapters/pinata/errors.ts';
import { readSwaps } from '../../src/adapters/pinata/swaps.ts';
import type { Cid } from '../../src/domain/cid.ts';
import { answer, scriptedServer } from '../support/http-server.ts';
import { cidNumber } from '../unit/account.ts';

const [ORIGINAL, TARGET] = [cidNumber(1), cidNumber(2)];

/** What is believed to stand in a CID's place when the service answers so. */
async function readAfter(status: number, body: string): Promise<Cid | undefined> {
  await using server = await scriptedServer(answer(status, body));
  const traffic = createTraffic({
    service: 'Pinata',
    requestsPerMinute: 6000,
    concurrency: 4,
    firstDelayMs: 1,
    deadline: new AbortController().signal,
    onRetry: () => {},
    explain: explainPinata,
  });
  const account = { jwt: 'a.b.c', apiUrl: server.url, network: 'public', gateway: 'site.example', traffic } as const;
  const swaps = await readSwaps(account, [ORIGINAL]);
  return swaps.kind === 'known' ? [...swaps.value][0]?.[1] : undefined;
}

it.each<[string, number, string]>([
  ['no history', 404, ''],
  ['somebody else’s CID', 403, '{"error":"no"}'],
  ['an empty history', 200, '{"data":[]}'],
  ['nothing at all', 200, '{"data":null}'],
  [
    'a swap that was ended',
    200,
    JSON.stringify({
      data: [
        { mapped_cid: TARGET, created_at: '2025-01-01T00:00:00Z' },
        { mapped_cid: null, created_at: '2025-01-02T00:00:00Z' },
      ],
    }),
  ],
])('nothing stands in the place of a CID with %s', async (_what, status, body) => {
  expect(await readAfter(status, body)).toBeUndefined();
});

it.each<[string, number, string]>([
  ['the answer came too late', 408, ''],
  ['another request was at work', 409, ''],
  ['the answer has no list', 200, '{"error":"maintenance"}'],
  ['the answer has a list of another kind', 200, JSON.stringify({ data: { mapped_cid: TARGET } })],
  ['the newest entry has no CID', 200, '{"data":[{"mapped_cid":"soon","created_at":"2025-01-02T00:00:00Z"}]}'],
])('what stands there is not known where %s', async (_what, status, body) => {
  await expect(readAfter(status, body)).rejects.toThrow(/^Pinata /);
});
