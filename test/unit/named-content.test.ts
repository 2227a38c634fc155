import { describe, expect, it } from 'vitest';
import type { Cid } from '../../src/domain/cid.ts';
import type { Known } from '../../src/domain/github.ts';
import { parseDnslinkName, parseHotSwapName, parseNameTarget, type StableName } from '../../src/domain/names.ts';
import { readNamed } from '../../src/modes/named-content.ts';
import type { ResolverAnswer } from '../../src/ports.ts';
import { cidNumber } from './account.ts';

const [OLD, NEW, ADDRESS] = [cidNumber(1), cidNumber(2), cidNumber(3)];

function namesIn(...names: readonly (StableName | undefined)[]): readonly StableName[] {
  return names.filter((name) => name !== undefined);
}

const domain = namesIn(parseDnslinkName('example.com'));
const address = namesIn(parseHotSwapName(ADDRESS));

interface World {
  /** What each resolver answers: a path, '' for none, or its trouble after `!`. */
  readonly says?: readonly string[];
  readonly swaps?: Known<readonly (readonly [Cid, Cid])[]>;
}

async function shown(names: readonly StableName[], { says = [], swaps }: World): Promise<readonly Cid[]> {
  const answers = says.map((text, index): ResolverAnswer => {
    const trouble = text.startsWith('!') ? text.slice(1) : undefined;
    return { resolver: `r${index}`, target: parseNameTarget(text), ttl: 60, trouble };
  });
  const asked: Cid[] = [];
  const uses = await readNamed(names, {
    resolvers: { read: () => Promise.resolve(answers) },
    pins: {
      readSwaps: (cids) => {
        asked.push(...cids);
        return Promise.resolve(swaps ?? { kind: 'denied', reason: 'nobody may ask' });
      },
    },
  });
  return uses.map(([cid]) => cid);
}

describe('what a domain shows', () => {
  it('is what any resolver answers, also below a CID', async () => {
    expect(await shown(domain, { says: [`/ipfs/${NEW}`, `/ipfs/${OLD}/docs/`] })).toEqual([NEW, OLD]);
    expect(await shown(domain, { says: ['', '/swarm/abc'] })).toEqual([]);
  });

  it('is not known where no resolver tells, nor where it leads to another name', async () => {
    await expect(shown(domain, { says: ['!answered SERVFAIL', '!did not answer in time'] })).rejects.toThrow(
      'It is not known what example.com shows (r0: answered SERVFAIL; r1: did not answer in time).',
    );
    await expect(shown(domain, { says: [`/ipfs/${NEW}`, '/ipns/site.example.org'] })).rejects.toThrow(
      'It is not known what example.com shows (r1: what an /ipns/ path leads to can change).',
    );
  });
});

describe('what is answered for an address', () => {
  it('is kept with the address, whoever pinned that', async () => {
    expect(await shown(address, { swaps: { kind: 'known', value: [[ADDRESS, OLD]] } })).toEqual([ADDRESS, OLD]);
    expect(await shown(address, { swaps: { kind: 'known', value: [] } })).toEqual([ADDRESS]);
  });

  it.each(['denied', 'failed'] as const)('is not known where asking is %s', async (kind) => {
    await expect(shown(address, { swaps: { kind, reason: 'no such luck' } })).rejects.toThrow(
      `It is not known what ${ADDRESS} shows (no such luck).`,
    );
  });
});
