import { type LastGood, renderLastGood, renderMarker } from '../domain/comment.ts';
import { openedLink } from '../domain/outcome.ts';
import { type Extents, SHORTEST, STEPS } from './comment-diff.ts';
import { renderFailed, renderGone } from './comment-end.ts';
import { renderPreview } from './comment-preview.ts';
import type { CommentContext, CommentStory } from './comment-story.ts';
import { renderMinute } from './comment-words.ts';
import { firstThatFits, stack } from './fit.ts';
import { code, link } from './markdown.ts';
import { renderBytes } from './units.ts';

/** Below what GitHub takes: 65,536 characters, and 262,144 bytes to store them. */
const ROOM = { units: 60_000, bytes: 240_000 } as const;

/** The comment on a pull request, Markdown. What is too long is left out piece by piece, and it says what. */
export function renderComment(story: CommentStory, context: CommentContext): string {
  const render = (extents: Extents): string =>
    `${stack([hiddenLines(story, context), ...bodyOf(story, context, extents), footer(story, context)])}\n`;
  return firstThatFits(STEPS, render, ROOM) ?? render(SHORTEST);
}

function bodyOf(story: CommentStory, context: CommentContext, extents: Extents): readonly string[] {
  switch (story.kind) {
    case 'outcome':
      return renderPreview(story.outcome, context, extents);
    case 'failed':
      return renderFailed(story, context);
    case 'gone':
      return renderGone(story, context);
  }
}

/** Which comment it is and, where there is one, the preview that worked last. */
function hiddenLines(story: CommentStory, context: CommentContext): string {
  const good = lastGoodOf(story, context);
  return [renderMarker(context.key), ...(good === undefined ? [] : [renderLastGood(good)])].join('\n');
}

function lastGoodOf(story: CommentStory, { commit, lastGood }: CommentContext): LastGood | undefined {
  if (story.kind === 'gone') return undefined;
  if (story.kind === 'failed' || !('probes' in story.outcome)) return lastGood;
  const url = openedLink(story.outcome.probes);
  return url === undefined ? lastGood : { cid: story.outcome.build.root, url, commit };
}

function footer(story: CommentStory, { commit, runUrl, now }: CommentContext): string {
  const sent = story.kind === 'outcome' && 'uploadedBytes' in story.outcome ? story.outcome.uploadedBytes : undefined;
  const parts = [
    ...(commit === '' ? [] : [`Commit ${code(commit)}`]),
    renderMinute(now),
    ...(sent === undefined ? [] : [sent === 0 ? 'nothing to upload' : `${renderBytes(sent)} uploaded`]),
    ...(runUrl === '' ? [] : [link('log', runUrl)]),
  ];
  return `<sub>${parts.join(' · ')}</sub>`;
}
