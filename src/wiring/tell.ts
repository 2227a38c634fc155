import { createComments } from '../adapters/github/comments.ts';
import { createDeployments } from '../adapters/github/deployments.ts';
import { createIssues } from '../adapters/github/issues.ts';
import { createReleases } from '../adapters/github/releases.ts';
import { createRepository } from '../adapters/github/repository.ts';
import type { Traffic } from '../adapters/http/traffic.ts';
import type { TellPorts } from '../modes/tell.ts';
import type { Log } from '../ports.ts';
import { clock, githubTraffic } from './wiring.ts';

/** For all that is told: a deploy that is live does not wait for GitHub. */
const TIMEOUT_MS = 60_000;

export interface Speaker {
  readonly log: Log;
  readonly repository: string;
  readonly token: string;
}

/** What tells on GitHub. */
export function tellPorts({ log, repository, token }: Speaker): TellPorts {
  let shared: Traffic | undefined;
  const traffic = (): Traffic => {
    shared ??= githubTraffic(AbortSignal.timeout(TIMEOUT_MS));
    return shared;
  };
  const options = { repository, token, traffic };
  return {
    log,
    clock,
    comments: createComments(options),
    deployments: createDeployments(options),
    issues: createIssues(options),
    releases: createReleases(options),
    // The comment is on a pull request of this repository, whatever the project is called.
    github: createRepository(options),
  };
}
