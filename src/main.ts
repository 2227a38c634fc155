import { dirname, join } from 'node:path';
import { readRunContext } from './adapters/github/event.ts';
import { readCacheService } from './adapters/github/listing-cache.ts';
import { createLog } from './adapters/runner/log.ts';
import {
  fail,
  mask,
  readInput,
  summaryRoom,
  writeOutputs,
  writeReport,
  writeSummary,
} from './adapters/runner/runner.ts';
import { type ActionError, asActionError, inStep } from './domain/errors.ts';
import type { Outcome } from './domain/outcome.ts';
import type { Credential } from './domain/preflight/credential.ts';
import type { Mode, RunContext } from './domain/run.ts';
import type { InputName } from './input-fields.ts';
import { type Inputs, parseInputs, SECRET_INPUTS, secretsIn } from './inputs.ts';
import { type Told, tell } from './modes/tell.ts';
import { failedOutputs, renderOutputs, type WrittenPaths } from './render/outputs.ts';
import { renderReport } from './render/report.ts';
import { failureIn, renderFailure, renderSummary, type SummaryContext, type Undertaking } from './render/summary.ts';
import { renderBytes } from './render/units.ts';
import { runMode } from './runs.ts';
import { type Audience, type Story, tellingOf } from './tellings.ts';
import { locate } from './wiring/locate.ts';
import { createRecorder, timed } from './wiring/record.ts';
import { tellPorts } from './wiring/tell.ts';
import type { Wiring } from './wiring/wiring.ts';

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
  promote: 'Promotion',
  rollback: 'Rollback',
  verify: 'Verification',
  list: 'List',
};

async function main(): Promise<void> {
  for (const name of SECRET_INPUTS) for (const secret of secretsIn(name, read(name))) mask(secret);
  mask(readCacheService().token);
  const context = await locate(readRunContext(), read('github-token'));
  const began = new Date();
  let inputs: Inputs;
  try {
    inputs = await inStep('reading the inputs', async () => parseInputs(read, context));
  } catch (thrown) {
    const error = asActionError(thrown);
    const told = await tellPeople({ kind: 'failed', error, undertaking: 'Deploy' }, rawAudience(context, began));
    await publishFailure(error, { context, undertaking: 'Deploy', ...told });
    return;
  }
  for (const deprecation of inputs.deprecations) log.warn(deprecation);
  await carryOut(inputs, context, began);
}

async function carryOut(inputs: Inputs, context: RunContext, now: Date): Promise<void> {
  const { values, mode } = inputs;
  const wiring: Wiring = {
    values,
    jwt: read('pinata-jwt') || read('pinata-jwt-token'),
    repository: context.repository,
    project: values.project || context.repository,
    now,
    log,
    cacheService: readCacheService(),
    recorder: createRecorder(values['requests-per-minute']),
    credentials: credentials(),
    // Beside this file, in the bundle.
    inspectorScript: join(dirname(process.argv[1] ?? ''), 'preflight', 'index.js'),
  };
  const undertaking = UNDERTAKINGS[mode.kind];
  const story = await runMode(mode, wiring, context).then(
    (outcome): Story => ({ kind: 'outcome', outcome }),
    (thrown: unknown): Story => ({ kind: 'failed', error: asActionError(thrown), undertaking }),
  );
  const told = await timed(wiring.recorder, 'Tell GitHub', () => tellPeople(story, audienceOf(wiring, context)));
  if (story.kind === 'failed') {
    await publishFailure(story.error, { context, undertaking, ...told });
    return;
  }
  const { outcome } = story;
  const failure = failureIn(outcome);
  if (failure !== undefined) fail(failure);
  await publish(outcome, {
    paths: { carPath: writtenCar(outcome, values), ...told },
    summary: values.summary
      ? renderSummary(outcome, { ...summaryContext(context), record: wiring.recorder.record() })
      : '',
  });
}

/** What must not be in a build: whoever reads it could use it. */
function credentials(): readonly Credential[] {
  const inputs = SECRET_INPUTS.flatMap((name) => secretsIn(name, read(name)).map((value) => ({ name, value })));
  return [...inputs, { name: "the runner's own token", value: readCacheService().token }].filter(
    ({ value }) => value !== '',
  );
}

/** What is live stays live, whatever becomes of the telling. */
async function tellPeople(story: Story, audience: Audience): Promise<Told> {
  try {
    const { token, context } = audience;
    return await tell(tellingOf(story, audience), tellPorts({ log, repository: context.repository, token }));
  } catch (thrown) {
    log.warn(`GitHub was not told: ${asActionError(thrown).message}`);
    return { commentUrl: '', deploymentId: '' };
  }
}

function audienceOf({ values, project, jwt, now }: Wiring, context: RunContext): Audience {
  return {
    project,
    token: values['github-token'] ?? '',
    comment: values.comment,
    deployment: values.deployment,
    commitStatus: values['commit-status'],
    // What is fine about some tags closes no issue about the others.
    healthIssue: values['health-issue'] && !values['dry-run'] && values.tags.length === 0,
    network: values.network,
    isGuest: context.withoutSecrets && jwt === '',
    context,
    now,
  };
}

/** Where the inputs are wrong, those that can be read say who wants to hear of it. */
function rawAudience(context: RunContext, now: Date): Audience {
  return {
    project: read('project') || context.repository,
    token: read('github-token'),
    comment: read('comment') === 'false' ? 'false' : 'auto',
    deployment: 'false',
    commitStatus: read('commit-status') === 'true',
    healthIssue: false,
    network: read('network') === 'private' ? 'private' : 'public',
    isGuest: context.withoutSecrets && read('pinata-jwt') === '',
    context,
    now,
  };
}

function summaryContext({ repository, commit, runUrl }: RunContext): SummaryContext {
  return { project: read('project') || repository, commit, runUrl, maxBytes: summaryRoom() };
}

interface Failure extends Pick<Told, 'commentUrl'> {
  readonly context: RunContext;
  readonly undertaking: Undertaking;
}

async function publishFailure(error: ActionError, { context, undertaking, commentUrl }: Failure): Promise<void> {
  fail(error);
  writeOutputs(failedOutputs(commentUrl));
  if (read('summary') === 'false') return;
  await writeSummary(renderFailure(error, summaryContext(context), undertaking)).catch(() => false);
}

/** The path of the CAR that was kept; a dry run keeps none. */
function writtenCar(outcome: Outcome, values: Values): string {
  return outcome.kind === 'deployed' || outcome.kind === 'unchanged' ? (values['car-file'] ?? '') : '';
}

interface Published {
  readonly paths: Omit<WrittenPaths, 'reportPath'>;
  readonly summary: string;
}

/** What is live stays live: from here on a failure is only reported. */
async function publish(outcome: Outcome, { paths, summary }: Published): Promise<void> {
  const reportPath = writeReport(renderReport(outcome)) ?? '';
  if (reportPath === '') log.warn('The report could not be written to RUNNER_TEMP.');
  if (!writeOutputs(renderOutputs(outcome, { ...paths, reportPath }))) {
    log.warn('The outputs could not be written to GITHUB_OUTPUT; later steps do not see them.');
  }
  if (summary === '' || process.env.GITHUB_STEP_SUMMARY === undefined) return;
  if (!(await writeSummary(summary).catch(() => false))) log.warn('The job summary could not be written.');
}

await main();
// Timers of the request budget would keep the runner waiting for up to a minute. A pipe takes a while to take a long log.
process.stdout.write('', () => process.stderr.write('', () => process.exit()));
