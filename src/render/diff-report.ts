import type { Comparison } from '../domain/comparison.ts';
import { countChanges, type FileChange, sizeDelta } from '../domain/diff.ts';

/** The outputs that tell what changed, '' where nobody knows. */
export type DiffOutputs = Readonly<
  Record<'files-added' | 'files-changed' | 'files-removed' | 'files-moved' | 'size-delta', string>
>;

export function diffOutputs(comparison: Comparison): DiffOutputs {
  if (comparison.kind !== 'compared') {
    return { 'files-added': '', 'files-changed': '', 'files-removed': '', 'files-moved': '', 'size-delta': '' };
  }
  const { added, changed, removed, moved } = countChanges(comparison.diff);
  return {
    'files-added': String(added),
    'files-changed': String(changed),
    'files-removed': String(removed),
    'files-moved': String(moved),
    'size-delta': String(sizeDelta(comparison.diff)),
  };
}

/** The whole comparison for the machine-readable report: `null` is what nobody knows. */
export function reportComparison(comparison: Comparison): Readonly<Record<string, unknown>> {
  if (comparison.kind === 'none') return { kind: comparison.kind, reason: comparison.reason };
  const { cid, label, commit } = comparison.base;
  const base = { cid, label, commit: commit ?? null };
  if (comparison.kind === 'unavailable') return { kind: comparison.kind, base, reason: comparison.reason };
  const { diff, encoding, rebuild, effort } = comparison;
  const { before, after, unchanged } = diff;
  return {
    kind: comparison.kind,
    base,
    totals: {
      ...countChanges(diff),
      before: before ?? null,
      after: after ?? null,
      unchanged: unchanged ?? null,
      bytesDelta: sizeDelta(diff),
    },
    changes: diff.changes.map(reportChange),
    encoding: encoding ?? null,
    rebuild: rebuild ?? null,
    effort,
  };
}

function reportChange(change: FileChange): Readonly<Record<string, unknown>> {
  return {
    kind: change.kind,
    path: change.path,
    from: change.kind === 'moved' ? change.from : null,
    before: change.kind === 'added' ? null : change.before,
    after: change.kind === 'removed' ? null : change.after,
  };
}
