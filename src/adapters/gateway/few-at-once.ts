/** Beside the one lane that every list has: enough to keep all requests busy that are sent at a time. */
const MORE_LANES = 16;

/** `Promise.all` of `map` over items, with only a few under way at once. Once anything failed, all lists end with that. */
export type MapFew = <T, R>(items: readonly T[], map: (item: T) => Promise<R>) => Promise<readonly R[]>;

/**
 * What waits for a block holds memory, and a tree may fan out at every level: so all lists of a walk share a few lanes, and
 * where these are taken it goes deep, not wide.
 */
export function fewAtOnce(): MapFew {
  let free = MORE_LANES;
  let failure: { readonly error: unknown } | undefined;

  return async <T, R>(items: readonly T[], map: (item: T) => Promise<R>): Promise<readonly R[]> => {
    const results: R[] = [];
    // All lanes of a list take from one iterator. A lane never rejects: nobody may be waiting for it yet.
    const waiting = items.entries();
    let left = items.length;

    async function lane(): Promise<void> {
      const others: Promise<void>[] = [];
      for (const [index, item] of waiting) {
        left -= 1;
        if (left > 0 && free > 0) others.push(anotherLane());
        await mapOne(index, item);
        if (failure !== undefined) break;
      }
      await Promise.all(others);
    }

    async function mapOne(index: number, item: T): Promise<void> {
      try {
        results[index] = await map(item);
      } catch (error) {
        failure ??= { error };
      }
    }

    async function anotherLane(): Promise<void> {
      free -= 1;
      await lane();
      free += 1;
    }

    await lane();
    if (failure !== undefined) throw failure.error;
    return results;
  };
}
