import type { Cid } from '../domain/cid.ts';
import { chooseBaseWithoutKey, type DiffBaseInput } from '../domain/diff-base.ts';
import { inStep } from '../domain/errors.ts';
import type { CidProfile } from '../domain/listing.ts';
import type { Outcome } from '../domain/outcome.ts';
import { requireExpected } from '../domain/plan.ts';
import type { GitHub } from '../ports.ts';
import { type Assessing, type AssessPorts, assess, refusalOf } from './assess.ts';

/** A diff without a key: everything up to the plan, as far as it can be known. */
export interface DiffRun extends Assessing {
  readonly project: string;
  readonly profile: CidProfile;
  readonly expectedCid: Cid | undefined;
  readonly diffBase: DiffBaseInput;
  /** Why there is no key, in words that follow "because"; undefined where the user asked for no more. */
  readonly reason: string | undefined;
}

export interface DiffPorts extends AssessPorts {
  readonly github: Pick<GitHub, 'activeDeployments'>;
}

/** Compares a build with what is published, and writes nothing anywhere. */
export async function diff(run: DiffRun, ports: DiffPorts): Promise<Outcome> {
  const build = await ports.build(run.profile);
  await inStep('planning', async () => requireExpected(build, run.expectedCid));
  const deployments = run.diffBase.kind === 'auto' ? await ports.github.activeDeployments() : undefined;
  const base = chooseBaseWithoutKey(run.diffBase, {
    project: run.project,
    deployments: deployments === undefined ? [] : deployments.kind === 'known' ? deployments.value : deployments.reason,
  });
  const assessed = await assess(build, { ...run, base }, ports);
  const refusal = refusalOf(assessed);
  if (refusal !== undefined) return { kind: refusal, build, plan: undefined, ...assessed };
  return { kind: 'compared', build, reason: run.reason, ...assessed };
}
