import type { Project } from './tag.ts';

/** An issue that our token opened. */
export interface OwnIssue {
  readonly number: number;
  readonly url: string;
  readonly title: string;
  readonly body: string;
}

/** What is to be said of a project's health. */
export interface HealthNews {
  readonly project: Project;
  readonly healthy: boolean;
  readonly title: string;
  /** The whole text below the marker. */
  readonly body: string;
  /** Said when the issue is closed. */
  readonly farewell: string;
}

export type HealthPlan =
  | { readonly kind: 'nothing' }
  | { readonly kind: 'open'; readonly body: string }
  /** `superfluous` are younger ones that say the same: two runs opened them at once. */
  | { readonly kind: 'update' | 'keep' | 'close'; readonly issue: OwnIssue; readonly superfluous: readonly OwnIssue[] };

/** The first line of the issue: whose it is. */
export function renderHealthMarker({ key }: Project): string {
  return `<!-- pinata-deploy:health project=${key.replace(/^pd1\./, '')} -->`;
}

/** One open issue for each project: opened when something is wrong, kept up to date, and closed when all is well again. */
export function planHealthIssue(open: readonly OwnIssue[], news: HealthNews): HealthPlan {
  const marker = renderHealthMarker(news.project);
  const [issue, ...superfluous] = open
    .filter(({ body }) => body.split(/\r?\n/, 1)[0] === marker)
    .sort((a, b) => a.number - b.number);
  if (issue === undefined)
    return news.healthy ? { kind: 'nothing' } : { kind: 'open', body: `${marker}\n${news.body}` };
  if (news.healthy) return { kind: 'close', issue, superfluous };
  const isSame = withoutTime(issue.body) === withoutTime(`${marker}\n${news.body}`) && issue.title === news.title;
  return { kind: isSame ? 'keep' : 'update', issue, superfluous };
}

/** A check that finds the same an hour later says nothing new. */
function withoutTime(body: string): string {
  return body
    .replaceAll('\r\n', '\n')
    .replace(/<sub>[^\n]*<\/sub>/g, '')
    .trimEnd();
}
