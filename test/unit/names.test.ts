import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type Cid, parseCid } from '../../src/domain/cid.ts';
import { ActionError } from '../../src/domain/errors.ts';
import {
  judgeSwap,
  labelOf,
  type NameState,
  type NameTarget,
  parseDnslinkName,
  parseHotSwapName,
  parseNameTarget,
  pointsTo,
  readDnslink,
  renderTarget,
  type StableName,
} from '../../src/domain/names.ts';
import { moveNames, type NamePorts, planNames, readNames } from '../../src/modes/names.ts';
import type { ResolverAnswer } from '../../src/ports.ts';
import { renderNameLine, renderNamesSection } from '../../src/render/names.ts';

function cid(text: string): Cid {
  const parsed = parseCid(text);
  if (parsed === undefined) throw new Error(`${text} is no CID`);
  return parsed;
}

const OLD = cid('bafybeibj6lixxzqtsb45ysdjnupvqkufgdvzqbnvmhw2kf7cfkesy7r7d4');
const OLD_V0 = 'QmRAQB6YaCyidP37UdDnjFY5vQuiBrcqdyoW1CuDgwxkD4';
const NEW = cid('bafybeiczsscdsbs7ffqz55asqdf3smv6klcw3gofszvwlyarci47bgf354');
const OTHER = cid('bafkreibm6jg3ux5qumhcn2b3flc3tyu6dmlb4xa7u5bf44yegnrjhc4yeq');

describe('a line of dnslink', () => {
  it.each([
    ['example.com', 'example.com', 'production'],
    [' Example.COM. ', 'example.com', 'production'],
    ['_dnslink.docs.example.com=main', 'docs.example.com', 'main'],
    ['xn--bcher-kva.example = v1.2', 'xn--bcher-kva.example', 'v1.2'],
    [`${'a'.repeat(63)}.example`, `${'a'.repeat(63)}.example`, 'production'],
  ])('%s names a domain and a tag', (line, domain, tag) => {
    expect(parseDnslinkName(line)).toEqual({ kind: 'dnslink', domain, tag });
  });

  it.each([
    '',
    'example',
    'https://example.com',
    'example.com/path',
    'bücher.example',
    'example..com',
    '-a.example',
    'a-.example',
    `${'a'.repeat(64)}.example`,
    `${'a'.repeat(60)}.${'b'.repeat(60)}.${'c'.repeat(60)}.${'d'.repeat(60)}.example`,
    '127.0.0.1',
    'example.com=',
    'example.com=Main',
    'example.com=a=b',
    'a.example b.example',
    'example.com\n::warning::x',
  ])('%j is none', (line) => {
    expect(parseDnslinkName(line)).toBeUndefined();
  });
});

describe('a line of hot-swap-cid', () => {
  it('names a CID in any form, and a tag', () => {
    expect(parseHotSwapName(OLD_V0)).toEqual({ kind: 'hot-swap', cid: OLD, tag: 'production' });
    expect(parseHotSwapName(`${OLD}=main`)).toEqual({ kind: 'hot-swap', cid: OLD, tag: 'main' });
  });

  it.each(['', 'example.com', `/ipfs/${OLD}`, `${OLD}=Main`])('%j is none', (line) => {
    expect(parseHotSwapName(line)).toBeUndefined();
  });
});

describe('what a DNSLink says', () => {
  it.each([
    [`dnslink=/ipfs/${OLD}`, `/ipfs/${OLD}`, OLD],
    [`/ipfs/${OLD_V0}`, `/ipfs/${OLD_V0}`, OLD],
    [`/ipfs/${OLD}/docs/`, `/ipfs/${OLD}/docs/`, OLD],
    ['dnslink=/ipns/docs.ipfs.tech', '/ipns/docs.ipfs.tech', undefined],
    ['dnslink=/ipfs/soon ', '/ipfs/soon', undefined],
  ])('%s is a path, and a CID where it names one', (text, path, named) => {
    expect(parseNameTarget(text)).toEqual({ path, cid: named });
  });

  it.each([
    'dnslink=',
    'dnslink=/',
    'dnslink=/ipfs',
    'dnslink=/ipfs/',
    `ipfs/${OLD}`,
    `/ipfs/${OLD}\n`.concat('x'),
    `/ipfs/${OLD}/\u001b[2J`,
    '/ipfs/日本語',
    `/ipfs/${'a'.repeat(2000)}`,
  ])('%j is no path', (text) => {
    expect(parseNameTarget(text)).toBeUndefined();
  });

  it('is the content only when nothing stands below its CID', () => {
    const says = (path: string): NameTarget | undefined => parseNameTarget(path);
    expect(pointsTo(says(renderTarget(OLD)), OLD)).toBe(true);
    expect(pointsTo(says(`/ipfs/${OLD_V0}/`), OLD)).toBe(true);
    expect(pointsTo(says(`/ipfs/${OLD}/docs`), OLD)).toBe(false);
    expect(pointsTo(says(renderTarget(OLD)), NEW)).toBe(false);
    expect(pointsTo(undefined, OLD)).toBe(false);
  });

  it('comes back as it was written, whatever is in it', () => {
    const pieces = ['/', 'ipfs', 'ipns', OLD, OLD_V0, 'dnslink=', ' ', '\n', '\u0000', 'é', '%', '"', 'a'.repeat(700)];
    fc.assert(
      fc.property(fc.array(fc.constantFrom(...pieces)), (parts) => {
        const text = parts.join('');
        const target = parseNameTarget(text);
        expect(target === undefined || /^\/[\x20-\x7e]{3,2000}$/.test(target.path)).toBe(true);
        if (target !== undefined) expect(parseNameTarget(`dnslink=${target.path}`)).toEqual(target);
      }),
    );
  });

  it('is one of several TXT values, and links of other systems stand beside it', () => {
    const values = ['v=spf1 -all', 'dnslink=/hyper/abc', `dnslink=/ipfs/${OLD}`, `dnslink=/ipfs/${OLD}`];
    expect(readDnslink(values)).toEqual({ kind: 'target', target: { path: `/ipfs/${OLD}`, cid: OLD } });
    expect(readDnslink(['dnslink=/hyper/b', 'dnslink=/hyper/a'])).toMatchObject({ target: { path: '/hyper/a' } });
    expect(readDnslink(['v=spf1 -all'])).toEqual({ kind: 'none' });
  });

  it('is nothing to rely on when there are two, or one that is no path', () => {
    expect(readDnslink([`dnslink=/ipfs/${OLD}`, `dnslink=/ipfs/${NEW}`])).toEqual({
      kind: 'unclear',
      trouble: 'has 2 DNSLinks at once, such as /ipfs/bafybeib…7d4 and /ipfs/bafybeic…354',
    });
    expect(readDnslink(['dnslink=soon'])).toEqual({ kind: 'unclear', trouble: 'has a DNSLink that is no path' });
  });
});

describe('a hot swap', () => {
  it('is never one onto itself: the CID answers with its own content without one', () => {
    expect(judgeSwap(OLD, undefined, OLD)).toBe('keep');
    expect(judgeSwap(OLD, NEW, OLD)).toBe('remove');
    expect(judgeSwap(OLD, undefined, NEW)).toBe('write');
    expect(judgeSwap(OLD, OTHER, NEW)).toBe('write');
    expect(judgeSwap(OLD, NEW, NEW)).toBe('keep');
  });
});

const SITE: StableName = { kind: 'dnslink', domain: 'example.com', tag: 'production' };
const SWAP: StableName = { kind: 'hot-swap', cid: OTHER, tag: 'production' };
const linkTo = (target: Cid): NameTarget => ({ path: renderTarget(target), cid: target });

interface Scene {
  readonly link?: Cid;
  readonly swap?: Cid;
  /** What the resolvers answer, by how many seconds have passed. */
  readonly seen?: (seconds: number) => readonly Partial<ResolverAnswer>[];
  readonly looks?: (seconds: number) => Cid | undefined;
  readonly fails?: string;
  readonly token?: 'none';
}

interface Stage extends NamePorts {
  readonly did: readonly string[];
  readonly seconds: () => number;
}

/** A world whose time passes only in pauses. */
function stage(scene: Scene = {}): Stage {
  const did: string[] = [];
  let [now, link, swap] = [0, scene.link, scene.swap];
  const act = (what: string): void => {
    did.push(what);
    if (scene.fails === what) throw new ActionError('network', `Could not ${what}.`, { hint: 'Run the job again.' });
  };
  return {
    did,
    seconds: () => now / 1000,
    zones:
      scene.token === 'none'
        ? undefined
        : {
            read: async () => {
              act('read link');
              return link === undefined ? undefined : linkTo(link);
            },
            write: async (_domain, path) => {
              act('write link');
              link = parseNameTarget(path)?.cid;
            },
          },
    resolvers: {
      read: async () => {
        const own = { target: link === undefined ? undefined : linkTo(link) };
        const answers = scene.seen?.(now / 1000) ?? [own, own];
        return answers.map((answer, index) => ({
          resolver: index === 0 ? 'dns.google' : 'cloudflare-dns.com',
          target: undefined,
          ttl: 0,
          trouble: undefined,
          ...answer,
        }));
      },
    },
    swaps: {
      read: async () => {
        act('read swap');
        return swap;
      },
      write: async (_original, target) => {
        act('write swap');
        swap = target;
      },
      remove: async () => {
        act('remove swap');
        swap = undefined;
      },
      look: async (original) => (scene.looks === undefined ? (swap ?? original) : scene.looks(now / 1000)),
    },
    clock: {
      now: () => now,
      date: () => new Date(now),
      pause: async (ms) => {
        now += ms;
      },
    },
    log: { line: () => {}, notice: () => {}, warn: () => {}, group: () => {}, progress: () => {} },
  };
}

const move = async (name: StableName, ports: NamePorts, to = NEW): Promise<NameState | undefined> =>
  (await moveNames([name], { cid: to, confirmMs: 20_000 }, ports))[0];

describe('moving a DNSLink', () => {
  it('writes it and tells who has seen it, and what it said before', async () => {
    expect(await move(SITE, stage({ link: OLD }))).toEqual({
      name: SITE,
      state: 'moved',
      previous: linkTo(OLD),
      note: 'seen by dns.google and cloudflare-dns.com',
      written: true,
    });
  });

  it('leaves one alone that says so already', async () => {
    const ports = stage({ link: NEW });
    expect(await move(SITE, ports)).toEqual({
      name: SITE,
      state: 'unchanged',
      previous: linkTo(NEW),
      note: 'seen by dns.google and cloudflare-dns.com',
    });
    expect(ports.did).toEqual(['read link']);
  });

  it('waits for resolvers that will follow in time', async () => {
    const seen = (seconds: number): readonly Partial<ResolverAnswer>[] => [
      { target: linkTo(NEW) },
      seconds < 5 ? { target: linkTo(OLD), ttl: 5 - seconds } : { target: linkTo(NEW) },
    ];
    const ports = stage({ link: OLD, seen });
    expect(await move(SITE, ports)).toMatchObject({ state: 'moved' });
    expect(ports.seconds()).toBe(7);
  });

  it('does not wait for an answer that is kept for longer, and says for how long', async () => {
    const ports = stage({
      link: OLD,
      seen: () => [{ target: linkTo(NEW) }, { target: linkTo(OLD), ttl: 287 }],
    });
    expect(await move(SITE, ports)).toMatchObject({
      state: 'unconfirmed',
      note: 'cloudflare-dns.com still answers /ipfs/bafybeib…7d4, for up to 287 s more; seen by dns.google',
    });
    expect(ports.seconds()).toBe(0);
  });

  it('gives up when its time is over', async () => {
    const ports = stage({ seen: () => [{ trouble: 'answered 503' }, { ttl: 3 }] });
    expect(await move(SITE, ports)).toMatchObject({
      state: 'unconfirmed',
      previous: undefined,
      note: 'dns.google answered 503; cloudflare-dns.com answers no DNSLink yet, for up to 3 s more',
    });
    expect(ports.seconds()).toBe(15);
  });

  it('is unconfirmed where nobody is asked', async () => {
    expect(await move(SITE, stage({ seen: () => [] }))).toMatchObject({
      state: 'unconfirmed',
      note: 'no resolver was asked',
    });
  });

  it.each(['read link', 'write link'])('fails as a state when it cannot %s', async (fails) => {
    expect(await move(SITE, stage({ link: OLD, fails }))).toEqual({
      name: SITE,
      state: 'failed',
      previous: fails === 'read link' ? undefined : linkTo(OLD),
      note: `Could not ${fails}. Run the job again.`,
    });
  });

  it('needs a token', async () => {
    expect(await move(SITE, stage({ token: 'none' }))).toMatchObject({
      state: 'failed',
      note: 'It needs cloudflare-token.',
    });
  });
});

describe('moving a hot swap', () => {
  it('writes it, and asks the gateway what it answers', async () => {
    expect(await move(SWAP, stage({ swap: OLD }))).toEqual({
      name: SWAP,
      state: 'moved',
      previous: linkTo(OLD),
      note: 'the gateway answers it',
      written: true,
    });
  });

  it('ends it when the new content is the CID itself', async () => {
    const ports = stage({ swap: OLD });
    expect(await move(SWAP, ports, OTHER)).toMatchObject({
      state: 'moved',
      previous: linkTo(OLD),
      note: 'answers with its own content again',
    });
    expect(ports.did).toEqual(['read swap', 'remove swap']);
    expect(await move(SWAP, ports, OTHER)).toMatchObject({ state: 'unchanged', previous: undefined });
    expect(ports.did).toEqual(['read swap', 'remove swap', 'read swap']);
  });

  it('names the missing plugin when the gateway goes on with the original', async () => {
    const ports = stage({ looks: () => OTHER });
    expect(await move(SWAP, ports)).toMatchObject({
      state: 'failed',
      note: 'the gateway does not follow it: it has no Hot Swaps plugin (Pinata app → Gateways → Plugins)',
      written: true,
    });
    expect(ports.seconds()).toBe(15);
  });

  it('waits for a gateway that still answers the swap before', async () => {
    const looks = (seconds: number): Cid => (seconds < 3 ? OLD : NEW);
    expect(await move(SWAP, stage({ swap: OLD, looks }))).toMatchObject({ state: 'moved' });
    expect(await move(SWAP, stage({ swap: OLD, looks: () => OLD }))).toMatchObject({
      state: 'unconfirmed',
      note: 'the gateway still answers bafybeib…7d4',
    });
  });

  it('is unconfirmed where no gateway tells, unless nothing was to do', async () => {
    const looks = (): undefined => undefined;
    expect(await move(SWAP, stage({ swap: OLD, looks }))).toMatchObject({ state: 'unconfirmed' });
    expect(await move(SWAP, stage({ swap: NEW, looks }))).toMatchObject({ state: 'unchanged' });
  });

  it.each(['read swap', 'write swap'])('fails as a state when it cannot %s', async (fails) => {
    expect(await move(SWAP, stage({ fails }))).toMatchObject({
      state: 'failed',
      note: `Could not ${fails}. Run the job again.`,
    });
  });
});

describe('moving several names', () => {
  it('goes on after one that fails, and keeps their order', async () => {
    const ports = stage({ link: OLD, fails: 'write link' });
    const states = await moveNames([SITE, SWAP], { cid: NEW }, ports);
    expect(states.map(({ name, state }) => [name.kind, state])).toEqual([
      ['dnslink', 'failed'],
      ['hot-swap', 'moved'],
    ]);
  });

  it('can be stopped anywhere: the same again ends right', async () => {
    for (const fails of ['read link', 'write link', 'read swap', 'write swap']) {
      const broken = stage({ link: OLD, swap: OLD, fails });
      await moveNames([SITE, SWAP], { cid: NEW }, broken);
      const [link, swap] = await planNames([SITE, SWAP], { cid: NEW }, { ...broken });
      const healed = stage({
        ...(link?.state === 'unchanged' ? { link: NEW } : { link: OLD }),
        ...(swap?.state === 'unchanged' ? { swap: NEW } : { swap: OLD }),
      });
      await moveNames([SITE, SWAP], { cid: NEW }, healed);
      const after = await readNames([SITE, SWAP], { cid: NEW }, healed);
      expect(after.map(({ state }) => state)).toEqual(['unchanged', 'unchanged']);
    }
  });
});

describe('a dry run', () => {
  it('tells what would be moved, and writes nothing', async () => {
    const ports = stage({ link: OLD, swap: NEW });
    const states = await planNames([SITE, SWAP], { cid: NEW }, ports);
    expect(states).toEqual([
      { name: SITE, state: 'planned', previous: linkTo(OLD), note: 'would be pointed there' },
      { name: SWAP, state: 'unchanged', previous: linkTo(NEW), note: 'points there already' },
    ]);
    expect(ports.did).toEqual(['read link', 'read swap']);
  });

  it('tells what fails already', async () => {
    const [state] = await planNames([SITE], { cid: NEW }, stage({ fails: 'read link' }));
    expect(state).toMatchObject({ state: 'failed', note: 'Could not read link. Run the job again.' });
  });

  it('asks the world where there is no token', async () => {
    const [state] = await planNames([SITE], { cid: NEW }, stage({ link: OLD, token: 'none' }));
    expect(state).toEqual({
      name: SITE,
      state: 'planned',
      previous: linkTo(OLD),
      note: 'would be pointed there, which needs cloudflare-token',
    });
  });
});

describe('reading names', () => {
  const read = async (name: StableName, scene: Scene): Promise<NameState | undefined> =>
    (await readNames([name], { cid: NEW }, stage(scene)))[0];

  it('finds them unchanged where the world sees the content, also without a token', async () => {
    expect(await read(SITE, { link: NEW, token: 'none' })).toMatchObject({
      state: 'unchanged',
      note: 'seen by dns.google and cloudflare-dns.com',
    });
    expect(await read(SWAP, { swap: NEW })).toMatchObject({ state: 'unchanged', note: 'the gateway answers it' });
  });

  it('tells what a DNSLink says instead, and to whom', async () => {
    const seen = (): readonly Partial<ResolverAnswer>[] => [{ target: linkTo(OLD) }, {}];
    expect(await read(SITE, { seen })).toMatchObject({
      state: 'failed',
      note: 'dns.google answers /ipfs/bafybeib…7d4; cloudflare-dns.com answers no DNSLink',
    });
  });

  it('believes one resolver where another has trouble, and none where all have', async () => {
    const trouble = { trouble: 'did not answer in time' };
    expect(await read(SITE, { seen: () => [{ target: linkTo(NEW) }, trouble] })).toMatchObject({
      state: 'unchanged',
      note: 'seen by dns.google; cloudflare-dns.com did not answer in time',
    });
    expect(await read(SITE, { seen: () => [trouble, trouble] })).toMatchObject({ state: 'failed' });
  });

  it('tells what a swapped CID is answered with instead', async () => {
    expect(await read(SWAP, { swap: OLD })).toMatchObject({ state: 'failed', note: `is answered with ${OLD}` });
    expect(await read(SWAP, {})).toMatchObject({ state: 'failed', note: 'is answered with its own content' });
    expect(await read(SWAP, { swap: NEW, looks: () => OTHER })).toMatchObject({ state: 'failed' });
  });
});

describe('the section of the names', () => {
  const states: readonly NameState[] = [
    { name: SITE, state: 'moved', previous: linkTo(OLD), note: 'seen by dns.google', written: true },
    { name: SWAP, state: 'failed', previous: undefined, note: 'a | b <script>', written: true },
    { name: { ...SITE, domain: 'b.example' }, state: 'unchanged', previous: linkTo(NEW), note: '' },
  ];

  it('has a row for each, and says how to undo what this run wrote', () => {
    expect(renderNamesSection(states)).toMatchInlineSnapshot(`
      "#### Stable names

      | Name | Follows | State | Before | Note |
      | --- | --- | --- | --- | --- |
      | <code>example.com</code> | <code>production</code> | moved | <code>/ipfs/bafybeib…7d4</code> | seen by dns.google |
      | hot swap <code>bafkreib…yeq</code> | <code>production</code> | ❌ failed | nothing | a &#124; b &lt;script&gt; |
      | <code>b.example</code> | <code>production</code> | unchanged | <code>/ipfs/bafybeic…354</code> |  |

      To undo it by hand:

      - set the TXT record <code>&#95;dnslink.example.com</code> to <code>dnslink=/ipfs/bafybeibj6lixxzqtsb45ysdjnupvqkufgdvzqbnvmhw2kf7cfkesy7r7d4</code>
      - end the hot swap of <code>bafkreibm6jg3ux5qumhcn2b3flc3tyu6dmlb4xa7u5bf44yegnrjhc4yeq</code> in the Pinata app"
    `);
  });

  it('is empty without names', () => {
    expect(renderNamesSection([])).toBe('');
  });

  it('has a line for the log', () => {
    expect(states.map(renderNameLine)).toEqual([
      'example.com: moved (was /ipfs/bafybeib…7d4): seen by dns.google',
      `hot swap ${OTHER}: failed: a | b <script>`,
      'b.example: unchanged',
    ]);
    expect(states.map(({ name }) => labelOf(name))).toEqual(['example.com', OTHER, 'b.example']);
  });
});
