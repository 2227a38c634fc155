import type { Cid } from './cid.ts';
import type { Pin } from './pin.ts';
import { type Project, parseTags, pullRequestOf } from './tag.ts';

/** The pin that a tag points to now: the one with the newest mark for it; undefined when no pin has the tag. */
export function currentPin(pins: readonly Pin[], tag: string, project: Project): Pin | undefined {
  let current: Pin | undefined;
  let newest = -1;
  for (const pin of pins) {
    const at = markTime(pin, tag, project);
    if (at !== undefined && at > newest) [current, newest] = [pin, at];
  }
  return current;
}

/** When a tag was put on a pin, unix seconds; undefined when it was not. */
export function markTime(pin: Pin, tag: string, project: Project): number | undefined {
  const { tags, previews } = parseTags(pin.keyvalues, project);
  const pullRequest = pullRequestOf(tag);
  return pullRequest === undefined
    ? tags.find((mark) => mark.tag === tag)?.at
    : previews.find((mark) => mark.pullRequest === pullRequest)?.at;
}

/** The CID of a project's tag, or undefined. */
export function currentCid(pins: readonly Pin[], tag: string, project: Project): Cid | undefined {
  return currentPin(pins, tag, project)?.cid;
}
