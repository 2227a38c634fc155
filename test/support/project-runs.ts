import { expect } from 'vitest';
import { deployInputs } from './deploy-inputs.ts';
import { pushTo, type RunEvent, schedule } from './events.ts';
import { type DistRun, runDist } from './run-dist.ts';
import type { AnyEmulator } from './seed-pins.ts';
import { tempTree } from './temp-tree.ts';

/** What a run of one project is given beside what all runs of a test have in common. */
export interface RunOptions {
  readonly inputs?: Readonly<Record<string, string>>;
  readonly event?: RunEvent;
  readonly env?: Readonly<Record<string, string>>;
}

/** Runs of one project against one emulator, whose GitHub they ask. */
export interface ProjectRuns {
  /** Deploys a site of one page with this text; a push to the default branch when no event is given. */
  deploy(text: string, options?: RunOptions): Promise<DistRun>;
  /** Runs without content: a sweep by the clock when no event is given. */
  clean(options?: RunOptions): Promise<DistRun>;
}

/** @param common inputs of every run; what a single run gives goes over them. */
export function runsOf(
  emulator: AnyEmulator,
  project: string,
  common: Readonly<Record<string, string>> = {},
): ProjectRuns {
  const run = async (path: string, { inputs = {}, event = pushTo('main'), env = {} }: RunOptions): Promise<DistRun> =>
    await runDist({
      inputs: deployInputs(emulator, path, {
        project,
        'requests-per-minute': '6000',
        'github-token': emulator.githubToken,
        ...common,
        ...inputs,
      }),
      event,
      env: { GITHUB_API_URL: emulator.githubUrl, ...env },
    });
  return {
    deploy: async (text, options = {}) => {
      using site = tempTree({ 'index.html': text });
      return await run(site.root, options);
    },
    clean: async (options = {}) => await run('', { event: schedule(), ...options }),
  };
}

/** The same run, having ended well. */
export function fine(run: DistRun): DistRun {
  expect(run.exitCode, run.log).toBe(0);
  return run;
}

/** One row of the report about old content. */
export interface ReportedRevision {
  readonly cid: string;
  readonly tags: readonly string[];
  readonly decision: string;
  readonly verdict: string;
  readonly reason: string;
}

/** What the report tells about old content. */
export function retentionOf(run: DistRun): {
  readonly notApplied: string | null;
  readonly unpinned: readonly string[];
  readonly failed: readonly { readonly cid: string; readonly reason: string }[];
  readonly spared: readonly { readonly cid: string; readonly reason: string }[];
  readonly revisions: readonly ReportedRevision[];
} {
  return (run.report as { retention: ReturnType<typeof retentionOf> }).retention;
}

/** The report's row of a CID. */
export function rowOf(run: DistRun, cid: string | undefined): ReportedRevision | undefined {
  return retentionOf(run).revisions.find((row) => row.cid === cid);
}

/** The lines that the log folds under a title. */
export function groupIn(log: string, title: string): readonly string[] {
  const [, after = ''] = log.split(`::group::${title}\n`);
  return (after.split('::endgroup::')[0] ?? '').split('\n').filter((line) => line !== '');
}
