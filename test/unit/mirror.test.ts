import fc from 'fast-check';
import MarkdownIt from 'markdown-it';
import { describe, expect, it } from 'vitest';
import type { Cid } from '../../src/domain/cid.ts';
import { ActionError } from '../../src/domain/errors.ts';
import { type MirrorPin, type MirrorState, parseMirror, parseMirrorToken } from '../../src/domain/mirror.ts';
import { mirrorContent, planMirrors, readMirrors, unmirror } from '../../src/modes/mirror.ts';
import type { Mirror, MirrorOrder } from '../../src/ports.ts';
import { renderMirrorLine, renderMirrorSection } from '../../src/render/mirrors.ts';
import { cidNumber } from './account.ts';

describe('a line of mirrors', () => {
  it.each([
    ['backup=https://api.pinata.cloud/psa', { kind: 'psa', url: 'https://api.pinata.cloud/psa' }],
    ['backup=https://pins.example/', { kind: 'psa', url: 'https://pins.example' }],
    ['backup=https://node.example/api/v0', { kind: 'kubo', url: 'https://node.example' }],
    ['backup=https://node.example/ipfs/api/v0/', { kind: 'kubo', url: 'https://node.example/ipfs' }],
    ['backup=kubo+https://node.example:5443', { kind: 'kubo', url: 'https://node.example:5443' }],
    ['backup=kubo+https://node.example/api/v0', { kind: 'kubo', url: 'https://node.example' }],
    ['backup=kubo+http://127.0.0.1:5001', { kind: 'kubo', url: 'http://127.0.0.1:5001' }],
    ['backup=cluster+https://cluster.example', { kind: 'cluster', url: 'https://cluster.example' }],
    ['backup=cluster+https://cluster.example/api/v0', { kind: 'cluster', url: 'https://cluster.example/api/v0' }],
  ])('%s says what speaks there', (line, expected) => {
    expect(parseMirror(line)).toEqual({ name: 'backup', ...expected });
  });

  it.each([
    'https://pins.example',
    '=https://pins.example',
    'Backup=https://pins.example',
    '-b=https://pins.example',
    `${'a'.repeat(33)}=https://pins.example`,
    'backup=http://pins.example',
    'backup=kubo+http://node.example:5001',
    'backup=ftp://pins.example',
    'backup=psa+https://pins.example',
    'backup=kubo+kubo+https://node.example',
    'backup=https://user:password@pins.example',
    'backup=https://pins.example/?key=secret',
    'backup=https://pins.example/#top',
    'backup=https://pins.example?',
    'backup=https://pins.example/a b',
    'backup=pins.example',
    'backup=',
    '',
  ])('%s is none', (line) => {
    expect(parseMirror(line)).toBeUndefined();
  });
});

describe('a line of mirror-tokens', () => {
  it.each([
    ['backup=abc.def-_=', 'abc.def-_='],
    ['backup=user:pass=word', 'user:pass=word'],
  ])('%s has the token after its first =', (line, token) => {
    expect(parseMirrorToken(line)).toEqual({ name: 'backup', token });
  });

  it.each(['backup=', 'backup=to ken', 'backup=tökén', 'backup=a\u0007', 'BACKUP=a', 'token'])('%j is none', (line) => {
    expect(parseMirrorToken(line)).toBeUndefined();
  });

  it('is never part of another line', () => {
    fc.assert(
      fc.property(fc.string(), (text) => {
        const parsed = parseMirrorToken(`backup=${text}`);
        expect(parsed?.token ?? text).toBe(text);
      }),
    );
  });
});

/** A mirror in memory: its pins, and whose they are. */
interface Held extends Mirror {
  readonly pins: Map<Cid, 'ours' | 'foreign'>;
  readonly calls: string[];
}

interface Given {
  readonly pin?: MirrorPin;
  readonly fails?: (call: string) => Error | undefined;
  readonly delayMs?: number;
}

function mirrorNamed(name: string, { pin, fails = () => undefined, delayMs = 0 }: Given = {}): Held {
  const pins = new Map<Cid, 'ours' | 'foreign'>();
  const calls: string[] = [];
  const call = async (text: string): Promise<void> => {
    calls.push(text);
    await new Promise((resolve) => setTimeout(resolve, delayMs));
    const error = fails(text);
    if (error !== undefined) throw error;
  };
  const read = (cid: Cid): MirrorPin => {
    const whose = pins.get(cid);
    return { state: whose === undefined ? 'absent' : 'pinned', ours: whose === 'ours', note: '' };
  };
  return {
    name,
    kind: 'psa',
    pins,
    calls,
    pin: async ({ cid }) => {
      await call(`pin ${cid}`);
      if (pin !== undefined) return pin;
      if (!pins.has(cid)) pins.set(cid, 'ours');
      return read(cid);
    },
    read: async (cid) => {
      await call(`read ${cid}`);
      return read(cid);
    },
    unpin: async (cid) => {
      await call(`unpin ${cid}`);
      if (pins.get(cid) !== 'ours') return 'kept';
      pins.delete(cid);
      return 'unpinned';
    },
  };
}

function noted(): { readonly warnings: string[]; warn(text: string): void } {
  const warnings: string[] = [];
  return { warnings, warn: (text) => warnings.push(text) };
}

const [ONE, TWO] = [cidNumber(1), cidNumber(2)];
const ORDER: MirrorOrder = { cid: ONE, name: 'acme/site', build: undefined };
const REFUSED = new ActionError('credentials', 'Mirror locked does not accept its token, so it did not pin.');

describe('content that is mirrored', () => {
  it('is on every mirror that takes it, and one warning tells of all others', async () => {
    const log = noted();
    const mirrors = [
      mirrorNamed('backup'),
      mirrorNamed('locked', { fails: () => REFUSED }),
      mirrorNamed('full', { pin: { state: 'failed', ours: true, note: 'the DAG is too big' } }),
    ];
    expect(await mirrorContent(ORDER, mirrors, log)).toEqual([
      { mirror: 'backup', cid: ONE, state: 'pinned', note: '' },
      { mirror: 'locked', cid: ONE, state: 'trouble', note: REFUSED.message },
      { mirror: 'full', cid: ONE, state: 'trouble', note: 'it gave up: the DAG is too big' },
    ]);
    expect(log.warnings).toEqual([
      `2 of 3 mirrors did not take ${ONE}: Mirror locked does not accept its token, so it did not pin; full: it gave up: the DAG is too big.`,
    ]);
  });

  it('that is on its way is no warning', async () => {
    const log = noted();
    const slow = mirrorNamed('slow', { pin: { state: 'pending', ours: true, note: '1 of 2 peers have it' } });
    expect(await mirrorContent(ORDER, [slow], log)).toMatchObject([{ state: 'pending', note: '1 of 2 peers have it' }]);
    expect(log.warnings).toEqual([]);
  });

  it('goes to all mirrors at once', async () => {
    const mirrors = ['a', 'b', 'c', 'd'].map((name) => mirrorNamed(name, { delayMs: 200 }));
    const began = performance.now();
    await mirrorContent(ORDER, mirrors, noted());
    expect(performance.now() - began).toBeLessThan(600);
  });

  it('never fails, whatever a mirror throws', async () => {
    const broken = mirrorNamed('broken', { fails: () => new TypeError('undefined is not a function') });
    const states = await mirrorContent(ORDER, [broken], noted());
    expect(states).toMatchObject([{ state: 'trouble' }]);
  });

  it('takes nothing away', async () => {
    const mirror = mirrorNamed('backup');
    mirror.pins.set(TWO, 'ours');
    await mirrorContent(ORDER, [mirror], noted());
    expect([...mirror.pins.keys()]).toEqual([TWO, ONE]);
  });
});

describe('content that was given up', () => {
  it('is unpinned where it is ours, and left where it is not', async () => {
    const mirror = mirrorNamed('backup');
    mirror.pins.set(ONE, 'ours').set(TWO, 'foreign');
    expect(await unmirror([ONE, TWO], [mirror], noted())).toEqual([
      { mirror: 'backup', cid: ONE, state: 'unpinned', note: '' },
      { mirror: 'backup', cid: TWO, state: 'kept', note: 'nothing of ours is there' },
    ]);
    expect([...mirror.pins.keys()]).toEqual([TWO]);
  });

  it('stays on a mirror that fails, with one warning, while others go on', async () => {
    const log = noted();
    const mirrors = [mirrorNamed('locked', { fails: () => REFUSED }), mirrorNamed('backup')];
    mirrors[1]?.pins.set(ONE, 'ours');
    const states = await unmirror([ONE, TWO], mirrors, log);
    expect(states.map(({ state }) => state)).toEqual(['trouble', 'trouble', 'unpinned', 'kept']);
    expect(log.warnings).toHaveLength(1);
    expect(log.warnings[0]).toContain('1 of 2 mirrors did not unpin');
  });

  it('is not tried any more on a mirror that failed three times in a row', async () => {
    const mirror = mirrorNamed('locked', { fails: () => REFUSED });
    const cids = Array.from({ length: 8 }, (_, index) => cidNumber(index));
    const states = await unmirror(cids, [mirror], noted());
    expect(mirror.calls).toHaveLength(3);
    expect(states).toHaveLength(8);
    expect(states.every(({ state }) => state === 'trouble')).toBe(true);
  });

  it('asks nobody where nothing was given up', async () => {
    const mirror = mirrorNamed('backup');
    expect(await unmirror([], [mirror], noted())).toEqual([]);
    expect(mirror.calls).toEqual([]);
  });
});

describe('what mirrors have', () => {
  it('is read without changing it, and a mirror that cannot tell is trouble', async () => {
    const mirrors = [mirrorNamed('full'), mirrorNamed('empty'), mirrorNamed('locked', { fails: () => REFUSED })];
    mirrors[0]?.pins.set(ONE, 'foreign');
    const states = await readMirrors(ONE, mirrors);
    expect(states.map(({ mirror, state }) => [mirror, state])).toEqual([
      ['full', 'pinned'],
      ['empty', 'absent'],
      ['locked', 'trouble'],
    ]);
    expect(mirrors.flatMap(({ calls }) => calls)).toEqual([`read ${ONE}`, `read ${ONE}`, `read ${ONE}`]);
  });

  it('is only planned by a dry run', () => {
    const mirror = mirrorNamed('backup');
    expect(planMirrors(ONE, [mirror])).toEqual([{ mirror: 'backup', cid: ONE, state: 'planned', note: '' }]);
    expect(mirror.calls).toEqual([]);
  });
});

describe('mirrors in the summary', () => {
  const states: readonly MirrorState[] = [
    { mirror: 'backup', cid: ONE, state: 'pinned', note: '' },
    { mirror: 'backup', cid: TWO, state: 'unpinned', note: '' },
    { mirror: 'node', cid: ONE, state: 'trouble', note: 'Mirror node failed | **to** <b>pin</b> @acme' },
  ];

  it('are a table, a row for each CID', () => {
    expect(renderMirrorSection(states)).toBe(
      [
        '#### Mirrors',
        '| Mirror | CID | State | Note |\n| --- | --- | --- | --- |\n' +
          '| backup | <code>bafybeia…bae</code> | pinned |  |\n' +
          '| backup | <code>bafybeia…cai</code> | unpinned |  |\n' +
          '| node | <code>bafybeia…bae</code> | **trouble** | Mirror node failed &#124; &#42;&#42;to&#42;&#42; ' +
          '&lt;b&gt;pin&lt;/b&gt; &#64;<wbr>acme |',
      ].join('\n\n'),
    );
  });

  it('are one line in the log', () => {
    expect(renderMirrorLine(states)).toBe('Mirrors: backup (1 has it, 1 unpinned), node (trouble).');
    expect(renderMirrorLine(states.slice(2))).toBe('Mirrors: node (trouble).');
  });

  it('are not mentioned where there are none', () => {
    expect(renderMirrorSection([])).toBe('');
    expect(renderMirrorLine([])).toBe('');
  });

  it('keep their shape whatever a mirror says', () => {
    const shape = (note: string): readonly string[] =>
      new MarkdownIt({ html: true })
        .enable('table')
        .parse(renderMirrorSection([{ mirror: 'backup', cid: ONE, state: 'trouble', note }]), {})
        .map(({ type }) => type);
    fc.assert(
      fc.property(fc.string({ unit: 'binary', maxLength: 400 }), (note) => {
        expect(shape(note)).toEqual(shape('plain'));
      }),
    );
  });

  it('are cut after fifty rows', () => {
    const many = Array.from({ length: 60 }, (_, index): MirrorState => {
      return { mirror: 'backup', cid: cidNumber(index), state: 'unpinned', note: '' };
    });
    expect(renderMirrorSection(many)).toContain('and 10 more rows: see the report.');
  });
});
