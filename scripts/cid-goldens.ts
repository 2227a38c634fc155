/** Writes `test/fixtures/cid/goldens.json`: what other implementations make of the corpora. See the README beside it. */
import { writeFileSync } from 'node:fs';
import { dagContent } from '../test/support/dag-content.ts';
import { CORPORA } from '../test/support/dag-corpora.ts';
import { importerRoot, ipfsCarRoot, PROFILES } from '../test/support/dag-oracles.ts';

/** ipfs-car shards a directory of more than 1,000 entries however small it is; the profile goes by its bytes. */
const SHARDED_BY_COUNT = new Set(['1500-files']);

/** A gigabyte is read for one profile only; `240-small-chunks` is as deep for the others. */
const LARGE = new Set(['1025-chunks']);

const goldens = [];
for (const [corpus, tree] of Object.entries(CORPORA)) {
  using content = dagContent();
  const entries = content.entries(tree());
  for (const profile of LARGE.has(corpus) ? PROFILES.slice(0, 1) : PROFILES) {
    goldens.push({
      corpus,
      profile,
      by: 'ipfs-unixfs-importer',
      root: await importerRoot(entries, profile),
      comparable: true,
    });
  }
  const comparable = !SHARDED_BY_COUNT.has(corpus);
  goldens.push({ corpus, profile: 'unixfs-v1-2025', by: 'ipfs-car', root: await ipfsCarRoot(entries), comparable });
  console.log(`${corpus}: ${entries.length} files`);
}
const target = new URL('../test/fixtures/cid/goldens.json', import.meta.url);
writeFileSync(target, `[\n${goldens.map((golden) => `  ${JSON.stringify(golden)}`).join(',\n')}\n]\n`);
