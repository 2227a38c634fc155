import { contenthash } from '../domain/cid.ts';
import { countChanges, sizeDelta } from '../domain/diff.ts';
import type { Outcome } from '../domain/outcome.ts';
import { code, link } from './markdown.ts';
import { renderBytes, renderCount, renderDelta, shortCid } from './units.ts';

type Live = Extract<Outcome, { kind: 'deployed' | 'unchanged' }>;

/** `bafybeib…q4m · 4.81 MB · +37 kB · 12 files changed`: one line of GitHub, at most 140 characters. */
export function renderHeadline({ build, comparison }: Live): string {
  const parts = [shortCid(build.root), renderBytes(build.bytes)];
  if (comparison.kind === 'compared') {
    const { added, changed, removed, moved } = countChanges(comparison.diff);
    const touched = added + changed + removed + moved;
    parts.push(
      renderDelta(sizeDelta(comparison.diff)),
      touched === 0 ? 'no change' : `${renderCount(touched, 'file')} changed`,
    );
  }
  return parts.join(' · ').slice(0, 140);
}

/** `bafybeib…q4m · rolled back from bafybeia…x7u`: one line of GitHub, at most 140 characters. */
export function renderPromotionHeadline({ plan, rollback }: Extract<Outcome, { kind: 'promoted' }>): string {
  const { cid, label, previous } = plan;
  const how = rollback ? 'rolled back' : `promoted${label === cid ? '' : ` from ${label}`}`;
  const before = previous === undefined || previous === cid ? '' : `, before ${shortCid(previous)}`;
  return `${shortCid(cid)} · ${how}${before}`.slice(0, 140);
}

/** What release notes say: where the content is, and what a name service needs. Only links that were opened are links. */
export function renderReleaseBlock({ build, probes }: Live, project: string): string {
  const opened = probes.filter(({ state }) => state === 'live' || state === 'opens');
  const site = project.split('#')[1];
  return [
    `### On IPFS${site === undefined ? '' : ` · ${code(site)}`}`,
    [
      `- CID: ${code(build.root)}`,
      ...(opened.length === 0 ? [] : [`- Open: ${opened.map((probe) => link(probe.host, probe.link)).join(' · ')}`]),
      `- ENS contenthash: ${code(contenthash(build.root))}`,
      `- ${renderCount(build.listing.size, 'file')}, ${renderBytes(build.bytes)}`,
    ].join('\n'),
  ].join('\n\n');
}
