import type { Cid } from '../domain/cid.ts';
import { ActionError, inStep } from '../domain/errors.ts';
import { parsePayload } from '../domain/github-deployment.ts';
import type { StableName } from '../domain/names.ts';
import type { AccessLink, Outcome, Presence } from '../domain/outcome.ts';
import type { Network, Pin } from '../domain/pin.ts';
import { type PromotionOrder, type PromotionPlan, planPromotion, resolvePromoted } from '../domain/promotion.ts';
import { matchesTag } from '../domain/retention.ts';
import { overtakenBy } from '../domain/revision.ts';
import { parseTags } from '../domain/tag.ts';
import type { VerifyLevel } from '../domain/verification.ts';
import type { GitHub } from '../ports.ts';
import { type CompareVersionsPorts, compareVersions } from './compare.ts';
import { followTags } from './follow-tags.ts';
import { mirrorContent, planMirrors } from './mirror.ts';
import { type NamePorts, planNames } from './names.ts';
import { type PresencePorts, proveServed } from './presence.ts';
import { createTagger, type TagPorts } from './tag-pin.ts';

export interface PromoteRun extends PromotionOrder {
  /** Says so in words; what it does is the same. */
  readonly rollback: boolean;
  readonly network: Network;
  readonly verify: VerifyLevel;
  readonly stripHash: readonly RegExp[];
  readonly names: readonly StableName[];
  readonly protectTags: readonly string[];
  readonly protectCids: ReadonlySet<Cid>;
  /** The pin's display name at mirrors. */
  readonly name: (cid: Cid) => string;
  readonly dryRun: boolean;
}

export interface PromotePorts extends TagPorts, CompareVersionsPorts, PresencePorts {
  readonly github: Pick<GitHub, 'recentDeployments'>;
  readonly names: NamePorts;
  /** A link for who may read private content; undefined for public content, and where none can be made. */
  readonly accessLink: (cid: Cid) => Promise<AccessLink | undefined>;
  readonly showPromotion: (plan: PromotionPlan) => void;
}

/**
 * Puts a tag on content that was published before: no build, no upload. It is proven to answer first, and everything that
 * follows the tag is moved afterwards. Interrupted anywhere, the same run again ends the same.
 */
export async function promote(run: PromoteRun, ports: PromotePorts): Promise<Outcome> {
  const readAt = ports.clock.now();
  const plan = await inStep('planning', () => decide(run, ports));
  ports.showPromotion(plan);
  const base = { cid: plan.previous, label: run.toTag };
  const proof = await inStep('opening the links', () =>
    proveServed(plan.cid, { ...run, subject: subjectOf(plan) }, ports),
  );
  const comparison = await compareVersions(plan.cid, { base, stripHash: run.stripHash }, ports);
  ports.showComparison(comparison);
  const told = { kind: 'promoted', rollback: run.rollback, dryRun: run.dryRun, plan, comparison, ...proof } as const;
  if (run.dryRun) return { ...told, pin: undefined, accessLink: undefined, ...(await foresee(plan, run, ports)) };
  // Private content is opened by its own link, which is one more thing to know before the tag moves.
  const accessLink = await inStep('opening the links', () => ports.accessLink(plan.cid));
  if (ports.clock.now() - readAt > STALE_MS) await inStep('planning', () => refuseOvertaken(plan, run, ports));
  const pin = await inStep('tagging', () => putTag(plan, run, ports));
  return { ...told, pin, accessLink, ...(await follow(plan, run, ports)) };
}

async function decide(run: PromoteRun, { pins, github }: PromotePorts): Promise<PromotionPlan> {
  const project = await inStep('reading the account', () => pins.listByProject(run.project));
  const promoted = resolvePromoted(run, project);
  const own = project.filter(({ cid }) => cid === promoted.cid);
  // What the project has needs no second list.
  const sameCid = own.length > 0 ? own : await inStep('reading the account', () => pins.listByCid(promoted.cid));
  const plan = planPromotion(promoted, run, { project, sameCid });
  return isCommitKnown(plan.commit) ? plan : { ...plan, commit: await commitOf(plan, run, github) };
}

function isCommitKnown(commit: string): boolean {
  return !/^0+$/.test(commit);
}

/** The pin of a preview remembers no commit; GitHub does, also when the cleanup of the pull request has ended its deployment. */
async function commitOf(
  { cid, commit }: PromotionPlan,
  { project }: PromoteRun,
  github: PromotePorts['github'],
): Promise<string> {
  const known = await github.recentDeployments();
  if (known.kind !== 'known') return commit;
  const payloads = known.value.flatMap(({ texts }) => texts.map(parsePayload).filter((found) => found !== undefined));
  const own = payloads.find((found) => found.project === project.name && found.cid === cid);
  return own !== undefined && /^[0-9a-f]{40}$/.test(own.commit) ? own.commit.slice(0, 7) : commit;
}

/** After so long a proof another run may have moved the tag, and a mark with our time would be history at once. */
const STALE_MS = 10_000;

async function refuseOvertaken({ cid, at }: PromotionPlan, run: PromoteRun, { pins }: PromotePorts): Promise<void> {
  const { project, toTag } = run;
  const newer = overtakenBy(await pins.listByProject(project), { project, tag: toTag, cid, at });
  if (newer === undefined) return;
  throw new ActionError('conflict', `Another run has put ${toTag} on ${newer} while this one was at work.`, {
    hint: 'No tag was moved. Look whether you still want this, and run the job again.',
  });
}

function subjectOf({ label, cid }: PromotionPlan): string {
  return label === cid ? cid : `${label} (${cid})`;
}

/** Tags the first pin of the content that is still there. */
async function putTag(plan: PromotionPlan, run: PromoteRun, ports: PromotePorts): Promise<Pin> {
  const { cid, toTag, at, commit, superseded, move } = plan;
  const protectedContent = run.protectCids.has(cid) || run.protectTags.some((glob) => matchesTag(glob, toTag));
  for (const listed of plan.pins) {
    const tagger = createTagger(ports, {
      id: listed.id,
      listed,
      project: run.project,
      tags: [toTag],
      at,
      commit,
      metadata: {},
      superseded,
      origin: { kind: 'plain' },
      move,
      protectedContent,
      previewsKeptMs: undefined,
      now: run.now,
    });
    const pin = await tagger.settle();
    if (pin === undefined) continue;
    ports.log.line(`Tagged ${cid} ${toTag} (pin ${pin.id}).`);
    if (!isNoted(pin, plan, run)) {
      ports.log.warn(
        `The pin ${pin.id} has no room to note that ${plan.label} was counted back by this run: run again, it would count once more. Name the CID ${cid} in from instead.`,
      );
    }
    return pin;
  }
  throw new ActionError('conflict', `${subjectOf(plan)} was unpinned while this run was at work.`, {
    hint: `${toTag} still points to what it pointed to. Deploy the content again, or name another version in from.`,
  });
}

function isNoted({ keyvalues }: Pin, { move }: PromotionPlan, { project }: PromoteRun): boolean {
  const { moved } = parseTags(keyvalues, project);
  return move === undefined || (moved?.tag === move.tag && moved.run === move.run);
}

async function foresee(
  { cid }: PromotionPlan,
  { names }: PromoteRun,
  ports: PromotePorts,
): Promise<Pick<Presence, 'names' | 'mirrors'>> {
  return { names: await planNames(names, { cid }, ports.names), mirrors: planMirrors(cid, ports.mirrors) };
}

async function follow(
  { cid, at }: PromotionPlan,
  { names, name, project }: PromoteRun,
  ports: PromotePorts,
): Promise<Pick<Presence, 'names' | 'mirrors'>> {
  const moved = await inStep('moving the names', () => followTags(names, { project, cid, at }, ports));
  const order = { cid, name: name(cid), build: undefined };
  return { names: moved, mirrors: await mirrorContent(order, ports.mirrors, ports.log) };
}
