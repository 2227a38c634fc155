import { findPulls } from '../adapters/github/pulls.ts';
import { ActionError } from '../domain/errors.ts';
import { type RunContext, withProvenance } from '../domain/run.ts';
import { provenanceOf, type WorkflowRun } from '../domain/workflow-run.ts';
import { githubTraffic } from './wiring.ts';

const TIMEOUT_MS = 30_000;

/** Finds out what the workflow built that a `workflow_run` event is about. Other events say it themselves. */
export async function locate(context: RunContext, token: string): Promise<RunContext> {
  const run = context.workflowRun;
  if (run === undefined) return context;
  try {
    const isAsked = run.conclusion === 'success' && run.event.startsWith('pull_request');
    const pulls = isAsked ? await readPulls(run, context.repository, token) : [];
    return withProvenance(context, provenanceOf(run, context.repository, pulls));
  } catch (error) {
    if (!(error instanceof ActionError)) throw error;
    return withProvenance(context, { kind: 'unclear', reason: error.message.replace(/\.$/, '') });
  }
}

async function readPulls(run: WorkflowRun, repository: string, token: string): ReturnType<typeof findPulls> {
  const traffic = githubTraffic(AbortSignal.timeout(TIMEOUT_MS));
  return await findPulls({ repository, token, traffic: () => traffic }, run);
}
