import { createAbsolutePathsRule } from './absolute-paths.ts';
import type { Credential } from './credential.ts';
import type { RuleName } from './finding.ts';
import type { AskedRule } from './inspection.ts';
import { createLimitsRule } from './limits.ts';
import { createNamesRule } from './names.ts';
import { createNftRule } from './nft.ts';
import type { PreflightPolicy } from './policy.ts';
import { RULE_NAMES } from './policy.ts';
import type { Site } from './rule.ts';
import { createSecretsRule } from './secrets.ts';
import { createSinglePageRule } from './single-page.ts';

/** What is to be looked for in a build. */
export interface Assignment {
  readonly site: Site;
  readonly policy: PreflightPolicy;
  /** What must not be in it: the run's own. */
  readonly credentials: readonly Credential[];
  /** Files go one by one, and not as a CAR. */
  readonly asFolder: boolean;
}

/** What Pinata takes in one upload (docs.pinata.cloud, limits, August 2026); no number of files is known for a CAR. */
const UPLOAD_BYTES = 25_000_000_000;
const FOLDER_FILES = 30_000;

/** The rules that the policy does not turn off. */
export function assignedRules({ site, policy, credentials, asFolder }: Assignment): readonly AskedRule[] {
  const rules: Readonly<Record<RuleName, AskedRule['rule']>> = {
    secrets: createSecretsRule({ credentials }),
    names: createNamesRule(site),
    'absolute-paths': createAbsolutePathsRule(site),
    'single-page': createSinglePageRule(site),
    nft: createNftRule(site, { forced: policy.severities.nft === 'error' && policy.named.includes('nft') }),
    limits: createLimitsRule(site, { uploadBytes: UPLOAD_BYTES, folderFiles: asFolder ? FOLDER_FILES : undefined }),
  };
  return RULE_NAMES.flatMap((name) => {
    const severity = policy.severities[name];
    return severity === 'off' ? [] : [{ rule: rules[name], severity }];
  });
}
