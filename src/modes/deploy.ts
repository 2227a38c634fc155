import type { Cid } from '../domain/cid.ts';
import { ActionError } from '../domain/errors.ts';
import type { Build, CidProfile, Content } from '../domain/listing.ts';
import { mainLink, type Outcome, type Probe } from '../domain/outcome.ts';
import type { Network, Pin, UploadMethod } from '../domain/pin.ts';
import { type DeployOptions, type DeployPlan, planDeploy } from '../domain/plan.ts';
import { planTags, type TagRequest } from '../domain/tag.ts';
import type { Gateways, Log, Pins, Upload, Uploaded } from '../ports.ts';

export interface DeployRun extends DeployOptions {
  readonly content: Content;
  readonly profile: CidProfile;
  readonly method: 'auto' | UploadMethod;
  readonly network: Network;
  readonly name: (cid: Cid) => string;
  readonly group: string | undefined;
  readonly dryRun: boolean;
  readonly failOnUnreachable: boolean;
}

export interface DeployPorts {
  readonly pins: Pins;
  readonly gateways: Gateways;
  readonly log: Log;
  /** Hashes the content under a profile. */
  readonly build: (profile: CidProfile) => Promise<Build>;
  /** Keeps the CAR where the user asked for it. */
  readonly keepCar: (build: Build) => Promise<void>;
  readonly showPlan: (plan: DeployPlan, build: Build) => void;
  readonly showUpload: (upload: Uploaded, ms: number) => void;
}

interface Job {
  readonly run: DeployRun;
  readonly ports: DeployPorts;
}

/** What is to be done, with all that was needed to decide it. */
interface Decision {
  readonly build: Build;
  readonly plan: DeployPlan;
  readonly method: UploadMethod;
}

/**
 * Puts content on Pinata under its tags: look, decide, pin, prove, tag. Until the content is live it refuses; afterwards it
 * reports.
 */
export async function deploy(run: DeployRun, ports: DeployPorts): Promise<Outcome> {
  const job: Job = { run, ports };
  let decision = await announce(job, await decide(job));
  if (run.dryRun) return { kind: 'planned', ...decision };
  let upload = await obtain(job, decision);
  if (upload?.kind === 'refused') {
    decision = await announce(job, await decideAgain(job, decision, upload.reason));
    upload = await obtain(job, decision);
  }
  if (upload?.kind === 'refused') throw refusedUpload(upload.reason);
  const pin = await settle(job, decision, upload);
  const probes = await look(job, decision.build);
  return {
    kind: decision.plan.changed ? 'deployed' : 'unchanged',
    ...decision,
    pin,
    uploadedBytes: upload?.sentBytes ?? 0,
    probes,
  };
}

/** A second hash pass over more than this is not worth what it may save. */
const CHEAP_TO_HASH_BYTES = 100_000_000;

async function decide(job: Job): Promise<Decision> {
  const { run, ports } = job;
  if (run.method === 'folder' || run.network === 'private') return await decideFolder(job);
  const [project, build] = await Promise.all([ports.pins.listByProject(run.project), ports.build(run.profile)]);
  const asCar = await planFor(job, { build, project, method: 'car' });
  if (asCar.plan.source.kind === 'reuse' || !mayBecomeFolder(run)) return asCar;
  if (project.length === 0 || asCar.build.bytes > CHEAP_TO_HASH_BYTES) return asCar;
  // An account whose plan does not import CARs has this very content under the CID of a folder upload.
  const folder = await ports.build('pinata-folder');
  return project.some((pin) => pin.cid === folder.root)
    ? await planFor(job, { build: folder, project, method: 'folder' })
    : asCar;
}

async function decideFolder(job: Job): Promise<Decision> {
  const { run, ports } = job;
  const profile = folderProfile(run);
  const [project, build] = await Promise.all([ports.pins.listByProject(run.project), ports.build(profile)]);
  return await planFor(job, { build, project, method: 'folder' });
}

interface Proposal {
  readonly build: Build;
  readonly project: readonly Pin[];
  readonly method: UploadMethod;
}

async function planFor({ run, ports }: Job, { build, project, method }: Proposal): Promise<Decision> {
  const sameCid = await ports.pins.listByCid(build.root);
  return { build, plan: planDeploy(build, { project, sameCid }, run), method };
}

/** Shows the plan, and keeps the CAR before anything is sent: a disk that is full must not leave half a deploy behind. */
async function announce({ run, ports }: Job, decision: Decision): Promise<Decision> {
  ports.showPlan(decision.plan, decision.build);
  if (!run.dryRun) await ports.keepCar(decision.build);
  return decision;
}

/** Where the same content may be pinned as a folder already. */
function mayBecomeFolder(run: DeployRun): boolean {
  return (
    run.method === 'auto' &&
    run.content.kind !== 'car' &&
    run.profile !== 'unixfs-v0-2015' &&
    run.reusePinned &&
    run.expectedCid === undefined
  );
}

/** A folder gets the CID that Pinata's own rules give it; only the default profile gives way to that. */
function folderProfile(run: DeployRun): CidProfile {
  if (run.profile !== 'unixfs-v0-2015') return 'pinata-folder';
  throw new ActionError('input', 'A folder upload cannot make CIDs of cid-profile "unixfs-v0-2015".', {
    hint: 'Set cid-profile: pinata-folder, or use a plan that imports CARs.',
  });
}

/** The plan does not import CARs: the files go as a folder, which is a new decision when that changes the CID. */
async function decideAgain(job: Job, before: Decision, reason: string): Promise<Decision> {
  if (job.run.method === 'car' || job.run.content.kind === 'car') throw refusedUpload(reason);
  const decision = await decideFolder(job);
  const same = decision.build.root === before.build.root;
  const cid = same
    ? 'which gives the same CID'
    : `and get the CID ${decision.build.root} (cid-profile pinata-folder) instead of ${before.build.root}`;
  job.ports.log.warn(
    `Your Pinata plan does not import CARs; the files are uploaded as a folder, ${cid}. Set upload-method: folder to go there at once.`,
  );
  return decision;
}

function refusedUpload(reason: string): ActionError {
  return new ActionError('quota', reason, {
    hint: 'Use a paid Pinata plan, or set upload-method: folder and deploy the directory itself.',
  });
}

/** Uploads unless the account has the CID already. */
async function obtain({ run, ports }: Job, { build, plan, method }: Decision): Promise<Upload | undefined> {
  if (plan.source.kind === 'reuse') {
    ports.log.line(`Nothing to upload: the account already pins ${plan.cid}.`);
    return undefined;
  }
  const began = performance.now();
  const upload = await ports.pins.upload({
    build,
    content: run.content,
    method,
    name: run.name(build.root),
    group: run.group,
    // Only whose it is. The tags follow when the CID has been seen to be right.
    keyvalues: { [run.project.key]: run.project.name },
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

/** The pin, listed and with its tags on it. */
async function settle({ run, ports }: Job, { plan, build }: Decision, upload: Upload | undefined): Promise<Pin> {
  const uploaded = upload?.kind === 'uploaded' ? upload : undefined;
  const listed =
    plan.source.kind === 'reuse' ? plan.source.pin : await ports.pins.waitUntilListed(build.root, uploaded?.pinId);
  const pin = await tag(
    { run, ports },
    {
      id: listed.id,
      at: plan.at,
      existedBefore: uploaded?.duplicate === true && listed.createdAt.getTime() < run.now.getTime() - CLOCK_SKEW_MS,
      before: plan.sameCid.find((pin) => pin.id === listed.id)?.keyvalues ?? {},
    },
  );
  const tags = plan.tags.length === 0 ? 'with the project only' : plan.tags.join(', ');
  ports.log.line(`${uploaded === undefined ? 'Tagged it' : 'Pinned it and tagged it'} ${tags} (pin ${pin.id}).`);
  return pin;
}

type Target = Pick<TagRequest, 'at' | 'existedBefore' | 'before'> & { readonly id: string };

/** A record that is younger than the run was made by it; clocks may differ by a little. */
const CLOCK_SKEW_MS = 5000;

const TAG_ATTEMPTS = 3;

/** Writes the tags and reads them back by id, where nothing lags; what another run overwrote meanwhile is repaired. */
async function tag({ run, ports: { pins } }: Job, target: Target): Promise<Pin> {
  const request = { ...run, ...target };
  for (let attempt = 0; attempt <= TAG_ATTEMPTS; attempt += 1) {
    const pin = await pins.read(target.id);
    if (pin === undefined) {
      throw new ActionError('conflict', `The pin ${target.id} vanished before it could be tagged.`, {
        hint: 'Another run or person unpinned it. Run the job again: it uploads what is missing.',
      });
    }
    const pairs = planTags(pin.keyvalues, request);
    if (Object.keys(pairs).length === 0) return pin;
    if (attempt < TAG_ATTEMPTS) await pins.addKeyvalues(target.id, pairs);
  }
  throw new ActionError('conflict', `Pinata does not keep the tags ${run.tags.join(', ')} on the pin ${target.id}.`, {
    hint: 'Run the job again. If it stays so, look at the key-values of the pin in the Pinata app.',
  });
}

async function look({ run, ports }: Job, build: Build): Promise<readonly Probe[]> {
  const probes = await ports.gateways.probe(build);
  const link = mainLink(probes);
  if (link !== undefined) return probes;
  const tried = probes.map((probe) => `${probe.host}: ${probe.note}`).join('; ');
  const message = `${build.root} is pinned, but no gateway serves it (${tried === '' ? 'none is configured' : tried}).`;
  if (run.failOnUnreachable) {
    throw new ActionError('network', message, {
      hint: 'Wait and run the job again, or give verify-timeout more time.',
    });
  }
  ports.log.warn(message);
  return probes;
}
