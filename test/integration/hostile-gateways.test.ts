import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { createPublishedTree } from '../../src/adapters/gateway/published-tree.ts';
import type { Build } from '../../src/domain/listing.ts';
import type { BaseReading } from '../../src/ports.ts';
import {
  type Behaviour,
  type Blocks,
  bombs,
  bombsInLayers,
  carOf,
  cutsOff,
  cutsOffInTheBody,
  drips,
  entityCar,
  hintsForEver,
  honest,
  neverEnds,
  redirectsTo,
  redirectsToItself,
  says,
  sendsManyHeaders,
  stalls,
  stallsInTheBody,
  type TestGateway,
  testGateway,
} from '../support/hostile-gateway.ts';
import { seededBytes, seededNumbers } from '../support/seeded.ts';
import { buildOf, fullComparison, treePair } from './tree-pairs.ts';

const BEFORE = await buildOf({ 'index.html': 'old', 'a/b/c.txt': 'one', 'a/d.txt': 'two', 'same/x': 'x', gone: 'g' });
const AFTER = await buildOf({ 'index.html': 'new!', 'a/b/c.txt': 'eins', 'a/d.txt': 'two', 'same/x': 'x', come: 'c' });
const CHANGED = { kind: 'read', pair: fullComparison(BEFORE, AFTER), emptyDirectories: [], strange: false };

const KEY = 'gateway-key-that-nobody-may-see';

interface Asked {
  readonly before?: Build;
  readonly after?: Build;
  /** The first of the gateways is the account's own, and gets the key. */
  readonly key?: string;
}

/** Compares with what these gateways serve, as a run does. */
async function compare(
  gateways: readonly Pick<TestGateway, 'template'>[],
  { before = BEFORE, after = AFTER, key }: Asked = {},
): Promise<BaseReading> {
  const tree = createPublishedTree({
    root: before.root,
    gateways: gateways.map(({ template }, index) => ({ template, dedicated: key !== undefined && index === 0 })),
    dedicatedKey: key,
    known: new Map(),
  });
  return await tree.compare(after, 'known');
}

function reasonIn(reading: BaseReading): string {
  return reading.kind === 'unreadable' ? reading.reason : `none: ${reading.kind}`;
}

const QUICK: readonly (readonly [what: string, behaviour: Behaviour, reason: RegExp])[] = [
  ['answers a page', says(200, '<!doctype html><title>Welcome</title>'), /answered with other bytes/],
  ['answers a page with a refusal in it', says(200, '<p>ERR_ID:00006</p>'), /refused it \(ERR_ID:00006\)/],
  ['refuses', says(403, 'ERR_ID:00024'), /answered 403 \(ERR_ID:00024\)/],
  ['knows nothing', says(404), /answered 404/],
  ['is busy', says(429, '', { 'retry-after': '3600' }), /answered 429/],
  ['has trouble behind it', says(504, 'x'.repeat(1_000_000)), /answered 504/],
  ['answers nothing', says(200), /answered with other bytes/],
  ['answers nothing, on purpose', says(204), /answered with other bytes/],
  ['changes one byte', (response, truth) => honest(response, flipped(truth)), /answered with other bytes/],
  ['adds a byte', (response, truth = Buffer.of()) => response.end(Buffer.concat([truth, Buffer.of(0)])), /other bytes/],
  ['answers with a directory of this build', says(200, nodeOf(AFTER)), /answered with other bytes/],
  [
    'answers a CAR',
    (response) => void entityCar(BEFORE.nodes, BEFORE.root).then((car) => response.end(car)),
    /other bytes/,
  ],
  ['never ends', neverEnds, /answered with more than 1 MiB/],
  ['answers more in few bytes than memory holds', bombs, /answered with more than 1 MiB/],
  ['packs zeros in several layers', bombsInLayers, /answered with more than 1 MiB/],
  [
    'says gzip and sends none',
    says(200, 'no gzip', { 'content-encoding': 'gzip' }),
    /could not be reached \(Z_DATA_ERROR\)/,
  ],
  ['redirects in a circle', redirectsToItself, /could not be reached \(too many redirects\)/],
  ['redirects to nowhere', says(302, '', { location: 'nowhere://x' }), /could not be reached/],
  ['redirects to a port nobody listens on', says(301, '', { location: 'http://127.0.0.1:9/' }), /could not be reached/],
  ['sends more headers than anybody keeps', sendsManyHeaders, /could not be reached \(UND_ERR_HEADERS_OVERFLOW\)/],
  ['cuts the connection', cutsOff, /could not be reached \(UND_ERR_SOCKET\)/],
  ['cuts the connection in the body', cutsOffInTheBody, /could not be reached \(UND_ERR_SOCKET\)/],
];

const SLOW: readonly (readonly [what: string, behaviour: Behaviour, reason: RegExp])[] = [
  ['never answers', stalls, /did not answer in time/],
  ['stops in the body', stallsInTheBody, /did not answer in time/],
  ['sends a byte now and then', drips, /did not answer in time/],
  ['sends hints and no answer', hintsForEver, /did not answer in time/],
];

function nodeOf({ nodes, root }: Build): Uint8Array {
  return nodes.get(root) ?? new Uint8Array();
}

function flipped(bytes: Uint8Array = Buffer.alloc(1)): Uint8Array {
  const changed = Uint8Array.from(bytes);
  changed[changed.length >> 1] = (changed[changed.length >> 1] ?? 0) ^ 1;
  return changed;
}

describe('a gateway that is the only one', () => {
  it.for(QUICK)('and %s leaves a reason that names it', async ([, behaviour, reason]) => {
    await using bad = await testGateway(BEFORE.nodes, () => behaviour);
    const reading = await compare([bad]);
    expect(reasonIn(reading)).toMatch(reason);
    expect(reasonIn(reading)).toContain(bad.host);
  });

  it.concurrent.for(SLOW)('and %s costs its own deadline', async ([, behaviour, reason]) => {
    await using bad = await testGateway(BEFORE.nodes, () => behaviour);
    const began = performance.now();
    const reading = await compare([bad]);
    expect(reasonIn(reading)).toMatch(reason);
    expect(reasonIn(reading)).toContain(bad.host);
    expect(performance.now() - began).toBeLessThan(7000);
  });

  it('and is not there leaves a reason', async () => {
    const gone = await testGateway(BEFORE.nodes);
    await gone[Symbol.asyncDispose]();
    const reason = `${gone.host} could not be reached (ECONNREFUSED)`;
    expect(await compare([gone])).toEqual({ kind: 'unreadable', reason });
  });

  it('and redirects to one that serves is as good as that', async () => {
    await using other = await testGateway(BEFORE.nodes);
    await using first = await testGateway(BEFORE.nodes, () => redirectsTo(other.url));
    expect(await compare([first])).toEqual(CHANGED);
  });
});

describe('with a good gateway behind it', () => {
  it.for(QUICK)('one that %s changes nothing, and is asked once', async ([, behaviour]) => {
    await using bad = await testGateway(BEFORE.nodes, () => behaviour);
    await using good = await testGateway(BEFORE.nodes);
    expect(await compare([bad, good])).toEqual(CHANGED);
    const questions = new Set(bad.seen.map(({ url }) => url));
    expect([...questions]).toEqual([`/ipfs/${BEFORE.root}?format=raw`]);
    expect(good.seen).toHaveLength(3);
  });

  it.concurrent.for(SLOW)('one that %s costs time once', async ([, behaviour]) => {
    await using bad = await testGateway(BEFORE.nodes, () => behaviour);
    await using good = await testGateway(BEFORE.nodes);
    const began = performance.now();
    expect(await compare([bad, good])).toEqual(CHANGED);
    expect(performance.now() - began).toBeLessThan(7000);
    expect(bad.seen).toHaveLength(1);
  });
});

describe('a gateway that is honest and flaky', () => {
  it.for([
    ['504', says(504)],
    ['a cut connection', cutsOff],
  ] as const)('with %s at every third question still gives the diff', async ([, trouble]) => {
    await using flaky = await testGateway(BEFORE.nodes, (nth) => (nth % 3 === 1 ? trouble : honest));
    expect(await compare([flaky])).toEqual(CHANGED);
  });

  it('is given up when it fails twice in a row, and the next one goes on', async () => {
    await using tired = await testGateway(BEFORE.nodes, (nth) => (nth === 0 ? honest : says(503)));
    await using good = await testGateway(BEFORE.nodes);
    expect(await compare([tired, good])).toEqual(CHANGED);
    expect(tired.seen.length).toBeLessThanOrEqual(3);
  });
});

const LIES: readonly Behaviour[] = [
  ...QUICK.map(([, behaviour]) => behaviour).filter((behaviour) => behaviour !== bombs),
  (response, truth) => honest(response, truth === undefined ? seededBytes(80, 3) : seededBytes(truth.length, 3)),
];

/** Lies at random answers, `often` of 256. */
function liar(seed: number, often: number): (nth: number) => Behaviour {
  const next = seededNumbers(seed);
  return () => {
    const number = next();
    return (number & 0xff) < often ? (LIES[(number >>> 8) % LIES.length] ?? honest) : honest;
  };
}

describe('whatever gateways answer', () => {
  it('there is the right diff or a reason', async () => {
    const kinds = new Set<string>();
    await fc.assert(
      fc.asyncProperty(treePair, fc.nat(), fc.constantFrom(30, 90, 200), async ([one, other], seed, often) => {
        const [before, after] = [await buildOf(one), await buildOf(other)];
        await using first = await testGateway(before.nodes, liar(seed + 1, often));
        await using second = await testGateway(before.nodes, liar(seed + 2, often));
        const reading = await compare([first, second], { before, after });
        kinds.add(reading.kind);
        if (reading.kind === 'read') expect(reading.pair).toEqual(fullComparison(before, after));
        else expect(reading.kind).toBe('unreadable');
      }),
      { numRuns: 60 },
    );
    expect([...kinds].sort()).toEqual(['read', 'unreadable']);
  });

  it('there is the right diff when one of them is good', async () => {
    await fc.assert(
      fc.asyncProperty(treePair, fc.nat(), fc.constantFrom(90, 256), async ([one, other], seed, often) => {
        const [before, after] = [await buildOf(one), await buildOf(other)];
        await using first = await testGateway(before.nodes, liar(seed + 1, often));
        await using good = await testGateway(before.nodes);
        const reading = await compare([first, good], { before, after });
        expect(reading).toMatchObject({ kind: 'read', pair: fullComparison(before, after) });
      }),
      { numRuns: 40 },
    );
  });
});

/** Names so long that it takes several shards. */
function tokens(count: number, content: (nth: number) => string): Record<string, string> {
  const names = Array.from({ length: count }, (_, nth) => [`tokens/${'n'.repeat(240)}-${nth}`, content(nth)] as const);
  return Object.fromEntries(names);
}

const MANY = await buildOf(tokens(3000, () => 'same'));
const MANY_CHANGED = await buildOf(tokens(3000, (nth) => (nth % 150 === 7 ? 'changed' : 'same')));
const MANY_DIFF = { before: MANY, after: MANY_CHANGED };

function shardNodes(): Blocks {
  return new Map([...MANY.nodes].filter(([cid]) => cid !== MANY.root));
}

describe('the dedicated gateway', () => {
  it('is asked by path, and once for all shards of a directory', async () => {
    await using own = await testGateway(MANY.nodes);
    const reading = await compare([own], { ...MANY_DIFF, key: KEY });
    expect(reading).toMatchObject({ kind: 'read', pair: fullComparison(MANY, MANY_CHANGED) });
    expect(own.seen.map(({ url }) => url)).toEqual([
      `/ipfs/${MANY.root}?format=raw`,
      `/ipfs/${MANY.root}/tokens?format=raw`,
      `/ipfs/${MANY.root}/tokens?format=car&dag-scope=entity`,
    ]);
  });

  it.for([
    ['is cut off', async () => (await entityCar(shardNodes(), tokensRoot())).subarray(0, 5000)],
    ['holds other blocks', async () => await carOf(AFTER.root, AFTER.nodes)],
    ['says another CID for each block', async () => await shuffledCar()],
    ['has a frame longer than all of it', async () => Buffer.from([0x01, 0xa0, 0xff, 0xff, 0xff, 0x7f, 0x01, 0x70])],
    ['is a page', async () => Buffer.from('<html>')],
  ] as const)('may send a CAR that %s: the next one goes on', async ([, makeCar]) => {
    const car = await makeCar();
    await using own = await testGateway(MANY.nodes, (_, url) => (url.includes('format=car') ? says(200, car) : honest));
    await using good = await testGateway(MANY.nodes);
    const reading = await compare([own, good], { ...MANY_DIFF, key: KEY });
    expect(reading).toMatchObject({ kind: 'read', pair: fullComparison(MANY, MANY_CHANGED) });
    for (const { headers } of good.seen) expect(JSON.stringify(headers)).not.toContain(KEY);
  });

  it.for(QUICK)('that %s shows no key to anybody', async ([, behaviour]) => {
    await using own = await testGateway(BEFORE.nodes, () => behaviour);
    await using good = await testGateway(BEFORE.nodes);
    expect(await compare([own, good], { key: KEY })).toEqual(CHANGED);
    expect(own.seen[0]?.headers['x-pinata-gateway-token']).toBe(KEY);
    expect(JSON.stringify(good.seen)).not.toContain(KEY);
    expect(JSON.stringify(await compare([own], { key: KEY }))).not.toContain(KEY);
  });

  it('that redirects is not followed with the key', async () => {
    await using other = await testGateway(BEFORE.nodes);
    await using own = await testGateway(BEFORE.nodes, () => redirectsTo(other.url));
    const reason = `${own.host} could not be reached (it redirects, and a key must not follow)`;
    expect(await compare([own], { key: KEY })).toEqual({ kind: 'unreadable', reason });
    expect(other.seen).toEqual([]);
  });
});

function tokensRoot(): string {
  const largest = [...MANY.nodes].sort((one, other) => other[1].length - one[1].length)[0];
  return largest?.[0] ?? '';
}

async function shuffledCar(): Promise<Buffer> {
  const cids = [...MANY.nodes.keys()];
  const blocks = [...MANY.nodes.values()].reverse().map((bytes) => flipped(bytes));
  return await carOf(
    MANY.root,
    blocks.map((bytes, nth) => [cids[nth] ?? '', bytes] as const),
  );
}
