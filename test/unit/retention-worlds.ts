import fc from 'fast-check';
import type { Cid } from '../../src/domain/cid.ts';
import type { Pin } from '../../src/domain/pin.ts';
import { type GivenUp, type Judged, type RetentionPolicy, tagsToTakeOff } from '../../src/domain/retention.ts';
import { type Revision, revisionsOf } from '../../src/domain/revision.ts';
import { type Keyvalues, projectOf } from '../../src/domain/tag.ts';
import { applyChanges, planRelease, planUntag } from '../../src/domain/tagging.ts';
import { cidNumber, pinOf } from './account.ts';

export const project = projectOf('acme/app');
export const other = projectOf('acme/docs');
export const NOW = new Date(1_800_000_000_000);
export const NOW_S = 1_800_000_000;
export const [MINUTE, HOUR, DAY] = [60, 3600, 86_400] as const;

/** Few of everything, so that contents share tags, tags share contents and moments collide. */
const CIDS = [1, 2, 3, 4].map(cidNumber);
const LASTING = ['production', 'branch-next', 'v1'] as const;
const PULL_REQUESTS = [0, 5, 7] as const;
export const TAGS: readonly string[] = [...LASTING, ...PULL_REQUESTS.map((number) => `pr-${number}`)];
const AGES = [-10, 0, 30 * MINUTE, 2 * HOUR, 8 * DAY, 8 * DAY + 1, 40 * DAY] as const;

const time = fc.constantFrom(...AGES.map((age) => NOW_S - age));

/** One content of the project, before it is written on pins. */
export interface Content {
  readonly cid: Cid;
  /** Each tag once, `pr-<n>` and `pr-0` among them. */
  readonly marks: ReadonlyMap<string, number>;
  readonly adopted: boolean;
  readonly unread: boolean;
  readonly released: number | undefined;
  readonly createdAt: number;
  /** What another project of ours has on the project's own pin. */
  readonly neighbour: 'none' | 'needs it' | 'released it';
  /** Another pin with this CID that is not the project's. */
  readonly outside: 'none' | 'foreign' | 'needs it' | 'released it';
}

export interface World {
  readonly contents: readonly Content[];
  readonly policy: RetentionPolicy;
}

const marks = fc
  .uniqueArray(fc.tuple(fc.constantFrom(...TAGS), time), { selector: ([tag]) => tag, maxLength: 4 })
  .map((entries) => new Map(entries));

/** `plain` contents are everybody's usual ones: nobody else has a say in them. */
function content(cid: Cid, plain: boolean): fc.Arbitrary<Content> {
  const seldom = fc.integer({ min: 0, max: 5 }).map((number) => !plain && number === 0);
  return fc.record({
    cid: fc.constant(cid),
    marks,
    adopted: seldom,
    unread: seldom,
    released: plain ? fc.constant(undefined) : fc.option(time, { nil: undefined }),
    createdAt: plain ? fc.constant(NOW_S - 40 * DAY) : time,
    neighbour: plain ? fc.constant('none') : fc.constantFrom('none', 'none', 'needs it', 'released it'),
    outside: plain ? fc.constant('none') : fc.constantFrom('none', 'none', 'foreign', 'needs it', 'released it'),
  });
}

function contents(plain: boolean): fc.Arbitrary<readonly Content[]> {
  return fc
    .subarray(CIDS, { minLength: 1 })
    .chain((cids) => fc.tuple(...cids.map((cid) => content(cid, plain))))
    .map((made): readonly Content[] => made);
}

const someTags = fc.subarray([...TAGS]);
const givenUp: fc.Arbitrary<ReadonlyMap<string, GivenUp>> = fc
  .uniqueArray(fc.record({ tag: fc.constantFrom(...TAGS), at: time, mergedAt: fc.option(time, { nil: undefined }) }), {
    selector: ({ tag }) => tag,
    maxLength: 2,
  })
  .map(
    (given) =>
      new Map(
        given.map(({ tag, at, mergedAt }) => [
          tag,
          mergedAt === undefined
            ? { why: 'pull request closed', at }
            : { why: 'pull request merged', at, mergedAt: new Date(mergedAt * 1000) },
        ]),
      ),
  );

const policies: fc.Arbitrary<RetentionPolicy> = fc.record({
  project: fc.constant(project),
  keepLast: fc.integer({ min: 1, max: 3 }),
  keepWithinMs: fc.constantFrom(0, HOUR * 1000, 7 * DAY * 1000),
  protectTags: fc.constantFrom<readonly string[]>([], [], ['v*'], ['pr-7', 'branch-?ext']),
  protectCids: fc.subarray(CIDS, { maxLength: 1 }).map((cids) => new Set(cids)),
  inUse: fc
    .subarray(CIDS, { maxLength: 1 })
    .map((cids) => new Map(cids.map((cid) => [cid, 'a hot swap points to it']))),
  givenUp,
  scope: fc.oneof(
    fc.constant('all' as const),
    someTags.map((tags) => new Set(tags)),
  ),
});

export const worlds: fc.Arbitrary<World> = fc.record({ contents: contents(false), policy: policies });
/** Nothing but tags and times has a say. */
export const plainWorlds: fc.Arbitrary<World> = fc.record({
  contents: contents(true),
  policy: policies.map((policy) => ({
    ...policy,
    protectCids: new Set<Cid>(),
    inUse: new Map<Cid, string>(),
    scope: 'all' as const,
  })),
});

const COMMIT = '4f2c9a1';

/** The keys of one content in groups that belong together: each may stand on another pin of the CID. */
function keyGroups({ marks: all, adopted, unread, neighbour }: Content): readonly Keyvalues[] {
  const lasting = [...all].filter(([tag]) => !tag.startsWith('pr-'));
  const previews = [...all].filter(([tag]) => tag.startsWith('pr-'));
  return [
    ...lasting.map(([tag, at]) => ({ [`${project.key}.${tag}`]: `${at} ${COMMIT}` })),
    ...previews.map(([tag, at]) => ({ [`${project.key}.previews`]: `${tag.slice(3)}@${at}` })),
    ...(adopted ? [{ 'pd1.adopted': '1' }] : []),
    ...(unread ? [{ [`${project.key}.next`]: 'a value of schema 2' }] : []),
    ...(neighbour === 'none' ? [] : [neighbourKeys(neighbour)]),
  ];
}

function neighbourKeys(state: 'needs it' | 'released it'): Keyvalues {
  const name = state === 'needs it' ? 'production' : 'released';
  const value = state === 'needs it' ? '1700000000 1234567' : '1700000000';
  return { [other.key]: other.name, [`${other.key}.${name}`]: value };
}

/** Puts two groups on one pin; `previews` is one text. */
function merge(groups: readonly Keyvalues[]): Keyvalues {
  const key = `${project.key}.previews`;
  const previews = groups.flatMap((group) => group[key] ?? []);
  const all: Keyvalues = Object.fromEntries(groups.flatMap((group) => Object.entries(group)));
  return { ...all, ...(previews.length > 0 ? { [key]: previews.join(' ') } : {}) };
}

/** The content's own pins: one, or as many as `spread` has numbers for its groups of keys. */
function pinsOf(made: Content, spread: readonly number[]): readonly Pin[] {
  const groups = keyGroups(made);
  const copies = Math.max(0, ...spread) + 1;
  return Array.from({ length: copies }, (_, copy) => {
    const own = groups.filter((_group, index) => (spread[index % Math.max(1, spread.length)] ?? 0) === copy);
    const released = made.released === undefined ? {} : { [`${project.key}.released`]: String(made.released) };
    const keyvalues = { [project.key]: project.name, ...released, ...merge(own) };
    return {
      ...pinOf(`${made.cid.slice(-6)}-${copy}`, made.cid, keyvalues),
      createdAt: new Date(made.createdAt * 1000),
    };
  });
}

function outsidePins({ cid, outside }: Content): readonly Pin[] {
  if (outside === 'none') return [];
  return [pinOf(`${cid.slice(-6)}-outside`, cid, outside === 'foreign' ? { team: 'web' } : neighbourKeys(outside))];
}

/** The revisions of a world; `spread` tells on which pin of a content each group of its keys stands. */
export function revisionsIn(made: readonly Content[], spread: readonly number[] = [0]): readonly Revision[] {
  return made.map((one) => ({ cid: one.cid, pins: pinsOf(one, spread), others: outsidePins(one) }));
}

/** What is left when every fate was carried out. */
export function afterwards(rows: readonly Judged[], policy: RetentionPolicy): readonly Revision[] {
  const order = { project, at: NOW_S };
  const times = tagsToTakeOff(policy);
  const changed = (pin: Pin, { fate }: Judged): Pin => {
    const { keyvalues } = pin;
    if (fate === 'untag') return { ...pin, keyvalues: applyChanges(keyvalues, planUntag(keyvalues, times, order)) };
    if (fate === 'release') return { ...pin, keyvalues: applyChanges(keyvalues, planRelease(keyvalues, order)) };
    return pin;
  };
  return rows
    .filter(({ fate }) => fate !== 'unpin')
    .flatMap((row) => {
      const all = [...row.revision.pins.map((pin) => changed(pin, row)), ...row.revision.others];
      const isOurs = (pin: Pin): boolean => pin.keyvalues[project.key] === project.name;
      const others = all.filter((pin) => !isOurs(pin));
      return revisionsOf(all.filter(isOurs), project).map((revision) => ({ ...revision, others }));
    });
}
