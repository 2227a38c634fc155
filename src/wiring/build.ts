import { buildDag } from '../adapters/unixfs/dag.ts';
import { inStep } from '../domain/errors.ts';
import type { Build, CidProfile } from '../domain/listing.ts';
import { credentialForms } from '../domain/preflight/credential.ts';
import type { Preflight } from '../domain/preflight/finding.ts';
import { createHider } from '../domain/preflight/hider.ts';
import type { DeployPorts } from '../modes/decide.ts';
import type { DiffPorts } from '../modes/diff.ts';
import { renderDiffLine, renderDiffLines } from '../render/diff-lines.ts';
import { renderPlan } from '../render/plan.ts';
import { renderFindingCounts, renderFindingLines, renderWarnings } from '../render/preflight.ts';
import { renderRebuildWarning } from '../render/rebuild.ts';
import { renderRetention } from '../render/retention.ts';
import { renderBytes, renderMs } from '../render/units.ts';
import { github } from './account.ts';
import type { Material } from './inspect.ts';
import type { Trees } from './trees.ts';
import type { Wiring } from './wiring.ts';

/** A diff is worth no longer wait for GitHub. */
const QUICK_MS = 8000;

/** What a build is hashed and compared with. */
export function assessPorts(
  wiring: Wiring,
  { material, trees }: { readonly material: Material; readonly trees: Trees },
  deadline: AbortSignal,
): DiffPorts & Pick<DeployPorts, 'showPlan'> {
  const { log } = wiring;
  return {
    log,
    github: github(wiring, QUICK_MS),
    commitTrees: github(wiring, QUICK_MS).commitTrees,
    ...hasher(wiring, material, deadline),
    hide: createHider(credentialForms(wiring.credentials)),
    showPreflight: (preflight) => {
      const lines = renderFindingLines(preflight);
      if (lines.length > 0) log.group(`Preflight: ${renderFindingCounts(preflight)}`, lines);
      for (const warning of renderWarnings(preflight)) log.warn(warning);
    },
    publishedTree: trees,
    showComparison: showComparison(wiring),
  };
}

/** Says how two versions differ, as far as it is known. */
export function showComparison({ log, recorder }: Wiring): DiffPorts['showComparison'] {
  return (comparison) => {
    log.line(renderDiffLine(comparison));
    if (comparison.kind === 'compared') recorder.phase('Compare', comparison.effort.ms);
    const lines = renderDiffLines(comparison);
    if (lines.length > 0) log.group('Compare', lines);
    const rebuild = comparison.kind === 'compared' ? comparison.rebuild : undefined;
    if (rebuild !== undefined) log.warn(renderRebuildWarning(rebuild));
  };
}

/** Hashes with progress, once for each profile, and remembers how long it took for the line that announces the plan. */
function hasher(
  { log, now, recorder }: Wiring,
  { found, inspections }: Material,
  signal: AbortSignal,
): Pick<DeployPorts, 'build' | 'showPlan' | 'preflight'> {
  const took = new WeakMap<Build, number>();
  const builds = new Map<CidProfile, Promise<Build>>();
  const looks = new WeakMap<Build, () => Promise<Preflight>>();
  const hash = async (profile: CidProfile): Promise<Build> => {
    const inspection = inspections?.next(found);
    const began = performance.now();
    let done = 0;
    const onBytes = (bytes: number): void => {
      done += bytes;
      log.progress('Hashed', done, found.bytes);
    };
    const build = await buildDag(found.content, profile, {
      signal,
      onBytes,
      onlooker: (files) => inspection?.begin(files),
    });
    if (inspection !== undefined) looks.set(build, inspection.finish);
    const ms = performance.now() - began;
    took.set(build, ms);
    recorder.phase('Hash', ms);
    return build;
  };
  return {
    preflight: async (build) => looks.get(build)?.(),
    build: (profile) => {
      const build = builds.get(profile) ?? inStep('hashing', () => hash(profile));
      builds.set(profile, build);
      return build;
    },
    showPlan: (plan, build) => {
      log.line(
        `Hashed ${renderBytes(build.bytes)} in ${renderMs(took.get(build) ?? 0)}: ${build.root} (${build.profile}).`,
      );
      log.group('Plan', [...renderPlan(plan, build), '', ...renderRetention(plan.retention, now)]);
    },
  };
}
