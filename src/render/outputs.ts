import { cidV0, contenthash } from '../domain/cid.ts';
import { mainLink, type Outcome, type Retention } from '../domain/outcome.ts';
import { bytesOf, reportRetention, unpinnedEntries } from './retention.ts';

/** The action's outputs, in the order of README. */
export const OUTPUT_NAMES = [
  'result',
  'cid',
  'cid-v0',
  'uri',
  'contenthash',
  'url',
  'urls',
  'previous-cid',
  'changed',
  'file-count',
  'size',
  'uploaded-bytes',
  'pin-id',
  'tags',
  'verified',
  'unpinned',
  'unpinned-count',
  'bytes-freed',
  'expires-at',
  'car-path',
  'report-path',
  'hash',
  'ipfs',
] as const;

export type OutputName = (typeof OUTPUT_NAMES)[number];
export type Outputs = Readonly<Record<OutputName, string>>;

/** What only the edge knows: files that were written. Empty when none was. */
export interface WrittenPaths {
  readonly carPath: string;
  readonly reportPath: string;
}

/** Every output on every path, '' where nothing is known. */
export function renderOutputs(outcome: Outcome, paths: WrittenPaths): Outputs {
  const nothing = Object.fromEntries(OUTPUT_NAMES.map((name) => [name, ''])) as Outputs;
  const written = { 'report-path': paths.reportPath, 'car-path': paths.carPath };
  return { ...nothing, result: resultOf(outcome), ...written, ...knownOutputs(outcome) };
}

/** The output `result`. */
function resultOf(outcome: Outcome): string {
  return outcome.kind === 'cleaned' && outcome.dryRun ? 'planned' : outcome.kind;
}

function knownOutputs(outcome: Outcome): Partial<Outputs> {
  switch (outcome.kind) {
    case 'skipped':
      return {};
    case 'cleaned':
      return { tags: outcome.tags.join('\n'), ...retentionOutputs(outcome.retention) };
    case 'listed':
      return retentionOutputs(outcome.retention);
    case 'planned':
      return { ...buildOutputs(outcome), ...retentionOutputs(outcome.retention) };
    case 'deployed':
    case 'unchanged':
      return { ...buildOutputs(outcome), ...liveOutputs(outcome), ...retentionOutputs(outcome.retention) };
  }
}

function buildOutputs({
  build,
  plan,
}: Extract<Outcome, { kind: 'planned' | 'deployed' | 'unchanged' }>): Partial<Outputs> {
  return {
    cid: build.root,
    'cid-v0': cidV0(build.root) ?? '',
    uri: `ipfs://${build.root}`,
    contenthash: contenthash(build.root),
    'previous-cid': plan.previous ?? '',
    changed: String(plan.changed),
    'file-count': String(build.listing.size),
    size: String(build.bytes),
    tags: plan.tags.join('\n'),
    hash: build.root,
    ipfs: build.root,
  };
}

function liveOutputs(outcome: Extract<Outcome, { kind: 'deployed' | 'unchanged' }>): Partial<Outputs> {
  return {
    url: mainLink(outcome.probes) ?? '',
    urls: JSON.stringify(outcome.probes.map(({ link, state, note }) => ({ url: link, state, note }))),
    'uploaded-bytes': String(outcome.uploadedBytes),
    'pin-id': outcome.pin.id,
    verified: outcome.probes.some((probe) => probe.state === 'live') ? 'gateway' : 'pin',
    'expires-at': outcome.expiresAt?.toISOString() ?? '',
  };
}

/** A job's outputs have a limit of 1 MB together. */
const MAX_JSON_LENGTH = 100_000;

function retentionOutputs(retention: Retention): Partial<Outputs> {
  const entries = [...unpinnedEntries(retention)];
  while (JSON.stringify(entries).length > MAX_JSON_LENGTH) entries.pop();
  return {
    unpinned: JSON.stringify(entries),
    'unpinned-count': String(retention.unpinned.length),
    'bytes-freed': String(retention.unpinned.reduce((sum, row) => sum + bytesOf(row), 0)),
  };
}

/** The outputs of a run that failed. */
export function failedOutputs(): Outputs {
  return { ...(Object.fromEntries(OUTPUT_NAMES.map((name) => [name, ''])) as Outputs), result: 'failed' };
}

/** The whole result for machines, with the version of its form. */
export function renderReport(outcome: Outcome): string {
  return `${JSON.stringify({ schema: 1, result: resultOf(outcome), ...reportOf(outcome) }, undefined, 2)}\n`;
}

function reportOf(outcome: Outcome): Readonly<Record<string, unknown>> {
  if (outcome.kind === 'skipped') return { reason: outcome.reason };
  const retention = reportRetention(outcome.retention);
  if (outcome.kind === 'cleaned') return { tags: outcome.tags, retention };
  if (outcome.kind === 'listed') return { usage: outcome.usage ?? null, retention };
  const { build, plan } = outcome;
  return {
    cid: build.root,
    profile: build.profile,
    previousCid: plan.previous ?? null,
    changed: plan.changed,
    tags: plan.tags,
    bytes: build.bytes,
    blocks: build.blocks,
    ...(outcome.kind === 'planned'
      ? {}
      : {
          pinId: outcome.pin.id,
          uploadedBytes: outcome.uploadedBytes,
          links: outcome.probes,
          expiresAt: outcome.expiresAt?.toISOString() ?? null,
        }),
    retention,
    files: Object.fromEntries(build.listing),
  };
}
