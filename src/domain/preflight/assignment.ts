import { createAbsolutePathsRule } from './absolute-paths.ts';
import type { RuleName } from './finding.ts';
import type { AskedRule } from './inspection.ts';
import { createLimitsRule } from './limits.ts';
import { createNamesRule } from './names.ts';
import { createNftRule } from './nft.ts';
import type { PreflightPolicy } from './policy.ts';
import { RULE_NAMES } from './policy.ts';
import type { Site } from './rule.ts';
import { type Credential, createSecretsRule } from './secrets.ts';
import { createSinglePageRule } from './single-page.ts';

/** What is to be looked for in a build. */
export interface Assignment {
  readonly site: Site;
  readonly policy: PreflightPolicy;
  /** What must not be in it: the run's own. */
  readonly credentials: readonly Credential[];
}

/** What Pinata takes in one upload; a folder's number of files is documented, and a CAR has none. */
export const PINATA_LIMITS = { folderFiles: 30_000, uploadBytes: 25_000_000_000 } as const;

/** The rules that the policy does not turn off. */
export function assignedRules({ site, policy, credentials }: Assignment): readonly AskedRule[] {
  const rules: Readonly<Record<RuleName, AskedRule['rule']>> = {
    secrets: createSecretsRule({ credentials }),
    names: createNamesRule(site),
    'absolute-paths': createAbsolutePathsRule(site),
    'single-page': createSinglePageRule(site),
    nft: createNftRule(site, { forced: policy.named.includes('nft') }),
    limits: createLimitsRule(site, PINATA_LIMITS),
  };
  return RULE_NAMES.flatMap((name) => {
    const severity = policy.severities[name];
    return severity === 'off' ? [] : [{ rule: rules[name], severity }];
  });
}
