import { createRepository } from '../adapters/github/repository.ts';
import { createTraffic, type Traffic } from '../adapters/http/traffic.ts';
import { explainPinata } from '../adapters/pinata/errors.ts';
import { createPinataPins, type PinataOptions } from '../adapters/pinata/pins.ts';
import type { Known } from '../domain/github.ts';
import type { Inputs } from '../inputs.ts';
import type { CleanupPorts } from '../modes/cleanup.ts';
import { readNamed } from '../modes/named-content.ts';
import { allNames } from '../orders.ts';
import type { GitHub, Log } from '../ports.ts';
import { renderRetention } from '../render/retention.ts';
import { renderMs } from '../render/units.ts';
import { mirrorsOf } from './mirrors.ts';
import { resolversOf } from './names.ts';
import { clock, githubTraffic, type PlainPinata, type Wiring } from './wiring.ts';

/** Shorter waits for another attempt are not worth a line. */
const NOTED_WAIT_MS = 2000;

/** What a cleanup and a list work with. */
export function cleanupPorts(wiring: Wiring): CleanupPorts {
  return accountPorts(wiring, new AbortController().signal);
}

/** The account itself, beside the ports that it makes. */
export interface AccountPorts extends CleanupPorts {
  readonly plain: PlainPinata;
}

export function accountPorts(wiring: Wiring, deadline: AbortSignal): AccountPorts {
  const { values, log, jwt, now } = wiring;
  const traffic = pinataTraffic(values, log, deadline);
  wiring.recorder.countRequests(traffic.sent);
  const options: PinataOptions = {
    jwt,
    apiUrl: values['pinata-api-url'],
    uploadUrl: values['pinata-upload-url'],
    network: values.network,
    gateway: values['pinata-gateway'],
    traffic,
  };
  const pins = createPinataPins(options);
  return {
    log,
    clock,
    plain: options,
    pins,
    mirrors: mirrorsOf(wiring),
    named: () => readNamed(allNames(values), { resolvers: resolversOf(wiring), pins }),
    github: github(wiring),
    showRetention: (rows) => log.group('Versions of this project', renderRetention(rows, now)),
  };
}

function pinataTraffic(values: Inputs['values'], log: Log, deadline: AbortSignal): Traffic {
  return createTraffic({
    service: 'Pinata',
    requestsPerMinute: values['requests-per-minute'],
    concurrency: values.concurrency,
    firstDelayMs: 500,
    deadline,
    explain: explainPinata,
    onRetry: (doing, why, delayMs) => {
      if (delayMs >= NOTED_WAIT_MS) log.line(`Waiting ${renderMs(delayMs)} to ${doing} again (${why}).`);
    },
  });
}

const GITHUB_TIMEOUT_MS = 30_000;

/** Numbers of pull requests mean something only in the repository that a project is named after. */
export function github({ values, repository, project }: Wiring, timeoutMs = GITHUB_TIMEOUT_MS): GitHub {
  const traffic = (): Traffic => githubTraffic(AbortSignal.timeout(timeoutMs));
  const known = createRepository({ repository, token: values['github-token'] ?? '', traffic });
  const [owner = ''] = project.split('#');
  if (owner.toLowerCase() === repository.toLowerCase()) return known;
  const foreign = `the project ${project} is not named after the repository ${repository}`;
  const denied: Known<never> = { kind: 'denied', reason: foreign };
  return { ...known, pullRequests: () => Promise.resolve(denied) };
}
