/** What one bundle of a round does. */
export type Job =
  | { readonly kind: 'deploy'; readonly tag: string; readonly content: string }
  | { readonly kind: 'close'; readonly number: number; readonly merged: boolean }
  | { readonly kind: 'sweep' };

/** Bundles that run at the same time. */
export interface Round {
  readonly jobs: readonly Job[];
  /** Pull requests that GitHub calls closed, whether or not a run is told. */
  readonly closed: ReadonlyMap<number, 'CLOSED' | 'MERGED'>;
}

/** Tag → the content it stands on; several, where it was put on them in the same second. */
export type World = ReadonlyMap<string, ReadonlySet<string>>;

/** What rounds are made of; few contents, so that runs meet. */
export interface Cast {
  readonly bundles: number;
  readonly contents: readonly string[];
  readonly lasting: readonly string[];
  readonly pullRequests: readonly number[];
}

/** A sweep, closed pull requests, and deploys: every other one of a content that some tag leaves at that very moment. */
export function planRound(random: () => number, cast: Cast, world: World): Round {
  const below = (limit: number): number => random() % limit;
  const pick = <T>(values: readonly T[]): T => values[below(values.length)] as T;
  const closed = new Map(
    cast.pullRequests
      .filter((number) => world.has(`pr-${number}`) && below(3) > 0)
      .map((number) => [number, below(3) === 0 ? 'MERGED' : 'CLOSED'] as const),
  );
  // Of some the event is missed: the sweep finds them.
  const told = [...closed].filter(() => below(4) > 0);
  const tags = [...cast.lasting, ...cast.pullRequests.map((number) => `pr-${number}`)];
  const deployed = Array.from({ length: cast.bundles - 1 - told.length }, () => pick(tags));
  const moved = [...deployed, ...[...closed.keys()].map((number) => `pr-${number}`)];
  const left = moved.flatMap((tag) => [...(world.get(tag) ?? [])]);
  const choose = (): string => (left.length > 0 && below(2) === 0 ? pick(left) : pick(cast.contents));
  return {
    closed,
    jobs: [
      { kind: 'sweep' },
      ...told.map(([number, how]) => ({ kind: 'close', number, merged: how === 'MERGED' }) as const),
      ...deployed.map((tag) => ({ kind: 'deploy', tag, content: choose() }) as const),
    ],
  };
}

/** Where a tag may be after a round; `gone`: also nowhere. */
export interface Expected {
  readonly contents: ReadonlySet<string>;
  readonly gone: boolean;
}

/**
 * Of runs that write one tag at the same time each may be the last. One that is closed may stay where it was needed, or
 * come back where it was once (`marked`): the previews of a pin are one text, and who writes another one from an earlier
 * reading puts it there again. That keeps content too long, until a sweep sees that it is closed, and loses none.
 */
export function expectedAfter(world: World, { jobs, closed }: Round, marked: World): ReadonlyMap<string, Expected> {
  const deploys = jobs.flatMap((job) => (job.kind === 'deploy' ? [job] : []));
  const closedTags = new Set([...closed.keys()].map((number) => `pr-${number}`));
  const tags = new Set([...world.keys(), ...deploys.map(({ tag }) => tag)]);
  return new Map(
    [...tags].map((tag) => {
      const written = deploys.filter((deploy) => deploy.tag === tag).map(({ content }) => content);
      const gone = closedTags.has(tag);
      const kept = gone || written.length === 0 ? (world.get(tag) ?? []) : [];
      const revived = gone ? (marked.get(tag) ?? []) : [];
      return [tag, { contents: new Set([...written, ...kept, ...revived]), gone }];
    }),
  );
}
