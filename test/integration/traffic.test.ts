import { describe, expect, it } from 'vitest';
import { sendStreamed } from '../../src/adapters/http/stream.ts';
import { createTraffic, type Traffic, type TrafficPolicy } from '../../src/adapters/http/traffic.ts';
import { ActionError } from '../../src/domain/errors.ts';
import { answer, closedUrl, cut, scriptedServer } from '../support/http-server.ts';

function trafficOf(more: Partial<TrafficPolicy> = {}): Traffic {
  return createTraffic({
    service: 'Pinata',
    requestsPerMinute: 1000,
    concurrency: 4,
    firstDelayMs: 5,
    deadline: new AbortController().signal,
    onRetry: () => {},
    explain: (got, doing) => new ActionError('conflict', `could not ${doing}: ${got.status}`),
    ...more,
  });
}

async function getJson(traffic: Traffic, url: string): Promise<unknown> {
  return await traffic.through('list the pins', async () => await (await fetch(url)).json());
}

describe('a client below which the traffic lies', () => {
  it('gets its answer after a cut connection, a 500 and a 429', async () => {
    await using server = await scriptedServer(
      cut,
      answer(500),
      answer(429, '', { 'retry-after': '0' }),
      answer(200, '{"a":1}'),
    );
    const traffic = trafficOf();
    expect(await getJson(traffic, server.url)).toEqual({ a: 1 });
    expect(server.seen).toHaveLength(4);
    expect(traffic.sent()).toBe(4);
  });

  it('gets the same failure as everybody, whatever it makes of it', async () => {
    await using server = await scriptedServer(answer(403, '{"error":{"message":"no"}}'));
    const failing = trafficOf().through('list the pins', async () => {
      await fetch(server.url);
      throw new Error('a client that wraps errors its own way');
    });
    await expect(failing).rejects.toMatchObject({ kind: 'conflict', message: 'could not list the pins: 403' });
  });

  it('cannot repeat a final failure', async () => {
    await using server = await scriptedServer(answer(401));
    const insisting = trafficOf().through('list the pins', async () => {
      for (let attempt = 0; attempt < 5; attempt += 1) await fetch(server.url).catch(() => {});
    });
    await insisting;
    expect(server.seen).toHaveLength(1);
  });

  it('is told of an HTML page with status 200 and of JSON that is cut short', async () => {
    await using page = await scriptedServer(answer(200, '<html>sign in</html>'));
    await expect(getJson(trafficOf(), page.url)).rejects.toMatchObject({
      kind: 'network',
      message: 'Pinata answered with an HTML page instead of JSON when asked to list the pins.',
    });
    await using short = await scriptedServer(answer(200, '{"data":{"files":['));
    await expect(getJson(trafficOf(), short.url)).rejects.toThrow('answered with a broken answer instead of JSON');
  });

  it('does not follow a redirect, which would carry the key elsewhere', async () => {
    await using elsewhere = await scriptedServer(answer(200, '{}'));
    await using server = await scriptedServer(answer(302, '', { location: elsewhere.url }));
    await expect(getJson(trafficOf(), server.url)).rejects.toThrow('could not list the pins: 302');
    expect(elsewhere.seen).toHaveLength(0);
  });

  it('names what it could not reach, without an address or a stack', async () => {
    const traffic = trafficOf();
    await expect(getJson(traffic, await closedUrl())).rejects.toMatchObject({
      kind: 'network',
      message: 'Pinata could not be reached to list the pins (ECONNREFUSED).',
    });
  });

  it('stops at its deadline, also while it waits for another attempt', async () => {
    await using server = await scriptedServer(answer(503, '', { 'retry-after': '60' }));
    const controller = new AbortController();
    const late = new ActionError('network', 'too late');
    setTimeout(() => controller.abort(late), 100);
    await expect(getJson(trafficOf({ deadline: controller.signal }), server.url)).rejects.toMatchObject({
      kind: 'network',
      message: 'too late The last answer of Pinata was 503.',
    });
  });

  it('leaves other requests of the process alone', async () => {
    await using server = await scriptedServer(answer(500, 'broken'), answer(200, '{}'));
    const traffic = trafficOf();
    const outside = await fetch(server.url);
    expect(outside.status).toBe(500);
    expect(traffic.sent()).toBe(0);
  });
});

describe('the request budget', () => {
  it('lets no more requests out in a minute than it has', async () => {
    await using server = await scriptedServer(answer(200, '{}'));
    const controller = new AbortController();
    const traffic = trafficOf({ requestsPerMinute: 3, deadline: controller.signal });
    const all = Promise.allSettled([1, 2, 3, 4, 5].map(() => getJson(traffic, server.url)));
    await new Promise((resolve) => setTimeout(resolve, 300));
    expect(server.seen).toHaveLength(3);
    controller.abort(new ActionError('network', 'over'));
    const states = (await all).map((result) => result.status);
    expect(states.filter((state) => state === 'rejected')).toHaveLength(2);
  });
});

describe('sendStreamed', () => {
  async function* pieces(count: number): AsyncGenerator<Uint8Array> {
    const pooled = new Uint8Array(64 * 1024);
    for (let index = 0; index < count; index += 1) yield pooled.fill(index);
  }

  function post(
    url: string,
    body: { bytes: number; pieces: AsyncIterable<Uint8Array> },
  ): ReturnType<typeof sendStreamed> {
    return sendStreamed({ method: 'POST', url, headers: {}, body, signal: new AbortController().signal });
  }

  it('reads an answer that comes before the body is sent', async () => {
    await using server = await scriptedServer(answer(403, '{"error":"no"}'));
    const got = await post(server.url, { bytes: 64 * 1024 * 4, pieces: pieces(4) });
    expect(got).toMatchObject({ status: 403, body: '{"error":"no"}' });
  });

  it('fails with what the body failed with', async () => {
    async function* broken(): AsyncGenerator<Uint8Array> {
      yield new Uint8Array(10);
      throw new ActionError('content', 'app.js changed');
    }
    await using server = await scriptedServer(answer(200));
    await expect(post(server.url, { bytes: 100, pieces: broken() })).rejects.toThrow('app.js changed');
  });
});
