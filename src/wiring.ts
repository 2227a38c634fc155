import { createGateways } from './adapters/gateway/probe.ts';
import { createRepository, explainGitHub } from './adapters/github/repository.ts';
import { createTraffic, type Traffic } from './adapters/http/traffic.ts';
import { explainPinata } from './adapters/pinata/errors.ts';
import { createPinataPins } from './adapters/pinata/pins.ts';
import { writeCar } from './adapters/unixfs/car-file.ts';
import { buildDag } from './adapters/unixfs/dag.ts';
import { ActionError } from './domain/errors.ts';
import type { FoundFiles } from './domain/file-rules.ts';
import type { Known } from './domain/github.ts';
import type { GatewayTemplate } from './domain/link.ts';
import type { Build, CidProfile } from './domain/listing.ts';
import type { Inputs } from './inputs.ts';
import type { CleanupPorts } from './modes/cleanup.ts';
import type { DeployPorts } from './modes/decide.ts';
import type { Clock, GitHub, Log } from './ports.ts';
import { renderPlan } from './render/plan.ts';
import { renderRetention } from './render/retention.ts';
import { renderBytes, renderMs } from './render/units.ts';

type Values = Inputs['values'];

/** What every mode is wired from. */
export interface Wiring {
  readonly values: Values;
  readonly jwt: string;
  /** `owner/name` of the repository that this run belongs to. */
  readonly repository: string;
  readonly project: string;
  readonly now: Date;
  readonly log: Log;
}

/** Shorter waits for another attempt are not worth a line. */
const NOTED_WAIT_MS = 2000;

const clock: Clock = {
  now: () => performance.now(),
  date: () => new Date(),
  pause: (ms) => new Promise((resolve) => setTimeout(resolve, ms)),
};

/** What a cleanup and a list work with. */
export function cleanupPorts(wiring: Wiring): CleanupPorts {
  return accountPorts(wiring, new AbortController().signal);
}

function accountPorts(wiring: Wiring, deadline: AbortSignal): CleanupPorts {
  const { values, log, jwt, now } = wiring;
  return {
    log,
    clock,
    pins: createPinataPins({
      jwt,
      apiUrl: values['pinata-api-url'],
      uploadUrl: values['pinata-upload-url'],
      network: values.network,
      gateway: values['pinata-gateway'],
      traffic: pinataTraffic(values, log, deadline),
    }),
    github: github(wiring),
    showRetention: (rows) => log.group('Versions of this project', renderRetention(rows, now)),
  };
}

function pinataTraffic(values: Values, log: Log, deadline: AbortSignal): Traffic {
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

const GITHUB_TIMEOUT_MS = 60_000;

/** Numbers of pull requests mean something only in the repository that a project is named after. */
function github({ values, repository, project }: Wiring): GitHub {
  const traffic = (): Traffic =>
    createTraffic({
      service: 'GitHub',
      requestsPerMinute: 600,
      concurrency: 4,
      firstDelayMs: 500,
      deadline: AbortSignal.timeout(GITHUB_TIMEOUT_MS),
      explain: explainGitHub,
      onRetry: () => {},
    });
  const known = createRepository({ repository, token: values['github-token'] ?? '', traffic });
  const [owner = ''] = project.split('#');
  if (owner.toLowerCase() === repository.toLowerCase()) return known;
  const foreign = `the project ${project} is not named after the repository ${repository}`;
  const denied: Known<never> = { kind: 'denied', reason: foreign };
  return { ...known, pullRequests: () => Promise.resolve(denied) };
}

/** What a deploy of these files works with. */
export function deployPorts(wiring: Wiring, found: FoundFiles): DeployPorts {
  const { values, log } = wiring;
  const { deadline, transferred } = startDeadline(values.timeout);
  return {
    ...accountPorts(wiring, deadline),
    gateways: createGateways({
      templates: gatewayTemplates(values),
      dedicatedKey: values['pinata-gateway-key'],
      timeoutMs: values['verify-timeout'],
      look: values.verify === 'gateway' ? 'gateway' : 'none',
    }),
    ...hasher(wiring, found, deadline),
    transferred,
    keepCar: async (build) => {
      if (values['car-file'] === undefined) return;
      await writeCar(build.car, values['car-file']);
      log.line(`Wrote the CAR, ${renderBytes(build.car.bytes)}, to ${values['car-file']}.`);
    },
    showUpload: (upload, ms) => log.line(`Uploaded ${renderBytes(upload.sentBytes)} in ${renderMs(ms)}.`),
  };
}

/** The time for the transfer. What follows it is short, and bounded by the request policy alone. */
function startDeadline(timeoutMs: number): { readonly deadline: AbortSignal; readonly transferred: () => void } {
  const controller = new AbortController();
  const expire = (): void =>
    controller.abort(
      new ActionError('network', `The transfer took longer than timeout (${renderMs(timeoutMs)}).`, {
        hint: 'Run the job again, or give timeout more time. What was pinned before stays pinned.',
      }),
    );
  const timer = setTimeout(expire, timeoutMs).unref();
  return { deadline: controller.signal, transferred: () => clearTimeout(timer) };
}

/** The account's own gateway first: it has the content soonest. */
function gatewayTemplates(values: Values): readonly GatewayTemplate[] {
  const domain = values['pinata-gateway'];
  const own = values['pinata-gateway-url'] ?? (domain === undefined ? undefined : `https://${domain}`);
  return [
    ...(own === undefined ? [] : [{ template: `${own}/ipfs/{cid}`, dedicated: true }]),
    ...values.gateways
      // The account's own gateway may be among the templates.
      .filter((template) => own === undefined || !template.startsWith(`${own}/`))
      .map((template) => ({ template, dedicated: false })),
  ];
}

/** Hashes with progress, once for each profile, and remembers how long it took for the line that announces the plan. */
function hasher(
  { log, now }: Wiring,
  found: FoundFiles,
  signal: AbortSignal,
): { build: DeployPorts['build']; showPlan: DeployPorts['showPlan'] } {
  const took = new WeakMap<Build, number>();
  const builds = new Map<CidProfile, Promise<Build>>();
  const hash = async (profile: CidProfile): Promise<Build> => {
    const began = performance.now();
    let done = 0;
    const onBytes = (bytes: number): void => {
      done += bytes;
      log.progress('Hashed', done, found.bytes);
    };
    const build = await buildDag(found.content, profile, { signal, onBytes });
    took.set(build, performance.now() - began);
    return build;
  };
  return {
    build: (profile) => {
      const build = builds.get(profile) ?? hash(profile);
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
