import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Job, Step } from '@actions/workflow-parser/model/workflow-template';
import type { TemplateToken } from '@actions/workflow-parser/templates/tokens/template-token';
import { parse } from 'yaml';
import type { RunEvent } from './events.ts';
import { type DistRun, runDist } from './run-dist.ts';
import {
  type Contexts,
  evaluateCondition,
  evaluateMapping,
  evaluateTemplate,
  evaluateText,
  parseWorkflowFile,
  type WorkflowFile,
} from './workflow-file.ts';

const PROJECT = join(import.meta.dirname, '../..');
/** How the examples name this action; here it is `./`. */
const OWN_ACTION = 'OWNER/pinata-deploy@COMMIT';

/** What GitHub gives a run of a workflow. */
export interface WorkflowRequest {
  readonly event: RunEvent;
  readonly actor?: string;
  /** None for a fork, whatever the repository has. */
  readonly secrets: Readonly<Record<string, string>>;
  /** What the steps before ours left there. */
  readonly workspace: string;
  /** Inputs over those of the workflow: where the emulator is. */
  readonly inputs: Readonly<Record<string, string>>;
  readonly env: Readonly<Record<string, string>>;
  /** Makes the job's token, with what the job's `permissions` grant. */
  token(permissions: Readonly<Record<string, string>>): Promise<string>;
}

/** A job that ran. */
export interface JobRun {
  readonly id: string;
  readonly permissions: Readonly<Record<string, string>>;
  /** `name`, `url`, `deployment`, as far as it has them. */
  readonly environment: Readonly<Record<string, string>>;
  readonly steps: readonly StepRun[];
  /** What our own step came to. */
  readonly action: DistRun | undefined;
}

/** A step whose condition held. Only our own runs; the others are only evaluated. */
export interface StepRun {
  /** The action's reference, or the script. */
  readonly what: string;
  readonly with: Readonly<Record<string, string>>;
  readonly env: Readonly<Record<string, string>>;
}

export interface WorkflowRun {
  readonly concurrency: Readonly<Record<string, string>>;
  /** Those whose condition held, in the order of the file. */
  readonly jobs: readonly JobRun[];
}

/**
 * Runs a workflow of `examples/workflows` as GitHub does: its parser, its evaluator, and our bundle in place of the action.
 * Undefined when the event does not start it.
 */
export async function runWorkflow(name: string, request: WorkflowRequest): Promise<WorkflowRun | undefined> {
  const path = `examples/workflows/${name}`;
  const file = await parseWorkflowFile(path, readFileSync(join(PROJECT, path), 'utf8'));
  if (!isStartedBy(file.template.events, request.event)) return undefined;
  const contexts = { github: githubContext(request), secrets: request.secrets, vars: {}, inputs: {} };
  const jobs: JobRun[] = [];
  for (const job of file.template.jobs) {
    if (job.type !== 'job') throw new Error(`${job.id.value} is no job with steps`);
    if (evaluateCondition(job.if, contexts)) jobs.push(await runJob(job, file, { request, contexts }));
  }
  return { concurrency: evaluateMapping(file.template.concurrency, contexts), jobs };
}

/** Types that an event has when a workflow names none. */
const USUAL_TYPES: Readonly<Record<string, readonly string[]>> = {
  pull_request: ['opened', 'synchronize', 'reopened'],
  pull_request_target: ['opened', 'synchronize', 'reopened'],
};

function isStartedBy(events: WorkflowFile['template']['events'], { name, payload, ref }: RunEvent): boolean {
  const filter: unknown = events[name];
  if (filter === undefined) return false;
  const { types = USUAL_TYPES[name], branches } = filter as { types?: readonly string[]; branches?: readonly string[] };
  const isOfType = types === undefined || types.includes(String(payload.action));
  return isOfType && (branches === undefined || branches.some((branch) => ref === `refs/heads/${branch}`));
}

function githubContext({ event, actor = 'octocat' }: WorkflowRequest): Record<string, unknown> {
  const { full_name: repository } = event.payload.repository as { readonly full_name: string };
  return {
    event_name: event.name,
    event: event.payload,
    ref: event.ref,
    sha: event.sha,
    repository,
    repository_owner: repository.split('/')[0],
    actor,
    run_id: '4711',
  };
}

interface Surroundings {
  readonly request: WorkflowRequest;
  readonly contexts: Contexts & { readonly github: Readonly<Record<string, unknown>> };
}

async function runJob(job: Job, file: WorkflowFile, { request, contexts }: Surroundings): Promise<JobRun> {
  const permissions = evaluateMapping(file.inJob(job.id.value, 'permissions'), contexts);
  const github = { ...contexts.github, token: await request.token(permissions) };
  const outputsOf: Record<string, { readonly outputs: Readonly<Record<string, string>> }> = {};
  const seen = (): Contexts => ({ ...contexts, github, steps: outputsOf, job: {}, runner: {}, env: {} });
  const steps: StepRun[] = [];
  let action: DistRun | undefined;
  for (const [index, step] of job.steps.entries()) {
    if (!evaluateCondition(step.if, seen())) continue;
    const ran = evaluateStep(step, file.inJob(job.id.value, 'steps', index, 'with'), seen());
    steps.push(ran);
    if (ran.what !== OWN_ACTION) continue;
    action = await runOwn(ran, { request, contexts: seen() });
    outputsOf[step.id] = { outputs: action.outputs };
    if (action.exitCode !== 0) break;
  }
  return { id: job.id.value, permissions, environment: evaluateEnvironment(job, seen()), steps, action };
}

function evaluateEnvironment({ environment }: Job, contexts: Contexts): Record<string, string> {
  const { '': name, ...rest } = evaluateMapping(environment, contexts);
  return name === undefined ? rest : { name, ...rest };
}

function evaluateStep(step: Step, given: TemplateToken | undefined, contexts: Contexts): StepRun {
  if (!('uses' in step || 'run' in step)) throw new Error(`The step ${step.id} neither runs nor uses anything`);
  return {
    what: 'uses' in step ? step.uses.value : evaluateText(step.run, contexts),
    with: evaluateMapping(given, contexts),
    env: evaluateMapping(step.env, contexts),
  };
}

/** The runner gives a step every declared input: the default of action.yml, evaluated, where the workflow has none. */
async function runOwn(
  step: StepRun,
  { request, contexts }: { request: WorkflowRequest; contexts: Contexts },
): Promise<DistRun> {
  const { inputs } = parse(readFileSync(join(PROJECT, 'action.yml'), 'utf8')) as {
    readonly inputs: Readonly<Record<string, { readonly default?: string }>>;
  };
  const defaults = Object.entries(inputs).map(
    ([name, input]) => [name, evaluateTemplate(input.default ?? '', contexts)] as const,
  );
  return await runDist({
    inputs: { ...Object.fromEntries(defaults), ...step.with, ...request.inputs },
    env: { GITHUB_ACTOR: request.actor ?? 'octocat', ...step.env, ...request.env },
    event: request.event,
    cwd: request.workspace,
  });
}
