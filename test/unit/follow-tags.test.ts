import { describe, expect, it } from 'vitest';
import type { Cid } from '../../src/domain/cid.ts';
import { parseNameTarget, type StableName } from '../../src/domain/names.ts';
import type { Outcome } from '../../src/domain/outcome.ts';
import type { Pin } from '../../src/domain/pin.ts';
import { overtakenBy } from '../../src/domain/revision.ts';
import { projectOf } from '../../src/domain/tag.ts';
import type { NamePorts } from '../../src/modes/names.ts';
import { promote } from '../../src/modes/promote.ts';
import {
  type Account,
  cidNumber,
  createAccount,
  createClock,
  pinOf,
  quietGitHub,
  type TestClock,
  unfollowed,
} from './account.ts';
import { promoteNow } from './runs.ts';

const project = projectOf('acme/app');
const [FIRST, SECOND, THIRD] = [cidNumber(1), cidNumber(2), cidNumber(3)];
const site: StableName = { kind: 'dnslink', domain: 'example.com', tag: 'production' };

function production(id: string, cid: Cid, at: number): Pin {
  return pinOf(id, cid, { [project.key]: project.name, [`${project.key}.production`]: `${at} 1111111` });
}

/** A domain, and who wrote what to it. */
function domainNow(): NamePorts & { readonly written: string[] } {
  const written: string[] = [];
  const target = (): ReturnType<typeof parseNameTarget> => parseNameTarget(written.at(-1) ?? `/ipfs/${SECOND}`);
  return {
    ...unfollowed.names,
    written,
    zones: {
      read: () => Promise.resolve(target()),
      write: (_domain, path) => {
        written.push(path);
        return Promise.resolve();
      },
    },
    resolvers: {
      read: () => Promise.resolve([{ resolver: 'dns.google', target: target(), ttl: 0, trouble: undefined }]),
    },
  };
}

/** A rollback to the first content; `meanwhile` happens while it is proven to answer, which takes as long as the clock says. */
async function rollBack(
  account: Account,
  names: NamePorts,
  meanwhile: (clock: TestClock) => void = () => {},
): Promise<Outcome> {
  const clock = createClock();
  const what = { from: { kind: 'cid', cid: FIRST }, toTag: 'production', run: '7' } as const;
  return await promote(
    { ...promoteNow({ project, keepLast: 5, keepWithinMs: 0 }, what, clock), names: [site], verify: 'none' },
    {
      ...unfollowed,
      names,
      pins: account,
      github: quietGitHub,
      clock,
      log: { line: () => {}, notice: () => {}, warn: () => {}, group: () => {}, progress: () => {} },
      gateways: {
        probe: () => {
          meanwhile(clock);
          return Promise.resolve([]);
        },
        checkBlocks: () => Promise.resolve([]),
      },
      comparePublished: () =>
        Promise.resolve({
          reading: { kind: 'unreadable', reason: 'nobody serves it' },
          effort: { requests: 0, cached: 0, bytes: 0, ms: 0 },
        }),
      showComparison: () => {},
      showPromotion: () => {},
    },
  );
}

const two = (): readonly Pin[] => [production('a', FIRST, 100), production('b', SECOND, 200)];

describe('a name', () => {
  it('goes with its tag', async () => {
    const names = domainNow();
    const outcome = await rollBack(createAccount({ pins: two() }), names);
    expect(outcome).toMatchObject({ names: [{ state: 'moved' }] });
    expect(names.written).toEqual([`/ipfs/${FIRST}`]);
  });

  it('is left alone where another run has moved the tag since, and that is told', async () => {
    const [account, names] = [createAccount({ pins: two() }), domainNow()];
    const outcome = await rollBack(account, names, () => account.add(production('c', THIRD, 1_900_000_000)));
    const note = `another run has put production on ${THIRD} since, so this name was left to it`;
    expect(outcome).toMatchObject({ names: [{ name: site, state: 'failed', note }] });
    expect(names.written).toEqual([]);
  });
});

describe('a promotion whose proof takes long', () => {
  it('moves nothing where another run has moved the tag meanwhile', async () => {
    const [account, names] = [createAccount({ pins: two() }), domainNow()];
    const late = rollBack(account, names, (clock) => {
      clock.advance(60_000);
      account.add(production('c', THIRD, 1_900_000_000));
    });
    await expect(late).rejects.toThrow(`Another run has put production on ${THIRD} while this one was at work.`);
    expect([account.calls.includes('update'), names.written]).toEqual([false, []]);
  });

  it('moves the tag where nobody has', async () => {
    const account = createAccount({ pins: two() });
    const outcome = await rollBack(account, domainNow(), (clock) => clock.advance(60_000));
    expect(outcome).toMatchObject({ kind: 'promoted', names: [{ state: 'moved' }] });
  });
});

describe('a tag is overtaken', () => {
  const mine = { project, tag: 'production', cid: SECOND, at: 300 };

  it('by newer content only, also where the list does not show yet that it was moved', () => {
    expect(overtakenBy(two(), mine)).toBeUndefined();
    expect(overtakenBy([...two(), production('c', THIRD, 299)], mine)).toBeUndefined();
    expect(overtakenBy([...two(), production('c', THIRD, 301)], mine)).toBe(THIRD);
    expect(overtakenBy([...two(), production('c', THIRD, 301)], { ...mine, tag: 'staging' })).toBeUndefined();
  });

  it('not where a third run has put it here again', () => {
    const pins = [production('b', SECOND, 302), production('c', THIRD, 301)];
    expect(overtakenBy(pins, mine)).toBeUndefined();
  });

  it('by one of two contents of the same second', () => {
    const [low, high] = SECOND < THIRD ? [SECOND, THIRD] : [THIRD, SECOND];
    expect(overtakenBy([production('x', high, 300)], { ...mine, cid: low })).toBeUndefined();
    expect(overtakenBy([production('x', low, 300)], { ...mine, cid: high })).toBe(low);
  });
});
