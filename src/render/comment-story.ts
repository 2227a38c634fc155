import type { Cid } from '../domain/cid.ts';
import type { CommentKey, LastGood } from '../domain/comment.ts';
import type { ActionError } from '../domain/errors.ts';
import type { AccessLink, Outcome } from '../domain/outcome.ts';

export interface CommentContext {
  readonly key: CommentKey;
  /** 7 hex digits; '' when unknown. */
  readonly commit: string;
  /** Where the log and the job summary are; '' when unknown. */
  readonly runUrl: string;
  readonly now: Date;
  /** What the comment remembers so far. */
  readonly lastGood: LastGood | undefined;
  /** Only where nobody but the readers of a private repository sees it. */
  readonly accessLink?: AccessLink | undefined;
}

/** The outcomes of a build that a pull request is told about. */
export type PreviewOutcome = Extract<
  Outcome,
  { kind: 'deployed' | 'unchanged' | 'planned' | 'compared' | 'over-budget' | 'refused' }
>;

/** What a comment tells. */
export type CommentStory =
  | { readonly kind: 'outcome'; readonly outcome: PreviewOutcome }
  | { readonly kind: 'failed'; readonly error: ActionError; readonly undertaking: 'Deploy' | 'Diff' }
  | GoneStory;

/** The pull request is closed. */
export interface GoneStory {
  readonly kind: 'gone';
  readonly closed: { readonly merged: boolean; readonly at: Date | undefined };
  readonly outcome: Extract<Outcome, { kind: 'cleaned' }>;
  /** What production points to, and a link to it that was opened. */
  readonly production: { readonly cid: Cid; readonly url: string | undefined } | undefined;
}
