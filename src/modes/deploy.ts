import type { Cid } from '../domain/cid.ts';
import { ActionError, inStep } from '../domain/errors.ts';
import { FAR_MS } from '../domain/expiry.ts';
import type { Assessment, Outcome, Presence } from '../domain/outcome.ts';
import type { Pin, UploadMethod } from '../domain/pin.ts';
import { type DeployPlan, uploadedPairs } from '../domain/plan.ts';
import { matchesTag } from '../domain/retention.ts';
import type { PinOrigin } from '../domain/tagging.ts';
import type { Upload, Uploaded } from '../ports.ts';
import { assess, assessAgain, refusalOf } from './assess.ts';
import { shown } from './cleanup.ts';
import {
  announce,
  type Decision,
  type DeployPorts,
  type DeployRun,
  decide,
  decideAgain,
  type Job,
  refusedUpload,
} from './decide.ts';
import { followTags } from './follow-tags.ts';
import { look } from './look.ts';
import { mirrorContent, planMirrors } from './mirror.ts';
import { planNames } from './names.ts';
import { retire } from './retire.ts';
import { investigate, type Judgement } from './survey.ts';
import { createTagger } from './tag-pin.ts';

const ATTEMPTS = 3;

/**
 * Puts content on Pinata under its tags: look, decide, pin, tag, prove, and only then give up what is stale. Until the
 * content is live it refuses; afterwards it reports. Where another run takes the pin away meanwhile, it starts again.
 */
export async function deploy(run: DeployRun, ports: DeployPorts): Promise<Outcome> {
  const job: Job = { run, ports };
  const assessments = new Map<Cid, Assessment>();
  for (let attempt = 1; attempt <= ATTEMPTS; attempt += 1) {
    const outcome = await deployOnce(job, assessments);
    if (outcome !== undefined) return outcome;
    ports.log.line('The pin was removed by somebody while this run was at work; deploying again.');
  }
  throw new ActionError('conflict', `The pin was removed ${ATTEMPTS} times while this run was at work.`, {
    hint: 'Another run or person unpins this content again and again. Find out who, then run the job again.',
  });
}

/** Answers undefined when the pin was gone before the end. */
async function deployOnce(job: Job, assessments: Map<Cid, Assessment>): Promise<Outcome | undefined> {
  const { run, ports } = job;
  const decided = await decide(job);
  const { build, plan } = decided;
  // Once, though it may take several attempts: the first moves the tag that the base is chosen by.
  const assessed = assessments.get(build.root) ?? (await assess(build, { ...run, base: plan.base }, ports));
  assessments.set(build.root, assessed);
  const refusal = refusalOf(assessed);
  if (refusal !== undefined) return { kind: refusal, ...decided, ...assessed };
  const first = await announce(job, decided);
  if (run.dryRun)
    return { kind: 'planned', ...first, ...assessed, ...(await inStep('planning', () => foresee(job, first))) };
  const live = await bringLive(job, first);
  return live === undefined ? undefined : { ...live, ...assessed };
}

type Live = Omit<Extract<Outcome, { kind: 'deployed' | 'unchanged' }>, keyof Assessment>;

async function bringLive(job: Job, first: Decision): Promise<Live | undefined> {
  const { run, ports } = job;
  ports.transferring();
  const obtained = await inStep('uploading', () => obtainAnyhow(job, first));
  if (obtained === undefined) return undefined;
  const { decision, upload, refusedBytes, placed } = obtained;
  ports.transferred();
  const origin = originOf(job, placed, { plan: decision.plan, upload });
  const tagger = createTagger(ports, {
    ...run,
    ...decision.plan,
    id: placed.id,
    origin,
    protectedContent: isProtected(decision.plan),
  });
  // A gateway that is slow delays no tag, unless the run must not move one to what nobody serves.
  if (!run.failOnUnreachable && (await inStep('tagging', tagger.tag)) === undefined) return undefined;
  const seen = await inStep('opening the links', () => look(job, decision.build, placed));
  if (seen === undefined) return undefined;
  // The last act before old content goes: what another run overwrote or removed since is repaired.
  const pin = await inStep('tagging', tagger.settle);
  if (pin === undefined) return undefined;
  ports.log.line(`Tagged it ${run.tags.join(', ')} (pin ${pin.id}).`);
  const presence = { ...seen, ...(await follow(job, decision)) };
  const { retention, unmirrored } = await retire(job, decision, { pin, presence });
  await ports.keepListing(decision.build);
  return {
    kind: decision.plan.changed ? 'deployed' : 'unchanged',
    ...decision,
    pin,
    uploadedBytes: refusedBytes + (upload?.sentBytes ?? 0),
    ...presence,
    mirrors: [...presence.mirrors, ...unmirrored],
    accessLink: await ports.accessLink(decision.build),
    expiresAt: tagger.expiresAt() ?? soonGone(pin, run.now),
    retention,
  };
}

interface Obtained {
  readonly decision: Decision;
  /** Undefined when nothing had to be sent. */
  readonly upload: Uploaded | undefined;
  readonly refusedBytes: number;
  readonly placed: Pin;
}

/** The pin with the content, uploaded where it is missing; undefined when it was there and is gone. */
async function obtainAnyhow(job: Job, first: Decision): Promise<Obtained | undefined> {
  const obtained = await uploadAnyhow(job, first);
  const placed = await settle(job, obtained.decision, obtained.upload);
  return placed === undefined ? undefined : { ...obtained, placed };
}

/** Uploads what is missing, as a folder where the account's plan does not import CARs. */
async function uploadAnyhow(job: Job, first: Decision): Promise<Omit<Obtained, 'placed'>> {
  const upload = await obtain(job, first);
  if (upload?.kind !== 'refused') return { decision: first, upload, refusedBytes: 0 };
  const second = await decideAgain(job, first, upload.reason);
  await assessAgain(second.build, job.ports);
  const decision = await announce(job, second);
  const again = await obtain(job, decision);
  if (again?.kind === 'refused') throw refusedUpload(again.reason);
  return { decision, upload: again, refusedBytes: upload.sentBytes };
}

function isProtected({ tags, cid, policy }: DeployPlan): boolean {
  return (
    policy.protectCids.has(cid) || tags.some((name) => policy.protectTags.some((pattern) => matchesTag(pattern, name)))
  );
}

/** What a deploy would do with old content, names and mirrors, without doing any of it. */
async function foresee(
  { run, ports }: Job,
  { plan }: Decision,
): Promise<Pick<Extract<Outcome, { kind: 'planned' }>, 'retention' | 'names' | 'mirrors'>> {
  const first: Judgement = { rows: plan.retention, policy: plan.policy, now: run.now };
  return {
    retention: shown(await investigate(ports, first), 'dry-run is true'),
    names: await planNames(run.names, { cid: plan.cid }, ports.names),
    mirrors: planMirrors(plan.cid, ports.mirrors),
  };
}

/** What points to a tag of this run, and who keeps its content beside Pinata. */
async function follow({ run, ports }: Job, { build, plan }: Decision): Promise<Pick<Presence, 'names' | 'mirrors'>> {
  const placed = { project: run.project, cid: build.root, at: plan.at };
  const names = await inStep('moving the names', () => followTags(run.names, placed, ports));
  const order = { cid: build.root, name: run.name(build.root), build };
  return { names, mirrors: await mirrorContent(order, ports.mirrors, ports.log) };
}

/** Uploads unless the account has the CID already. */
async function obtain({ run, ports }: Job, { build, plan, method }: Decision): Promise<Upload | undefined> {
  if (plan.source.kind === 'reuse') {
    ports.log.line(`Nothing to upload: the account already pins ${plan.cid}, whose name and group stay as they are.`);
    return undefined;
  }
  const began = performance.now();
  const upload = await ports.pins.upload({
    build,
    content: run.content,
    method,
    name: run.name(build.root),
    group: run.group,
    keyvalues: uploadedPairs(run.project),
    onProgress: (sent, total) => ports.log.progress('Uploaded', sent, total),
  });
  if (upload.kind === 'uploaded' && upload.cid !== undefined && upload.cid !== plan.cid)
    throw otherCid(plan.cid, upload.cid, method);
  if (upload.kind === 'uploaded') ports.showUpload(upload, performance.now() - began);
  return upload;
}

function otherCid(planned: Cid, answered: Cid, method: UploadMethod): ActionError {
  return new ActionError(
    'content',
    `Pinata stored the build as ${answered}, but its CID is ${planned}. No tag was moved.`,
    {
      hint:
        method === 'folder'
          ? 'Pinata builds folders itself and did so by other rules. Use a plan that imports CARs, where the CID is ours to choose.'
          : 'Run the job again. If it stays so, open an issue with both CIDs.',
    },
  );
}

/** The pin, once it is there; undefined when it was there and is gone. */
async function settle(
  { ports }: Job,
  { plan, build }: Decision,
  upload: Uploaded | undefined,
): Promise<Pin | undefined> {
  if (plan.source.kind === 'reuse') return plan.source.pin;
  const met = upload?.duplicate === true ? upload.pinId : undefined;
  if (met !== undefined && (await ports.pins.read(met)) === undefined) return undefined;
  const pin = await ports.pins.waitUntilListed(build.root, upload?.pinId, met === undefined ? undefined : 'seen');
  if (pin !== undefined) ports.log.line(`Pinned it (pin ${pin.id}).`);
  return pin;
}

/** A record that is older than the run by so much was not made by it, whatever the clocks say. */
const OLDER_MS = 600_000;

/** Whether the upload met the pin: it was listed before, or the service said so where the list knew nothing. */
function originOf(
  { run }: Job,
  pin: Pin,
  { plan, upload }: { readonly plan: DeployPlan; readonly upload: Uploaded | undefined },
): PinOrigin {
  if (upload === undefined) return { kind: 'plain' };
  const known = plan.sameCid.find(({ id }) => id === pin.id);
  if (known !== undefined) return { kind: 'met', before: known.keyvalues };
  const isOld = pin.createdAt.getTime() > 0 && pin.createdAt.getTime() < run.now.getTime() - OLDER_MS;
  const met = upload.duplicate ?? isOld;
  return met && plan.sameCid.length === 0 ? { kind: 'met', before: undefined } : { kind: 'plain' };
}

/** An expiry that this run did not have to write; one in the far future is none. */
function soonGone({ expiresAt }: Pin, now: Date): Date | undefined {
  return expiresAt instanceof Date && expiresAt.getTime() - now.getTime() < FAR_MS ? expiresAt : undefined;
}
