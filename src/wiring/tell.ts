import { createComments } from '../adapters/github/comments.ts';
import { createDeployments } from '../adapters/github/deployments.ts';
import { createReleases } from '../adapters/github/releases.ts';
import type { Traffic } from '../adapters/http/traffic.ts';
import type { TellPorts } from '../modes/tell.ts';
import { github, githubTraffic, type Wiring } from './account.ts';

/** For all that is told: a deploy that is live does not wait for GitHub. */
const TIMEOUT_MS = 60_000;

/** What tells on GitHub. */
export function tellPorts(wiring: Wiring): TellPorts {
  let shared: Traffic | undefined;
  const traffic = (): Traffic => {
    shared ??= githubTraffic(AbortSignal.timeout(TIMEOUT_MS));
    return shared;
  };
  const options = { repository: wiring.repository, token: wiring.values['github-token'] ?? '', traffic };
  return {
    log: wiring.log,
    comments: createComments(options),
    deployments: createDeployments(options),
    releases: createReleases(options),
    github: github(wiring, TIMEOUT_MS),
  };
}
