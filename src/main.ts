import { createGateways } from './adapters/gateway/probe.ts';
import { readRunContext } from './adapters/github/event.ts';
import { createTraffic } from './adapters/http/traffic.ts';
import { explainPinata } from './adapters/pinata/errors.ts';
import { createPinataPins } from './adapters/pinata/pins.ts';
import { createLog } from './adapters/runner/log.ts';
import { fail, mask, readInput, writeOutputs, writeReport, writeSummary } from './adapters/runner/runner.ts';
import { refuseCarInside, writeCar } from './adapters/unixfs/car-file.ts';
import { buildDag } from './adapters/unixfs/dag.ts';
import { listFiles } from './adapters/unixfs/walk.ts';
import { ActionError, asActionError } from './domain/errors.ts';
import type { FoundFiles } from './domain/file-rules.ts';
import type { GatewayTemplate } from './domain/link.ts';
import type { Build } from './domain/listing.ts';
import { mainLink, type Outcome } from './domain/outcome.ts';
import { computeTags, type RunContext, renderPinName } from './domain/run.ts';
import { projectOf } from './domain/tag.ts';
import { type InputName, type Inputs, parseInputs, SECRET_INPUTS } from './inputs.ts';
import type { DeployPorts, DeployRun } from './modes/decide.ts';
import { deploy } from './modes/deploy.ts';
import { failedOutputs, renderOutputs, renderReport } from './render/outputs.ts';
import { renderPlan } from './render/plan.ts';
import { renderFailure, renderSummary, type SummaryContext } from './render/summary.ts';
import { renderBytes, renderCount, renderMs, shortPath } from './render/units.ts';

type Values = Inputs['values'];

const log = createLog(renderBytes);

/** An input; the JWT may also come from the environment, as in other tools for Pinata. */
function read(name: InputName): string {
  return readInput(name) || (name === 'pinata-jwt' ? (process.env.PINATA_JWT ?? '').trim() : '');
}

async function main(): Promise<void> {
  for (const name of SECRET_INPUTS) mask(read(name));
  const context = readRunContext();
  const summaryContext: SummaryContext = {
    project: read('project') || context.repository,
    commit: context.commit,
    runUrl: context.runUrl,
  };
  const wantsSummary = read('summary') !== 'false';
  try {
    const inputs = parseInputs(read, context);
    for (const deprecation of inputs.deprecations) log.warn(deprecation);
    const outcome =
      inputs.mode.kind === 'deploy' ? await runDeploy(inputs.values, context) : skipped(inputs.mode.reason);
    await publish(outcome, {
      carPath: writtenCar(outcome, inputs.values),
      summary: wantsSummary ? renderSummary(outcome, summaryContext) : '',
    });
  } catch (thrown) {
    const error = asActionError(thrown);
    fail(error);
    writeOutputs(failedOutputs());
    if (wantsSummary) await writeSummary(renderFailure(error, summaryContext)).catch(() => false);
  }
}

function skipped(reason: string): Outcome {
  log.notice(`Nothing to deploy: ${reason}.`);
  return { kind: 'skipped', reason: `${reason}.` };
}

/** Shorter waits for another attempt are not worth a line. */
const NOTED_WAIT_MS = 2000;

async function runDeploy(values: Values, context: RunContext): Promise<Outcome> {
  const found = await findFiles(values);
  if (found === undefined) return skipped(`no files found at ${values.path}`);
  const run = deployRun(values, context, found);
  const tags = run.tags.length === 0 ? 'without a tag' : `as ${run.tags.join(', ')}`;
  log.line(
    `Deploying ${renderCount(fileCount(found), 'file')}, ${renderBytes(found.bytes)}, from ${values.path} to project ${run.project.name} ${tags}.`,
  );
  const outcome = await deploy(run, deployPorts(values, found));
  if (outcome.kind === 'planned') log.line('Dry run: nothing was written.');
  if (outcome.kind === 'deployed' || outcome.kind === 'unchanged') {
    const link = mainLink(outcome.probes);
    if (link !== undefined) log.line(`${values.verify === 'gateway' ? 'Open it' : 'Link, not opened'}: ${link}`);
  }
  return outcome;
}

function fileCount(found: FoundFiles): number {
  return found.content.kind === 'directory' ? found.content.entries.filter((entry) => entry.kind === 'file').length : 1;
}

async function findFiles(values: Values): Promise<FoundFiles | undefined> {
  if (values['car-file'] !== undefined) refuseCarInside(values.path, values['car-file']);
  const hidden = { auto: 'auto', true: 'include', false: 'exclude' } as const;
  const found = await listFiles(values.path, {
    include: values.include,
    exclude: values.exclude,
    ignoreFile: values['ignore-file'],
    hiddenFiles: hidden[values['include-hidden-files']],
    symlinks: values.symlinks,
  });
  for (const warning of found.warnings) log.warn(warning);
  if (found.leftOut.length > 0) {
    log.group(`Left out ${renderCount(found.leftOut.length, 'path')}`, leftOutLines(found));
  }
  if (fileCount(found) > 0) return found;
  const message = `No files found at ${values.path}${found.leftOut.length > 0 ? `; the rules left out ${renderCount(found.leftOut.length, 'path')}` : ''}.`;
  if (values['if-no-files-found'] === 'error') {
    throw new ActionError('input', message, {
      hint: 'Check path, include and exclude, and that the build ran before this step. Nothing was sent.',
    });
  }
  if (values['if-no-files-found'] === 'warn') log.warn(message);
  return undefined;
}

const SHOWN_LEFT_OUT = 50;

function leftOutLines({ leftOut }: FoundFiles): readonly string[] {
  const shown = leftOut.slice(0, SHOWN_LEFT_OUT).map(({ path, reason }) => `${shortPath(path)} (${reason})`);
  return leftOut.length > SHOWN_LEFT_OUT ? [...shown, `and ${leftOut.length - SHOWN_LEFT_OUT} more`] : shown;
}

function deployRun(values: Values, context: RunContext, found: FoundFiles): DeployRun {
  const project = projectOf(values.project || context.repository);
  const tags = values.tags.length > 0 ? values.tags : computeTags(context);
  const sha = context.commit || '0'.repeat(40);
  return {
    content: found.content,
    profile: values['cid-profile'],
    method: values['upload-method'],
    network: values.network,
    project,
    tags,
    commit: sha.slice(0, 7),
    now: new Date(),
    metadata: values.metadata,
    expectedCid: values['expected-cid'],
    reusePinned: values['reuse-pinned'],
    name: () => renderPinName(values.name, { project: project.name, sha, sha7: sha.slice(0, 7), tag: tags[0] ?? '' }),
    group: values.group,
    dryRun: values['dry-run'],
    failOnUnreachable: values['fail-on-unreachable'],
  };
}

function deployPorts(values: Values, found: FoundFiles): DeployPorts {
  const { deadline, transferred } = startDeadline(values.timeout);
  const traffic = createTraffic({
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
  return {
    log,
    pins: createPinataPins({
      jwt: read('pinata-jwt') || read('pinata-jwt-token'),
      apiUrl: values['pinata-api-url'],
      uploadUrl: values['pinata-upload-url'],
      network: values.network,
      traffic,
    }),
    gateways: createGateways({
      templates: gatewayTemplates(values),
      dedicatedKey: values['pinata-gateway-key'],
      timeoutMs: values['verify-timeout'],
      look: values.verify === 'gateway' ? 'gateway' : 'none',
    }),
    ...hasher(found, deadline),
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

/** Hashes with progress, and remembers how long it took for the line that announces the plan. */
function hasher(
  found: FoundFiles,
  signal: AbortSignal,
): { build: DeployPorts['build']; showPlan: DeployPorts['showPlan'] } {
  const took = new WeakMap<Build, number>();
  return {
    build: async (profile) => {
      const began = performance.now();
      let done = 0;
      const onBytes = (bytes: number): void => {
        done += bytes;
        log.progress('Hashed', done, found.bytes);
      };
      const build = await buildDag(found.content, profile, { signal, onBytes });
      took.set(build, performance.now() - began);
      return build;
    },
    showPlan: (plan, build) => {
      log.line(
        `Hashed ${renderBytes(build.bytes)} in ${renderMs(took.get(build) ?? 0)}: ${build.root} (${build.profile}).`,
      );
      log.group('Plan', renderPlan(plan, build));
    },
  };
}

/** The path of the CAR that was kept; a dry run keeps none. */
function writtenCar(outcome: Outcome, values: Values): string {
  return outcome.kind === 'deployed' || outcome.kind === 'unchanged' ? (values['car-file'] ?? '') : '';
}

/** What is live stays live: from here on a failure is only reported. */
async function publish(outcome: Outcome, texts: { readonly carPath: string; readonly summary: string }): Promise<void> {
  const reportPath = writeReport(renderReport(outcome)) ?? '';
  if (reportPath === '') log.warn('The report could not be written to RUNNER_TEMP.');
  if (!writeOutputs(renderOutputs(outcome, { carPath: texts.carPath, reportPath }))) {
    log.warn('The outputs could not be written to GITHUB_OUTPUT; later steps do not see them.');
  }
  if (texts.summary === '' || process.env.GITHUB_STEP_SUMMARY === undefined) return;
  if (!(await writeSummary(texts.summary).catch(() => false))) log.warn('The job summary could not be written.');
}

await main();
// Timers of the request budget would keep the runner waiting for up to a minute. A pipe takes a while to take a long log.
process.stdout.write('', () => process.stderr.write('', () => process.exit()));
