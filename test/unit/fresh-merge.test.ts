import { expect, it } from 'vitest';
import { judgeRevisions, type RetentionPolicy } from '../../src/domain/retention.ts';
import { revisionsOf } from '../../src/domain/revision.ts';
import { projectOf } from '../../src/domain/tag.ts';
import { cidNumber, pinOf } from './account.ts';

const project = projectOf('acme/app');
const NOW = new Date('2026-07-13T12:00:00Z');
const seconds = Math.floor(NOW.getTime() / 1000);

/** A reverted change: its preview has the very content that production had long ago. */
function judged(mergedMinutesAgo: number, production: 'history' | 'current'): string | undefined {
  const old = {
    [project.key]: project.name,
    [`${project.key}.production`]: `${seconds - 900_000} 1111111`,
    [`${project.key}.previews`]: `12@${seconds - 7200}`,
  };
  const newer = { [project.key]: project.name, [`${project.key}.production`]: `${seconds - 800_000} 2222222` };
  const pins = [
    pinOf('old', cidNumber(1), old),
    ...(production === 'history' ? [pinOf('new', cidNumber(2), newer)] : []),
  ];
  const policy: RetentionPolicy = {
    project,
    keepLast: 5,
    keepWithinMs: 0,
    protectTags: [],
    protectCids: new Set(),
    inUse: new Map(),
    givenUp: new Map([
      [
        'pr-12',
        { why: 'pull request merged', at: seconds, mergedAt: new Date(NOW.getTime() - mergedMinutesAgo * 60_000) },
      ],
    ]),
    scope: new Set(['pr-12']),
  };
  return judgeRevisions(revisionsOf(pins, project), policy, NOW).find(({ revision }) => revision.cid === cidNumber(1))
    ?.fate;
}

it('keeps the mark of a merged preview for an hour where only history keeps its content', () => {
  expect(judged(5, 'history')).toBe('keep');
  expect(judged(61, 'history')).toBe('untag');
});

it('takes the mark off at once where the content is what a tag points to', () => {
  expect(judged(5, 'current')).toBe('untag');
});
