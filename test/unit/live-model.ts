import type { Cid } from '../../src/domain/cid.ts';
import type { PullRequest } from '../../src/domain/github.ts';
import type { Pin } from '../../src/domain/pin.ts';
import type { TagRef } from '../../src/domain/revision.ts';
import type { Keyvalues, Project } from '../../src/domain/tag.ts';
import { isOn, type Mark, marksOf, markTimes, pullOf } from './keys.ts';
import type { Rules } from './runs.ts';

/** What a run was to do to a tag. */
export interface Effect {
  readonly project: Project;
  readonly tag: string;
  /** Undefined: the tag is given up. */
  readonly cid: Cid | undefined;
  /** It came to its end, and says that nothing failed. */
  readonly done: boolean;
}

/** What a tag should point to. */
interface Slot {
  readonly rules: Rules;
  readonly tag: string;
  /** More than one where runs failed, were killed, or did it at once; `anything` where the tag may or may not be gone. */
  readonly possible: readonly (Cid | undefined)[] | 'anything';
  /** Contents that the tag had for certain since it was there, newest first, each once. */
  readonly past: readonly Mark[];
  /** Contents that the tag may have got, and when is not known. */
  readonly doubtful: ReadonlySet<Cid>;
  /** When the service may remove a preview, unix seconds. */
  readonly expires: number;
}

export interface LiveModel {
  readonly pulls: ReadonlyMap<number, PullRequest>;
  open(number: number): void;
  close(number: number, how: 'closed' | 'merged', at: Date): void;
  addForeign(pin: Pin): void;
  /** What the runs of a step, which began at that time, came to. */
  record(effects: readonly Effect[], seconds: number): void;
  /** Nothing is on its way any more: what was in doubt is what the pins say. Tells where that cannot be. */
  resolve(pins: readonly Pin[], seconds: number): readonly string[];
  /** Live content without its tag, history that is missing, foreign pins that were touched. */
  findLost(pins: readonly Pin[], seconds: number): readonly string[];
  /**
   * The content that a tag, or a version of it, must have when nothing is in doubt; undefined where it may have none. The
   * preview of a merged pull request can be promoted for an hour.
   */
  promotable(project: Project, ref: TagRef, pins: readonly Pin[], seconds: number): Cid | undefined;
  /** What is left though nothing needs it, after the last closing and some sweeps. */
  findLeft(pins: readonly Pin[], seconds: number): readonly string[];
}

/**
 * Knows only what each environment and each open pull request should have.
 * @param pace where runs are killed, or release a pin at the same moment, a key of theirs may be left on it that means nothing.
 */
export function createLiveModel(allRules: readonly Rules[], pace: 'calm' | 'wild'): LiveModel {
  const pulls = new Map<number, PullRequest>();
  const foreign: Pin[] = [];
  const slots = new Map<string, Slot>();
  /** Tags that were given up for certain, and when: unix seconds. */
  const givenUp = new Map<string, number>();
  /** The previews of merged pull requests, by their tags' names. */
  const merged = new Map<string, Mark>();

  const isOpen = (tag: string): boolean => {
    const number = pullOf(tag);
    return number === undefined || pulls.get(number)?.state === 'open';
  };

  const recordTag = (rules: Rules, effects: readonly Effect[], seconds: number): void => {
    const [{ tag } = { tag: '' }] = effects;
    const name = nameOf(rules, tag);
    const before = slots.get(name);
    slots.delete(name);
    const isGone = effects.every(({ cid, done }) => cid === undefined && done);
    if (isGone) givenUp.set(name, seconds);
    else if (isOpen(tag)) slots.set(name, slotAfter({ rules, tag, before, effects, seconds }));
  };

  const isKept = (rules: Rules, tag: string, pins: readonly Pin[]): ((mark: Mark, seconds: number) => boolean) => {
    const marks = marksOf(pins, rules.project, tag);
    const since = givenUp.get(nameOf(rules, tag)) ?? -1;
    const kept = pullOf(tag) === undefined ? rules.keepLast : 1;
    return ({ cid, at }, seconds) => {
      const newer = new Set(marks.filter((mark) => mark.at > at && mark.cid !== cid).map((mark) => mark.cid));
      const young = seconds - at < rules.keepWithinMs / 1000;
      return tag.startsWith('v') || (isOpen(tag) && at > since && (newer.size < kept || young));
    };
  };

  /** Whether a project has a reason to keep content: by the keys on the pins, and by which tags are given up. */
  const isNeeded = (rules: Rules, cid: Cid | undefined, { pins, seconds }: Moment): boolean =>
    cid !== undefined &&
    (rules.protectCids?.includes(cid) === true ||
      [...markTimes(pins, rules.project, cid)].some(([tag, at]) => isKept(rules, tag, pins)({ cid, at }, seconds)));

  const findLeftOf = (rules: Rules, pin: Pin, moment: Moment): readonly string[] => {
    const { project } = rules;
    if (pin.keyvalues[project.key] !== project.name || isNeeded(rules, pin.cid, moment)) return [];
    const isShared =
      allRules.some((other) => isNeeded(other, pin.cid, moment)) ||
      moment.pins.some(({ cid, keyvalues }) => cid === pin.cid && isNobodys(keyvalues, allRules));
    const hasTags = Object.keys(pin.keyvalues).some(
      (key) => key.startsWith(`${project.key}.`) && !/\.(released|unpinning|merged|moved)$/.test(key),
    );
    return isShared && !hasTags ? [] : [`${project.name} still has ${pin.id} (${pin.cid})`];
  };

  return {
    pulls,
    open: (number) => {
      pulls.set(number, { number, state: 'open', closedAt: undefined });
      for (const name of [...merged.keys()]) if (name.endsWith(` pr-${number}`)) merged.delete(name);
    },
    close: (number, state, closedAt) => {
      pulls.set(number, { number, state, closedAt });
      for (const [name, slot] of slots) {
        if (pullOf(slot.tag) !== number) continue;
        const content = certainOf(slot);
        if (state === 'merged' && content !== undefined && closedAt.getTime() / 1000 < slot.expires - HOUR)
          merged.set(name, { cid: content, at: closedAt.getTime() / 1000 });
        slots.delete(name);
      }
    },
    addForeign: (pin) => foreign.push(pin),
    record: (effects, seconds) => {
      for (const rules of allRules) {
        const own = effects.filter(({ project }) => project === rules.project);
        const tags = new Set(own.map(({ tag }) => tag));
        for (const tag of tags) {
          const ofTag = own.filter((effect) => effect.tag === tag);
          recordTag(rules, ofTag, seconds);
        }
      }
    },
    resolve: (pins, seconds) => {
      const wrong: string[] = [];
      for (const [name, slot] of slots) {
        if (slot.doubtful.size === 0 || slot.possible === 'anything') continue;
        const marks = marksOf(pins, slot.rules.project, slot.tag);
        const now = marks[0]?.cid;
        if (seconds < slot.expires && !slot.possible.includes(now))
          wrong.push(`${name} has ${now}, not ${slot.possible.join(' or ')}`);
        slots.set(name, { ...slot, possible: [now], past: pastBy(slot, marks), doubtful: new Set() });
      }
      return wrong;
    },
    promotable: (project, ref, pins, seconds) => {
      const name = `${project.name} ${ref.tag}`;
      const slot = slots.get(name);
      if (slot !== undefined) return keptVersion(slot, ref.back, seconds);
      const preview = ref.back === 0 ? merged.get(name) : undefined;
      const isFresh = preview !== undefined && seconds - preview.at < HOUR;
      return isFresh && hasRoom(pins, preview.cid) ? preview.cid : undefined;
    },
    findLost: (pins, seconds) => {
      for (const [name, slot] of slots) slots.set(name, withAdopted(slot, pins));
      return [
        ...foreign.filter((pin) => !isUntouched(pin, pins)).map(({ id }) => `the foreign pin ${id} is not as it was`),
        ...[...slots].flatMap(([name, slot]) => [
          ...findLostCurrent(slot, pins, seconds).map((what) => `${name} has lost ${what}`),
          ...findLostHistory(slot, pins, seconds).map((what) => `the history of ${name} has lost ${what}`),
        ]),
      ];
    },
    findLeft: (pins, seconds) => {
      const moment: Moment = { pins, seconds };
      return pins.flatMap((pin) => {
        const own = foreign.find(({ id }) => id === pin.id);
        if (own === undefined) return allRules.flatMap((rules) => findLeftOf(rules, pin, moment));
        const needed = allRules.some((rules) => isNeeded(rules, pin.cid, moment));
        return needed || areEqual(own.keyvalues, pace === 'wild' ? withoutRemains(pin) : pin.keyvalues)
          ? []
          : [`the foreign pin ${pin.id} has keys that nobody needs`];
      });
    },
  };
}

const HOUR = 3600;
/** As many pairs as still leave room for a note, and for a tag that comes after it. */
const ROOMY = 7;

/** What a tag points to, where nothing else is possible. */
function certainOf({ possible, doubtful }: Slot): Cid | undefined {
  return possible === 'anything' || possible.length !== 1 || doubtful.size > 0 ? undefined : possible[0];
}

/** A note is only written where there is room for it, and gives way to tags. */
function hasRoom(pins: readonly Pin[], cid: Cid): boolean {
  return pins.every((pin) => pin.cid !== cid || Object.keys(pin.keyvalues).length <= ROOMY);
}

/** What a tag points to, or pointed to so many contents ago, where that is sure and must be there. */
function keptVersion(slot: Slot, back: number, seconds: number): Cid | undefined {
  const { rules, tag, past, expires } = slot;
  const current = certainOf(slot);
  if (current === undefined || past[0]?.cid !== current || seconds >= expires) return undefined;
  if (back === 0) return current;
  const wanted = pullOf(tag) === undefined ? past[back] : undefined;
  const isYoung = wanted !== undefined && seconds - wanted.at < rules.keepWithinMs / 1000;
  return back < rules.keepLast || isYoung ? wanted?.cid : undefined;
}

interface Moment {
  readonly pins: readonly Pin[];
  readonly seconds: number;
}

function nameOf({ project }: Rules, tag: string): string {
  return `${project.name} ${tag}`;
}

interface Change {
  readonly rules: Rules;
  readonly tag: string;
  readonly before: Slot | undefined;
  readonly effects: readonly Effect[];
  readonly seconds: number;
}

/** What a tag points to after runs that were at work on it at the same time. */
function slotAfter({ rules, tag, before, effects, seconds }: Change): Slot {
  const keptMs = pullOf(tag) === undefined ? undefined : rules.previewsKeptMs;
  const expires = seconds + (keptMs ?? Number.POSITIVE_INFINITY) / 1000;
  const cids = effects.flatMap(({ cid }) => cid ?? []);
  const [only] = cids;
  const doubtful = before?.doubtful ?? new Set();
  if (only !== undefined && effects.length === 1 && effects[0]?.done === true) {
    const past = [{ cid: only, at: seconds }, ...(before?.past ?? []).filter(({ cid }) => cid !== only)];
    return { rules, tag, possible: [only], past, doubtful, expires };
  }
  const possible = possibleAfter(before, effects, seconds);
  return {
    rules,
    tag,
    possible,
    past: possible === 'anything' ? [] : (before?.past ?? []),
    doubtful: new Set(possible === 'anything' ? [] : [...doubtful, ...cids]),
    expires: Math.min(expires, before?.expires ?? expires),
  };
}

function possibleAfter(before: Slot | undefined, effects: readonly Effect[], seconds: number): Slot['possible'] {
  const cids = effects.flatMap(({ cid }) => cid ?? []);
  if (cids.length < effects.length) return 'anything';
  if (effects.some(({ done }) => done)) return cids;
  // What the tag had before may be gone, or be what it had before that.
  if (before === undefined || before.possible === 'anything' || seconds >= before.expires) return 'anything';
  return [...before.possible, ...cids];
}

function pastBy({ past, doubtful }: Slot, marks: readonly Mark[]): readonly Mark[] {
  // The content may have several records.
  const cleared = marks.filter(
    ({ cid }, index) => doubtful.has(cid) && marks.findIndex((mark) => mark.cid === cid) === index,
  );
  return [...cleared, ...past.filter(({ cid }) => !doubtful.has(cid))].sort((a, b) => b.at - a.at);
}

/** The expiry of an adopted pin is not moved on. */
function withAdopted(slot: Slot, pins: readonly Pin[]): Slot {
  const { possible } = slot;
  if (possible === 'anything') return slot;
  const ends = pins
    .filter(({ cid, keyvalues }) => possible.includes(cid) && keyvalues['pd1.adopted'] === '1')
    .flatMap(({ expiresAt }) => (expiresAt instanceof Date ? [expiresAt.getTime() / 1000] : []));
  return { ...slot, expires: Math.min(slot.expires, ...ends) };
}

function findLostCurrent(
  { rules, tag, possible, expires }: Slot,
  pins: readonly Pin[],
  seconds: number,
): readonly string[] {
  const isExpired = pullOf(tag) !== undefined && seconds >= expires;
  if (isExpired || possible === 'anything') return [];
  const isFine = possible.some((cid) => cid === undefined || isOn(pins, rules.project, { tag, cid }));
  return isFine ? [] : [possible.join(' or ')];
}

function findLostHistory(
  { rules, tag, past, doubtful }: Slot,
  pins: readonly Pin[],
  seconds: number,
): readonly string[] {
  if (pullOf(tag) !== undefined) return [];
  return past.flatMap(({ cid, at }, rank) => {
    // What is in doubt may be newer.
    const isKept =
      rank + doubtful.size < rules.keepLast || seconds - at < rules.keepWithinMs / 1000 || tag.startsWith('v');
    return isKept && !isOn(pins, rules.project, { tag, cid })
      ? [`${cid}, which is ${rank} back in ${past.map((mark) => `${mark.cid}@${mark.at}`).join(' ')}`]
      : [];
  });
}

/** Made by hand, or taken for such: an upload that met a record of unknown origin. */
function isNobodys(keyvalues: Keyvalues, allRules: readonly Rules[]): boolean {
  return allRules.every(({ project }) => keyvalues[project.key] === undefined);
}

/** It is there, and so are all its pairs of before. */
function isUntouched(own: Pin, pins: readonly Pin[]): boolean {
  const now = pins.find(({ id }) => id === own.id)?.keyvalues;
  return now !== undefined && Object.entries(own.keyvalues).every(([key, value]) => now[key] === value);
}

function areEqual(a: Keyvalues, b: Keyvalues): boolean {
  const keys = Object.keys(a);
  return keys.length === Object.keys(b).length && keys.every((key) => a[key] === b[key]);
}

function withoutRemains({ keyvalues }: Pin): Keyvalues {
  return Object.fromEntries(
    Object.entries(keyvalues).filter(([key]) => !/^pd1\.(adopted|.*\.(unpinning|released|merged|moved))$/.test(key)),
  );
}
