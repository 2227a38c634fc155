import type { Cid } from './cid.ts';
import { labelOf } from './names.ts';
import { isProven, type TagHealth } from './outcome.ts';
import { isSound } from './verification.ts';

/** What was looked at; what was not asked for stays empty. */
export type Findings = Pick<TagHealth, 'tag' | 'pinned' | 'probes' | 'blocks' | 'names' | 'mirrors'> & {
  readonly cid: Cid;
  /** What GitHub says is deployed for the tag; undefined where it says nothing. */
  readonly deployed: Cid | undefined;
};

/** What of a tag's content is not as it should be. */
export function judgeHealth(findings: Findings): Pick<TagHealth, 'problems' | 'remarks'> {
  const { cid, pinned, deployed, names, mirrors } = findings;
  const elsewhere =
    deployed === undefined || deployed === cid
      ? []
      : [`GitHub's active deployment of it shows ${deployed}: the newer content may have been unpinned by somebody`];
  return {
    problems: [
      ...(pinned ? [] : ['its content is not pinned any more']),
      ...elsewhere,
      ...servedProblems(findings),
      ...blockProblems(findings),
      ...names
        .filter(({ state }) => state === 'failed')
        .map(({ name, note }) => `${labelOf(name)}: ${note.replace(/\.$/, '')}`),
    ],
    remarks: mirrors
      .filter(({ state }) => state !== 'pinned')
      .map(({ mirror, state, note }) => `mirror ${mirror}: ${note === '' ? state : note}`),
  };
}

function servedProblems({ probes, blocks }: Pick<Findings, 'probes' | 'blocks'>): readonly string[] {
  const looked = probes.filter(({ state }) => state !== 'unopened');
  if (looked.length === 0 || isProven(looked)) return [];
  if (looked.every(({ state }) => state === 'down')) return [`no gateway serves it (${said(looked)})`];
  // A page opens that shows nothing of the content: its blocks are the proof, where they were read.
  return blocks.length > 0 ? [] : [`no gateway has shown a byte of it (${said(looked)})`];
}

function blockProblems({ blocks }: Pick<Findings, 'blocks'>): readonly string[] {
  if (blocks.length === 0 || blocks.some(isSound)) return [];
  const isRead = blocks.some(({ state }) => state !== 'unread');
  return [`${isRead ? 'its blocks are not as its CID says' : 'no gateway gives out its blocks'} (${said(blocks)})`];
}

function said(rows: readonly { readonly host: string; readonly note: string }[]): string {
  return rows.map(({ host, note }) => `${host}: ${note}`).join('; ');
}

/** True when nothing is wrong with any tag. */
export function isHealthy(tags: readonly Pick<TagHealth, 'problems'>[]): boolean {
  return tags.every(({ problems }) => problems.length === 0);
}
