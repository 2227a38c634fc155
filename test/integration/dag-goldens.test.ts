import { expect, test } from 'vitest';
import { buildDag } from '../../src/adapters/unixfs/dag.ts';
import goldens from '../fixtures/cid/goldens.json' with { type: 'json' };
import { dagContent } from '../support/dag-content.ts';
import { CORPORA } from '../support/dag-corpora.ts';
import { PROFILES } from '../support/dag-oracles.ts';

test.for(Object.entries(CORPORA))(
  '%s has the roots that other implementations give it',
  { timeout: 60_000 },
  async ([name, tree]) => {
    using content = dagContent();
    const entries = content.entries(tree());
    const expected = goldens.filter((golden) => golden.corpus === name && golden.comparable);
    for (const profile of PROFILES.filter((each) => expected.some((golden) => golden.profile === each))) {
      const { root } = await buildDag({ kind: 'directory', entries }, profile);
      const roots = expected.filter((golden) => golden.profile === profile);
      expect(roots.map((golden) => `${golden.root} by ${golden.by}`)).toEqual(
        roots.map(({ by }) => `${root} by ${by}`),
      );
    }
    expect(expected.length).toBeGreaterThan(1);
  },
);

test('a tree without empty directories has the same root by two implementations of other authors', () => {
  const byCar = goldens.filter(({ by, comparable }) => by === 'ipfs-car' && comparable);
  for (const { corpus, root } of byCar) {
    const other = goldens.find((golden) => golden.corpus === corpus && golden.by === 'ipfs-unixfs-importer');
    expect(other?.root, corpus).toBe(root);
  }
  expect(byCar).toHaveLength(Object.keys(CORPORA).length - 1);
});
