import { ActionError } from '../domain/errors.ts';
import { isHealthy } from '../domain/health.ts';
import type { HealthNews } from '../domain/health-issue.ts';
import { openedLink, type TagHealth } from '../domain/outcome.ts';
import type { Project } from '../domain/tag.ts';
import { isSound } from '../domain/verification.ts';
import { renderMinute } from './comment-words.ts';
import { code, escapeText, link, table } from './markdown.ts';
import { renderMirrorSection } from './mirrors.ts';
import { renderNamesSection } from './names.ts';
import { renderProbeTable } from './probes.ts';
import { renderBytes, renderCount, shortCid, shortText } from './units.ts';
import { renderBlockTable } from './verification.ts';

/** The first line of the summary. */
export function healthHeadline(tags: readonly TagHealth[]): string {
  if (tags.length === 0) return '❌ Nothing to verify: the project has no tags';
  const bad = tags.filter(({ problems }) => problems.length > 0).length;
  if (bad === 0) return `✅ ${renderCount(tags.length, 'tag')}, all pinned${tags.some(isAsked) ? ' and served' : ''}`;
  return `❌ ${bad} of ${renderCount(tags.length, 'tag')} not as they should be`;
}

/** Somebody looked whether it is served. */
function isAsked({ probes, blocks }: TagHealth): boolean {
  return blocks.length > 0 || probes.some(({ state }) => state !== 'unopened');
}

/** A table of all tags, what is wrong, and what each gateway said. */
export function renderHealthSection(tags: readonly TagHealth[]): string {
  if (tags.length === 0) return '';
  // What is wrong comes first: of very many tags not all fit.
  const ranked = [...tags].sort((a, b) => Number(a.problems.length === 0) - Number(b.problems.length === 0));
  const details = ranked.filter(({ cid }) => cid !== undefined).slice(0, SHOWN_DETAILS);
  const left = tags.length - SHOWN_TAGS;
  return [
    healthTable(tags.length > SHOWN_TAGS ? ranked.slice(0, SHOWN_TAGS) : tags),
    left > 0 ? `and ${renderCount(left, 'more tag')}: see the report.` : '',
    problemList(tags),
    ...details.map(detailOf),
  ]
    .filter((part) => part !== '')
    .join('\n\n');
}

const SHOWN_TAGS = 200;
const SHOWN_DETAILS = 40;

function healthTable(tags: readonly TagHealth[]): string {
  const hasNames = tags.some(({ names }) => names.length > 0);
  const hasMirrors = tags.some(({ mirrors }) => mirrors.length > 0);
  const rows = tags.map((health) => [
    code(health.tag),
    health.cid === undefined ? 'none' : code(shortCid(health.cid)),
    health.pinned ? '✅' : '❌',
    servedCell(health),
    blocksCell(health),
    ...(hasNames ? [namesCell(health)] : []),
    ...(hasMirrors ? [mirrorsCell(health)] : []),
  ]);
  const more = [...(hasNames ? ['Names'] : []), ...(hasMirrors ? ['Mirrors'] : [])];
  return table(['Tag', 'CID', 'Pinned', 'Served', 'Blocks', ...more], rows);
}

function servedCell({ probes }: TagHealth): string {
  const looked = probes.filter(({ state }) => state !== 'unopened');
  if (looked.length === 0) return 'not asked';
  const opened = openedLink(looked);
  const up = looked.filter(({ state }) => state !== 'down').length;
  const count = `${up} of ${looked.length}`;
  return `${up === 0 ? '❌' : '✅'} ${opened === undefined ? count : link(count, opened)}`;
}

function blocksCell({ blocks }: TagHealth): string {
  const sound = blocks.find(isSound);
  if (sound === undefined) return blocks.length === 0 ? 'not asked' : '❌';
  return `✅ ${sound.state}, ${renderBytes(sound.bytes)}`;
}

function namesCell({ names }: TagHealth): string {
  if (names.length === 0) return '';
  return names.some(({ state }) => state === 'failed') ? '❌' : '✅';
}

function mirrorsCell({ mirrors }: TagHealth): string {
  if (mirrors.length === 0) return '';
  const there = mirrors.filter(({ state }) => state === 'pinned').length;
  return `${there === mirrors.length ? '✅' : '⚠️'} ${there} of ${mirrors.length}`;
}

const SHOWN_PROBLEMS = 50;
/** Of all lines, with what escaping adds; an issue has room for 65,536. */
const PROBLEM_CHARACTERS = 30_000;
const LONGEST_PROBLEM = 2000;

function problemList(tags: readonly TagHealth[]): string {
  const lines = tags.flatMap(({ tag, problems, remarks }) => [
    ...problems.map((problem) => `- ❌ ${code(tag)}: ${escapeText(shortText(problem, LONGEST_PROBLEM))}.`),
    ...remarks.map((remark) => `- ⚠️ ${code(tag)}: ${escapeText(shortText(remark, LONGEST_PROBLEM))}.`),
  ]);
  let characters = 0;
  const shown = lines.slice(0, SHOWN_PROBLEMS).filter((line) => {
    characters += line.length;
    return characters <= PROBLEM_CHARACTERS;
  });
  const more = lines.length - shown.length;
  return [...shown, ...(more > 0 ? [`- and ${more} more`] : [])].join('\n');
}

function detailOf({ tag, probes, blocks, names, mirrors }: TagHealth): string {
  const parts = [
    renderProbeTable(probes),
    renderBlockTable(blocks),
    renderNamesSection(names),
    renderMirrorSection(mirrors),
  ].filter((part) => part !== '');
  if (parts.length === 0) return '';
  return `<details><summary>${code(tag)}: who said what</summary>\n\n${parts.join('\n\n')}\n\n</details>`;
}

/** The failure that a verification is; undefined when all is well. */
export function healthError(tags: readonly TagHealth[]): ActionError | undefined {
  // An account that was emptied looks just like one that never had anything.
  if (tags.length === 0) {
    return new ActionError('content', 'Nothing was verified: nothing that is pinned has a tag of this project.', {
      hint: 'Look whether project and network are those of your deploys, and at the files in the Pinata app; then deploy.',
    });
  }
  if (isHealthy(tags)) return undefined;
  const lines = tags.flatMap(({ tag, problems }) => problems.map((problem) => `${tag}: ${problem}.`));
  const bad = tags.filter(({ problems }) => problems.length > 0).length;
  return new ActionError(
    'content',
    `${bad} of ${renderCount(tags.length, 'tag')} not as they should be.\n${lines.join('\n')}`,
    {
      hint: 'Look at the job summary for what each gateway said. What is not pinned any more has to be deployed again.',
    },
  );
}

/** One line of the log for a tag. */
export function renderHealthLine({ tag, cid, problems, remarks }: TagHealth): string {
  const what = `${tag} ${cid ?? ''}`.trim();
  const said = [...problems, ...remarks].join('; ');
  return problems.length === 0 ? `Fine: ${what}${said === '' ? '' : ` (${said})`}` : `Not fine: ${what}: ${said}`;
}

export interface HealthContext {
  readonly project: Project;
  readonly runUrl: string;
  readonly now: Date;
}

/** More tags are in the job summary. */
const TAGS_IN_ISSUE = 50;

/** What the issue of a project says, and what is said when it is closed. */
export function renderHealthNews(tags: readonly TagHealth[], { project, runUrl, now }: HealthContext): HealthNews {
  const log = runUrl === '' ? '' : ` · ${link('log', runUrl)}`;
  const bad = tags.filter(({ problems }) => problems.length > 0);
  const worstFirst = [...bad, ...tags.filter(({ problems }) => problems.length === 0)];
  const isServed = tags.some(isAsked);
  return {
    project,
    healthy: bad.length === 0,
    title: `${shortText(project.name, 100)}: content on IPFS is not as it should be (${shortText(bad.map(({ tag }) => tag).join(', '), 80)})`,
    body: [
      `A check of what the tags of ${code(project.name)} point to found this:`,
      problemList(bad),
      healthTable(worstFirst.slice(0, TAGS_IN_ISSUE)),
      'This issue is kept up to date by the check, and closed when all is well again.',
      `<sub>Last looked at ${renderMinute(now)}${log}</sub>`,
    ].join('\n\n'),
    farewell: `All is well again: ${renderCount(tags.length, 'tag')} pinned${isServed ? ' and served' : ''} at ${renderMinute(now)}${log}.`,
  };
}
