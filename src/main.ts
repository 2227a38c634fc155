import { readRunContext } from './adapters/github/event.ts';
import { readCacheService } from './adapters/github/listing-cache.ts';
import { createLog } from './adapters/runner/log.ts';
import { fail, mask, readInput, writeOutputs, writeReport, writeSummary } from './adapters/runner/runner.ts';
import { asActionError } from './domain/errors.ts';
import type { Outcome } from './domain/outcome.ts';
import type { Mode } from './domain/run.ts';
import { type InputName, type Inputs, parseInputs, SECRET_INPUTS } from './inputs.ts';
import { failedOutputs, renderOutputs, renderReport } from './render/outputs.ts';
import { overBudget } from './render/size-budget.ts';
import { renderFailure, renderSummary, type SummaryContext, type Undertaking } from './render/summary.ts';
import { renderBytes } from './render/units.ts';
import { runMode } from './runs.ts';

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
    const wiring = {
      values: inputs.values,
      jwt: read('pinata-jwt') || read('pinata-jwt-token'),
      repository: context.repository,
      project: inputs.values.project || context.repository,
      now: new Date(),
      log,
      cacheService: readCacheService(),
    };
    const outcome = await runMode(inputs.mode, wiring, context);
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
