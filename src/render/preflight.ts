import { ActionError } from '../domain/errors.ts';
import type { Outcome } from '../domain/outcome.ts';
import type { DeployPlan } from '../domain/plan.ts';
import type { Finding, Preflight, Severity } from '../domain/preflight/finding.ts';
import { details, fileName } from './diff-cells.ts';
import { withoutStop } from './diff-words.ts';
import { code, escapeText } from './markdown.ts';
import { renderCount, shortPath } from './units.ts';

/** Findings that one change mends. */
interface Group {
  readonly rule: Finding['rule'];
  readonly advice: string;
  readonly severity: Severity;
  readonly findings: readonly Finding[];
}

const SIGNS: Readonly<Record<Severity, string>> = { error: '❌', warn: '⚠️', note: 'ℹ️' };
const NOUNS: Readonly<Record<Severity, string>> = { error: 'error', warn: 'warning', note: 'note' };

/** `1 error, 3 warnings`; notes are counted only where there is nothing else. */
export function renderFindingCounts({ counts }: Pick<Preflight, 'counts'>): string {
  const faults = (['error', 'warn'] as const).filter((severity) => counts[severity] > 0);
  const counted = faults.length > 0 || counts.note === 0 ? faults : (['note'] as const);
  return counted.map((severity) => renderCount(counts[severity], NOUNS[severity])).join(', ');
}

/** What was found, line by line, for the log. */
export function renderFindingLines(preflight: Preflight): readonly string[] {
  const shown = { ...preflight, findings: preflight.findings.slice(0, MOST_LOGGED) };
  return [
    ...groupsOf(shown.findings).flatMap(({ rule, advice, severity, findings }) => [
      `${rule} (${NOUNS[severity]})`,
      ...findings.map((finding) => `  ${sentence(finding)}`),
      ...(advice === '' ? [] : [`  What to change: ${advice}`]),
    ]),
    ...moreLine(shown),
  ];
}

const MOST_LOGGED = 200;

/** One annotation for each rule that warns: the first findings, and what to change. */
export function renderWarnings({ findings }: Preflight): readonly string[] {
  const warnings = groupsOf(findings.filter(({ severity }) => severity === 'warn'));
  return [...new Set(warnings.map(({ rule }) => rule))].map((rule) => {
    const groups = warnings.filter((group) => group.rule === rule);
    return `${rule}: ${groups.map(sentences).join(' ')}`;
  });
}

const SENTENCES = 3;

function sentences({ findings, advice }: Group): string {
  const shown = findings.slice(0, SENTENCES).map(sentence);
  const rest = findings.length - shown.length;
  return [`${shown.join(' ')}${rest > 0 ? ` And ${rest} more.` : ''}`, ...(advice === '' ? [] : [advice])].join(' ');
}

/** The failure of a build with something in it that must not be published. */
export function refusedBuild({ findings, counts }: Preflight, plan: DeployPlan | undefined): ActionError {
  const errors = findings.filter(({ severity }) => severity === 'error');
  const lines = errors.slice(0, MOST_REFUSED).map((finding) => `- ${finding.rule}: ${sentence(finding)}`);
  const rest = counts.error - lines.length;
  const advices = [...new Set(errors.map(({ advice }) => advice).filter((advice) => advice !== ''))];
  return new ActionError(
    'content',
    ['The preflight refuses the build:', ...lines, ...(rest > 0 ? [`- and ${rest} more`] : [])].join('\n'),
    {
      hint: [...advices.slice(0, MOST_ADVICES), whereItIs(plan)].join(' '),
      step: 'checking the files',
    },
  );
}

/** It may have been published before anybody looked. */
export function whereItIs(plan: DeployPlan | undefined): string {
  return plan?.source.kind === 'reuse'
    ? `This very content is pinned already (pin ${plan.source.pin.id}): unpin it there. Nothing more was sent.`
    : 'Nothing was sent.';
}

const MOST_REFUSED = 10;
const MOST_ADVICES = 3;

/** What it is, and where: `It is missing (index.html, line 5, and 3 more files).` */
function sentence({ message, path, line, times, files }: Finding): string {
  if (path === '') return message;
  const place = `${shortPath(path)}${line === undefined ? '' : `, line ${line}`}`;
  return `${withoutStop(message)} (${place}${elsewhere(times, files)}).`;
}

function elsewhere(times: number, files: number): string {
  if (files > 1) return `, and ${renderCount(files - 1, 'more file')}`;
  return times > 1 ? `, ${times} times` : '';
}

/** In the order of the findings. */
function groupsOf(findings: readonly Finding[]): readonly Group[] {
  const groups = new Map<string, Finding[]>();
  for (const finding of findings) {
    const key = `${finding.severity}\n${finding.rule}\n${finding.advice}`;
    const group = groups.get(key) ?? [];
    group.push(finding);
    groups.set(key, group);
  }
  return [...groups.values()].flatMap((group) => {
    const [first] = group;
    return first === undefined
      ? []
      : [{ rule: first.rule, advice: first.advice, severity: first.severity, findings: group }];
  });
}

function moreLine({ findings, counts }: Preflight): readonly string[] {
  const more = counts.error + counts.warn + counts.note - findings.length;
  return more === 0 ? [] : [`and ${renderCount(more, 'further finding')}`];
}

/** What was found, Markdown, at most `rows` findings; '' where there is nothing. */
function renderFindings({ findings, counts }: Preflight, rows: number): string {
  const shown = findings.slice(0, rows);
  const rest = counts.error + counts.warn + counts.note - shown.length;
  if (shown.length === 0) return '';
  const lines = groupsOf(shown).flatMap(({ rule, advice, severity, findings: group }) => [
    `- ${SIGNS[severity]} **${rule}**, ${NOUNS[severity]}${advice === '' ? '' : `. ${prose(advice)}`}`,
    ...group.map((finding) => `  - ${prose(withoutStop(finding.message))}${markdownPlace(finding)}`),
  ]);
  return [...lines, ...(rest > 0 ? [`- and ${renderCount(rest, 'further finding')}`] : [])].join('\n');
}

/** The errors, for the head of a comment. */
export function renderRefusal({ preflight, plan }: Extract<Outcome, { kind: 'refused' }>): string {
  return `${renderFindings(only(preflight, 'error'), MOST_REFUSED)}\n\n${escapeText(whereItIs(plan))}`;
}

/** The warnings, folded under how many there are; notes are for those who read the summary. */
export function renderWarningDetails(preflight: Preflight | undefined, rows: number): string {
  const warnings = only(preflight, 'warn');
  if (warnings.findings.length === 0) return '';
  const title = `${SIGNS.warn} Preflight: ${renderFindingCounts(warnings)}`;
  return rows === 0 ? `${title}.` : details(title, renderFindings(warnings, rows));
}

function only(preflight: Preflight | undefined, severity: Severity): Preflight {
  return {
    findings: (preflight?.findings ?? []).filter((finding) => finding.severity === severity),
    counts: { error: 0, warn: 0, note: 0, [severity]: preflight?.counts[severity] ?? 0 },
  };
}

/** The part of the job summary. */
export function renderPreflightSection(preflight: Preflight | undefined): string {
  if (preflight === undefined) return '';
  const { findings } = preflight;
  const text = findings.length === 0 ? 'Nothing found that must not be published or will not work.' : '';
  return `#### Preflight\n\n${text}${renderFindings(preflight, MOST_SUMMARISED)}`;
}

const MOST_SUMMARISED = 100;

function markdownPlace({ path, line, times, files }: Finding): string {
  if (path === '') return '';
  return ` · ${fileName(path)}${line === undefined ? '' : ` line ${line}`}${elsewhere(times, files)}`;
}

/** A sentence whose parts between backticks are code. */
function prose(text: string): string {
  const parts = text.split('`');
  // An odd one out is no code.
  const whole = parts.length % 2 === 1;
  return whole
    ? parts.map((part, index) => (index % 2 === 1 ? code(part) : escapeText(part))).join('')
    : escapeText(text);
}
