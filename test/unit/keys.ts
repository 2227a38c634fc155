import type { Cid } from '../../src/domain/cid.ts';
import type { Pin } from '../../src/domain/pin.ts';
import type { Project } from '../../src/domain/tag.ts';

/** Reads the keys on pins as docs/tags.md has them, without the code that is tested. */
export interface Mark {
  readonly cid: Cid;
  /** Unix seconds. */
  readonly at: number;
}

const NO_TAGS = new Set(['previews', 'released', 'unpinning', 'merged', 'moved']);

/** The number of a tag `pr-<n>`. */
export function pullOf(tag: string): number | undefined {
  const digits = /^pr-([0-9]+)$/.exec(tag)?.[1];
  return digits === undefined ? undefined : Number(digits);
}

/** A project's tags on one pin, with their times. */
function tagsOf({ keyvalues }: Pin, { key, name }: Project): ReadonlyMap<string, number> {
  if (keyvalues[key] !== name) return new Map();
  const lasting = Object.entries(keyvalues)
    .filter(([own]) => own.startsWith(`${key}.`) && !NO_TAGS.has(own.slice(key.length + 1)))
    .map(([own, value]) => [own.slice(key.length + 1), Number(value.split(' ')[0])] as const);
  const previews = (keyvalues[`${key}.previews`] ?? '').split(' ').filter((entry) => entry !== '');
  return new Map([
    ...lasting,
    ...previews.map((entry) => [`pr-${entry.split('@')[0]}`, Number(entry.split('@')[1])] as const),
  ]);
}

/** Where a tag is, newest first. */
export function marksOf(pins: readonly Pin[], project: Project, tag: string): readonly Mark[] {
  return pins
    .flatMap((pin) => {
      const at = tagsOf(pin, project).get(tag);
      return at === undefined || pin.cid === undefined ? [] : [{ cid: pin.cid, at }];
    })
    .sort((a, b) => b.at - a.at || (a.cid < b.cid ? -1 : 1));
}

/** The tags on content, each with its newest time. */
export function markTimes(pins: readonly Pin[], project: Project, cid: Cid): ReadonlyMap<string, number> {
  const times = new Map<string, number>();
  for (const pin of pins.filter((entry) => entry.cid === cid)) {
    for (const [tag, at] of tagsOf(pin, project)) times.set(tag, Math.max(at, times.get(tag) ?? 0));
  }
  return times;
}

/** True when the content is pinned under the tag. */
export function isOn(
  pins: readonly Pin[],
  project: Project,
  { tag, cid }: { readonly tag: string; readonly cid: Cid },
): boolean {
  return pins.some((pin) => pin.cid === cid && tagsOf(pin, project).has(tag));
}
