const LANES = 8;

/**
 * `Promise.all` of `map` over items, with only a few under way at once: what waits for a block holds memory, and a tree may
 * fan out at every level.
 */
export async function mapFew<T, R>(items: readonly T[], map: (item: T) => Promise<R>): Promise<readonly R[]> {
  const results: R[] = [];
  // All lanes take from one iterator.
  const waiting = items.entries();
  const lane = async (): Promise<void> => {
    for (const [index, item] of waiting) results[index] = await map(item);
  };
  await Promise.all(Array.from({ length: Math.min(LANES, items.length) }, lane));
  return results;
}
