import { expect, it } from 'vitest';
import type { Cid } from '../../src/domain/cid.ts';
import type { Pin } from '../../src/domain/pin.ts';
import { resolvePromoted } from '../../src/domain/promotion.ts';
import { projectOf } from '../../src/domain/tag.ts';
import { cleanup } from '../../src/modes/cleanup.ts';
import { alone, cidNumber, createAccount, createClock, pinOf, quietGitHub } from './account.ts';

const project = projectOf('acme/app');
const NOW = new Date(1_800_000_000_000);
const AT = 1_799_999_000;
const [FIRST, SECOND, LAST] = [cidNumber(1), cidNumber(2), cidNumber(3)];

function preview(id: string, cid: Cid, at: number, more: Readonly<Record<string, string>> = {}): Pin {
  const keyvalues = { [project.key]: project.name, [`${project.key}.previews`]: `12@${at}`, ...more };
  return { ...pinOf(id, cid, keyvalues), createdAt: NOW };
}

/** What `from: pr-12` is before each request of the cleanup of the merged pull request, and after it; '' for nothing. */
async function promotedMeanwhile(pins: readonly Pin[]): Promise<ReadonlySet<string>> {
  const found = new Set<string>();
  const look = (): void => {
    const from = { kind: 'tag', ref: { tag: 'pr-12', back: 0 } } as const;
    try {
      found.add(
        resolvePromoted({ project, from, toTag: 'production', run: '7', now: NOW }, [...account.pins.values()]).cid,
      );
    } catch {
      found.add('');
    }
  };
  const account = createAccount({ pins, gate: () => Promise.resolve(look()) });
  await cleanup(
    {
      policy: {
        project,
        keepLast: 5,
        keepWithinMs: 0,
        protectTags: [],
        protectCids: new Set(),
        inUse: new Map(),
        givenUp: new Map([['pr-12', { why: 'pull request merged', at: AT + 100, mergedAt: NOW }]]),
        scope: new Set(['pr-12']),
      },
      closing: false,
      now: NOW,
      unpin: true,
      maxRemovals: 20,
      dryRun: false,
    },
    {
      ...alone,
      pins: account,
      github: quietGitHub,
      clock: createClock(NOW),
      log: { line: () => {}, notice: () => {}, warn: () => {}, group: () => {}, progress: () => {} },
      showRetention: () => {},
    },
  );
  look();
  expect([...account.pins.values()].flatMap(({ keyvalues }) => keyvalues[`${project.key}.previews`] ?? [])).toEqual([]);
  return found;
}

it('whatever the cleanup of a merged pull request has done so far, its last preview is what is promoted', async () => {
  const pins = [preview('c', LAST, AT + 2), preview('a', FIRST, AT), preview('b', SECOND, AT + 1)];
  expect(await promotedMeanwhile(pins)).toEqual(new Set([LAST]));
});

it('where there is no room to note the last preview, none before it takes its place', async () => {
  const full = Object.fromEntries(Array.from({ length: 7 }, (_, index) => [`pd1.0000000${index}`, `acme/${index}`]));
  const pins = [preview('c', LAST, AT + 2, full), preview('a', FIRST, AT), preview('b', SECOND, AT + 1)];
  expect(await promotedMeanwhile(pins)).toEqual(new Set([LAST, '']));
});
