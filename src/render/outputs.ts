import { cidV0, contenthash } from '../domain/cid.ts';
import { mainLink, type Outcome } from '../domain/outcome.ts';

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
  const common = { ...nothing, result: outcome.kind, 'report-path': paths.reportPath, 'car-path': paths.carPath };
  if (outcome.kind === 'skipped') return common;
  const { build, plan } = outcome;
  const known = {
    ...common,
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
  if (outcome.kind === 'planned') return known;
  return {
    ...known,
    url: mainLink(outcome.probes) ?? '',
    urls: JSON.stringify(outcome.probes.map(({ link, state, note }) => ({ url: link, state, note }))),
    'uploaded-bytes': String(outcome.uploadedBytes),
    'pin-id': outcome.pin.id,
    verified: outcome.probes.some((probe) => probe.state === 'live') ? 'gateway' : 'pin',
  };
}

/** The outputs of a run that failed. */
export function failedOutputs(): Outputs {
  return { ...(Object.fromEntries(OUTPUT_NAMES.map((name) => [name, ''])) as Outputs), result: 'failed' };
}

/** The whole result for machines, with the version of its form. */
export function renderReport(outcome: Outcome): string {
  if (outcome.kind === 'skipped')
    return `${JSON.stringify({ schema: 1, result: 'skipped', reason: outcome.reason }, undefined, 2)}\n`;
  const { build, plan } = outcome;
  const files = Object.fromEntries(build.listing);
  const done =
    outcome.kind === 'planned'
      ? {}
      : { pinId: outcome.pin.id, uploadedBytes: outcome.uploadedBytes, links: outcome.probes };
  const report = {
    schema: 1,
    result: outcome.kind,
    cid: build.root,
    profile: build.profile,
    previousCid: plan.previous ?? null,
    changed: plan.changed,
    tags: plan.tags,
    bytes: build.bytes,
    blocks: build.blocks,
    ...done,
    files,
  };
  return `${JSON.stringify(report, undefined, 2)}\n`;
}
