import { comparePublished } from '../adapters/gateway/published-diff.ts';
import { createPublishedTree, type ReadableTree } from '../adapters/gateway/published-tree.ts';
import { createListingCache } from '../adapters/github/listing-cache.ts';
import type { Cid } from '../domain/cid.ts';
import type { CompareVersionsPorts } from '../modes/compare.ts';
import type { ListingCache } from '../ports.ts';
import { blockTemplates, type OwnGateways } from './gateways.ts';
import { githubTraffic, type Wiring } from './wiring.ts';

/** Opens what was published before. A tree is opened once, whoever asks for it. */
export type Trees = (root: Cid) => Promise<ReadableTree>;

export function publishedTrees(wiring: Wiring, own: OwnGateways): Trees {
  const trees = new Map<Cid, Promise<ReadableTree>>();
  return async (root) => {
    const tree = trees.get(root) ?? openTree(wiring, own, root);
    trees.set(root, tree);
    return await tree;
  };
}

async function openTree(wiring: Wiring, own: OwnGateways, root: Cid): Promise<ReadableTree> {
  const [gateways, known] = await Promise.all([blockTemplates(wiring.values, own), listingCache(wiring).load(root)]);
  return createPublishedTree({ root, gateways, dedicatedKey: wiring.values['pinata-gateway-key'], known });
}

/** Two of them, compared. */
export function treeComparison(trees: Trees): CompareVersionsPorts['comparePublished'] {
  return async (before, after) => {
    const [old, fresh] = await Promise.all([trees(before), trees(after)]);
    const reading = await comparePublished(old, fresh);
    const [a, b] = [old.effort(), fresh.effort()];
    const effort = {
      requests: a.requests + b.requests,
      cached: a.cached + b.cached,
      bytes: a.bytes + b.bytes,
      // They are read at the same time.
      ms: Math.max(a.ms, b.ms),
    };
    return { reading, effort };
  };
}

/** What is private goes neither into a cache that forks can read, nor as a question to a public gateway. */
export function listingCache({ values, cacheService }: Wiring): ListingCache {
  const offered = values.network === 'private' ? { resultsUrl: '', token: '' } : cacheService;
  return createListingCache({ ...offered, traffic: githubTraffic });
}
