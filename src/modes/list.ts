import { ActionError, inStep } from '../domain/errors.ts';
import type { Outcome, Usage } from '../domain/outcome.ts';
import type { Judged } from '../domain/retention.ts';
import { type CleanupRun, judgeProject, shown } from './cleanup.ts';
import type { SurveyPorts } from './survey.ts';

export interface ListPorts extends SurveyPorts {
  readonly showRetention: (rows: readonly Judged[]) => void;
}

/** Shows the project's revisions as a sweep would judge them, and what the account uses. Writes nothing. */
export async function list(run: Omit<CleanupRun, 'unpin' | 'dryRun'>, ports: ListPorts): Promise<Outcome> {
  const judgement = await inStep('reading the account', () => judgeProject(run, ports));
  ports.showRetention(judgement.rows);
  return { kind: 'listed', retention: shown(judgement, 'mode is list'), usage: await readUsage(ports) };
}

/** The table is worth having without it. */
async function readUsage({ pins, log }: ListPorts): Promise<Usage | undefined> {
  try {
    return await pins.readUsage();
  } catch (error) {
    if (!(error instanceof ActionError)) throw error;
    log.warn(`What the whole account uses is not known: ${error.message}`);
    return undefined;
  }
}
