import { readRunContext } from './adapters/github/event.ts';
import { readCacheService } from './adapters/github/listing-cache.ts';
import { createLog } from './adapters/runner/log.ts';
import { fail, mask, readInput, writeOutputs, writeReport, writeSummary } from './adapters/runner/runner.ts';
import { refuseCarInside } from './adapters/unixfs/car-file.ts';
import { listFiles } from './adapters/unixfs/walk.ts';
import { ActionError, asActionError } from './domain/errors.ts';
import type { FoundFiles } from './domain/file-rules.ts';
import { mainLink, type Outcome, type Retention } from './domain/outcome.ts';
import type { Mode, RunContext } from './domain/run.ts';
import { type InputName, type Inputs, parseInputs, SECRET_INPUTS } from './inputs.ts';
import { cleanup } from './modes/cleanup.ts';
import { deploy } from './modes/deploy.ts';
import { diff } from './modes/diff.ts';
import { list } from './modes/list.ts';
import { cleanupRun, type DeployOccasion, deployRun, diffRun, type Occasion } from './orders.ts';
import { failedOutputs, renderOutputs, renderReport } from './render/outputs.ts';
import { renderRetentionLine } from './render/retention.ts';
import { overBudget } from './render/size-budget.ts';
import {
  HOW_TO_PUBLISH,
  renderFailure,
  renderSummary,
  type SummaryContext,
  type Undertaking,
} from './render/summary.ts';
import { renderBytes, renderCount, shortPath } from './render/units.ts';
import { cleanupPorts, type Wiring } from './wiring/account.ts';
import { assessPorts } from './wiring/build.ts';
import { deployPorts } from './wiring/deploy.ts';

type Values = Inputs['values'];

const log = createLog(renderBytes);

/** An input; the JWT may also come from the environment, as in other tools for Pinata. */
function read(name: InputName): string {
  return readInput(name) || (name === 'pinata-jwt' ? (process.env.PINATA_JWT ?? '').trim() : '');
}

const UNDERTAKINGS: Readonly<Record<Mode['kind'], Undertaking>> = {
  deploy: 'Deploy',
  diff: 'Diff',
  skip: 'Deploy',
  refuse: 'Deploy',
  cleanup: 'Cleanup',
  list: 'List',
};

async function main(): Promise<void> {
  for (const name of SECRET_INPUTS) mask(read(name));
  mask(readCacheService().token);
  const context = readRunContext();
  const summaryContext: SummaryContext = {
    project: read('project') || context.repository,
    commit: context.commit,
    runUrl: context.runUrl,
  };
  const wantsSummary = read('summary') !== 'false';
  let undertaking: Undertaking = 'Deploy';
  try {
    const inputs = parseInputs(read, context);
    undertaking = UNDERTAKINGS[inputs.mode.kind];
    for (const deprecation of inputs.deprecations) log.warn(deprecation);
    const outcome = await runMode(inputs, context);
    if (outcome.kind === 'over-budget') fail(overBudget(outcome.budget));
    await publish(outcome, {
      carPath: writtenCar(outcome, inputs.values),
      summary: wantsSummary ? renderSummary(outcome, summaryContext) : '',
    });
  } catch (thrown) {
    const error = asActionError(thrown);
    fail(error);
    writeOutputs(failedOutputs());
    if (wantsSummary) await writeSummary(renderFailure(error, summaryContext, undertaking)).catch(() => false);
  }
}

async function runMode({ mode, values }: Inputs, context: RunContext): Promise<Outcome> {
  const now = new Date();
  const project = values.project || context.repository;
  const jwt = read('pinata-jwt') || read('pinata-jwt-token');
  const wiring: Wiring = {
    values,
    jwt,
    repository: context.repository,
    project,
    now,
    log,
    cacheService: readCacheService(),
  };
  switch (mode.kind) {
    case 'deploy':
      return await runDeploy(wiring, { context, now, mode: mode.kind });
    case 'diff':
      return jwt === ''
        ? await runDiff(wiring, context, mode.reason)
        : await runDeploy(wiring, { context, now, mode: mode.kind });
    case 'cleanup':
    case 'list':
      return await runCleanup(wiring, { context, now }, mode);
    case 'skip':
    case 'refuse':
      return skipped(mode.reason);
  }
}

function skipped(reason: string): Outcome {
  log.notice(`Nothing to do: ${reason}.`);
  return { kind: 'skipped', reason: `${reason}.` };
}

async function runCleanup(wiring: Wiring, occasion: Occasion, mode: Mode): Promise<Outcome> {
  const run = cleanupRun(wiring.values, occasion, mode);
  const tags = [...run.policy.givenUp.keys()];
  const aim = mode.kind === 'list' ? 'Listing' : tags.length === 0 ? 'Sweeping' : `Giving up ${tags.join(', ')} of`;
  log.line(`${aim} project ${run.policy.project.name}.`);
  const outcome =
    mode.kind === 'list' ? await list(run, cleanupPorts(wiring)) : await cleanup(run, cleanupPorts(wiring));
  if ('retention' in outcome) logRetention(outcome);
  return outcome;
}

function logRetention(outcome: Extract<Outcome, { retention: Retention }>): void {
  log.line(renderRetentionLine(outcome.retention));
  if (outcome.kind !== 'listed') return;
  const { usage } = outcome;
  log.line(
    usage === undefined
      ? 'What the whole account uses is not known: the key may not ask.'
      : `The account holds ${renderCount(usage.pins, 'pin')}, ${renderBytes(usage.bytes)}.`,
  );
}

/** Without a key. The time for the transfer is the time for all of it. */
async function runDiff(wiring: Wiring, context: RunContext, reason: string | undefined): Promise<Outcome> {
  const { values } = wiring;
  const found = await findFiles(values);
  if (found === undefined) return skipped(`no files found at ${values.path}`);
  log.line(
    `Comparing ${renderCount(fileCount(found), 'file')}, ${renderBytes(found.bytes)}, from ${values.path}; nothing is published.`,
  );
  const outcome = await diff(
    diffRun(values, context, reason),
    assessPorts(wiring, found, AbortSignal.timeout(values.timeout)),
  );
  if (reason !== undefined) log.notice(`Not published: ${reason}. ${HOW_TO_PUBLISH}`);
  return outcome;
}

async function runDeploy(wiring: Wiring, occasion: DeployOccasion): Promise<Outcome> {
  const { values } = wiring;
  const found = await findFiles(values);
  if (found === undefined) return skipped(`no files found at ${values.path}`);
  const run = deployRun(values, occasion, found);
  const tags = run.tags.length === 0 ? 'without a tag' : `as ${run.tags.join(', ')}`;
  log.line(
    `Deploying ${renderCount(fileCount(found), 'file')}, ${renderBytes(found.bytes)}, from ${values.path} to project ${run.project.name} ${tags}.`,
  );
  const outcome = await deploy(run, deployPorts(wiring, found));
  if (outcome.kind === 'planned') log.line('Dry run: nothing was written.');
  if (outcome.kind === 'deployed' || outcome.kind === 'unchanged') {
    const link = mainLink(outcome.probes);
    if (link !== undefined) log.line(`${values.verify === 'gateway' ? 'Open it' : 'Link, not opened'}: ${link}`);
    logRetention(outcome);
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
