import type { FoundFiles } from './domain/file-rules.ts';
import { mainLink, type Outcome, openedLink, type Presence, type Retention } from './domain/outcome.ts';
import type { Mode, RunContext } from './domain/run.ts';
import { fileCount, findFiles } from './found-files.ts';
import { cleanup } from './modes/cleanup.ts';
import { deploy } from './modes/deploy.ts';
import { diff } from './modes/diff.ts';
import { list } from './modes/list.ts';
import { promote } from './modes/promote.ts';
import { verify } from './modes/verify.ts';
import { cleanupRun, type DeployOccasion, deployRun, diffRun, type Occasion, promoteRun, verifyRun } from './orders.ts';
import type { Log } from './ports.ts';
import { renderMirrorLine } from './render/mirrors.ts';
import { renderNameLine } from './render/names.ts';
import { renderRetentionLine } from './render/retention.ts';
import { HOW_TO_PUBLISH } from './render/summary.ts';
import { renderBytes, renderCount } from './render/units.ts';
import { renderBlockLine } from './render/verification.ts';
import { cleanupPorts } from './wiring/account.ts';
import { assessPorts } from './wiring/build.ts';
import { deployPorts } from './wiring/deploy.ts';
import { namedGateways } from './wiring/gateways.ts';
import { prepareInspections } from './wiring/inspect.ts';
import { promotePorts, verifyPorts } from './wiring/promote.ts';
import { publishedTrees } from './wiring/trees.ts';
import type { Wiring } from './wiring/wiring.ts';

type Live = Extract<Outcome, { kind: 'deployed' | 'unchanged' }>;

/** Carries out what the inputs and the event ask for, and says in the log what comes of it. */
export async function runMode(mode: Mode, wiring: Wiring, context: RunContext): Promise<Outcome> {
  const occasion: Occasion = { context, now: wiring.now };
  switch (mode.kind) {
    case 'deploy':
      return await runDeploy(wiring, { ...occasion, mode: mode.kind });
    case 'diff':
      return wiring.jwt === ''
        ? await runDiff(wiring, context, mode.reason)
        : await runDeploy(wiring, { ...occasion, mode: mode.kind });
    case 'cleanup':
    case 'list':
      return await runCleanup(wiring, occasion, mode);
    case 'promote':
    case 'rollback':
      return await runPromote(wiring, occasion, mode.kind === 'rollback');
    case 'verify':
      return await runVerify(wiring, occasion);
    case 'skip':
    case 'refuse':
      return skipped(mode.reason, wiring.log);
  }
}

function skipped(reason: string, log: Log): Outcome {
  log.notice(`Nothing to do: ${reason}.`);
  return { kind: 'skipped', reason: `${reason}.` };
}

async function runDeploy(wiring: Wiring, occasion: DeployOccasion): Promise<Outcome> {
  const { values, log } = wiring;
  const inspections = prepareInspections(wiring);
  const found = await findFiles(values, { log, event: occasion.context.event });
  if (found === undefined) return skipped(`no files found at ${values.path}`, log);
  const run = deployRun(values, occasion, found);
  const tags = run.tags.length === 0 ? 'without a tag' : `as ${run.tags.join(', ')}`;
  const doing = occasion.mode === 'diff' ? 'Comparing' : 'Deploying';
  log.line(`${doing} ${contentOf(found)} from ${values.path} to project ${run.project.name} ${tags}.`);
  const outcome = await deploy(run, deployPorts(wiring, { found, inspections }));
  if (outcome.kind === 'planned') {
    log.line(`${occasion.mode === 'diff' ? 'Only compared' : 'Dry run'}: nothing was written.`);
  }
  if (outcome.kind === 'deployed' || outcome.kind === 'unchanged') logLive(outcome, wiring);
  return outcome;
}

function logLive(live: Live, { log }: Wiring): void {
  const { probes, retention } = live;
  logPresence(live, log);
  const link = mainLink(probes);
  if (link !== undefined) log.line(`${openedLink(probes) === undefined ? 'Link, not opened' : 'Open it'}: ${link}`);
  logRetention(retention, log);
}

/** Without a key: nothing can be known of the account, and nothing is published. */
async function runDiff(wiring: Wiring, context: RunContext, reason: string | undefined): Promise<Outcome> {
  const { values, log } = wiring;
  const inspections = prepareInspections(wiring);
  const found = await findFiles(values, { log, event: context.event });
  if (found === undefined) return skipped(`no files found at ${values.path}`, log);
  log.line(`Comparing ${contentOf(found)} from ${values.path}; nothing is published.`);
  const run = diffRun(values, context, reason);
  const trees = publishedTrees(wiring, () => Promise.resolve(namedGateways(values)));
  const material = { found, inspections };
  const outcome = await diff(run, assessPorts(wiring, { material, trees }, new AbortController().signal));
  if (reason !== undefined) log.notice(`Not published: ${reason}. ${HOW_TO_PUBLISH}`);
  return outcome;
}

function contentOf(found: FoundFiles): string {
  return `${renderCount(fileCount(found), 'file')}, ${renderBytes(found.bytes)},`;
}

async function runCleanup(wiring: Wiring, occasion: Occasion, mode: Mode): Promise<Outcome> {
  const { log } = wiring;
  const run = cleanupRun(wiring.values, occasion, mode);
  const tags = [...run.policy.givenUp.keys()];
  const aim = mode.kind === 'list' ? 'Listing' : tags.length === 0 ? 'Sweeping' : `Giving up ${tags.join(', ')} of`;
  log.line(`${aim} project ${run.policy.project.name}.`);
  if (mode.kind !== 'list') {
    const outcome = await cleanup(run, cleanupPorts(wiring));
    if (outcome.kind === 'cleaned') logRetention(outcome.retention, log);
    return outcome;
  }
  const outcome = await list(run, cleanupPorts(wiring));
  if (outcome.kind === 'listed') logListed(outcome, log);
  return outcome;
}

async function runPromote(wiring: Wiring, occasion: Occasion, rollback: boolean): Promise<Outcome> {
  const { log } = wiring;
  const run = promoteRun(wiring.values, occasion, rollback);
  log.line(`${rollback ? 'Rolling back' : 'Promoting to'} ${run.toTag} of project ${run.project.name}.`);
  const outcome = await promote(run, promotePorts(wiring));
  if (outcome.kind !== 'promoted') return outcome;
  logPresence(outcome, log);
  if (outcome.dryRun) log.line('Dry run: nothing was written.');
  const link = openedLink(outcome.probes);
  if (link !== undefined) log.line(`Open it: ${link}`);
  return outcome;
}

async function runVerify(wiring: Wiring, occasion: Occasion): Promise<Outcome> {
  const run = verifyRun(wiring.values, occasion);
  wiring.log.line(`Verifying project ${run.project.name}.`);
  return await verify(run, verifyPorts(wiring));
}

/** What was found of the blocks, and what became of names and mirrors. */
function logPresence({ blocks, names, mirrors }: Presence, log: Log): void {
  if (blocks.length > 0) log.line(renderBlockLine(blocks));
  for (const name of names) log.line(renderNameLine(name));
  if (mirrors.length > 0) log.line(renderMirrorLine(mirrors));
}

function logListed({ retention, usage }: Extract<Outcome, { kind: 'listed' }>, log: Log): void {
  logRetention(retention, log);
  log.line(
    usage === undefined
      ? 'What the whole account uses is not known: the key may not ask.'
      : `The account holds ${renderCount(usage.pins, 'pin')}, ${renderBytes(usage.bytes)}.`,
  );
}

function logRetention(retention: Retention, log: Log): void {
  log.line(renderRetentionLine(retention));
}
