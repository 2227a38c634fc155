import type { Cid } from '../domain/cid.ts';
import { ActionError, inStep } from '../domain/errors.ts';
import type { Build, CidProfile, Content } from '../domain/listing.ts';
import type { StableName } from '../domain/names.ts';
import type { AccessLink } from '../domain/outcome.ts';
import { isFolderOnly, type Network, type Pin, type UploadMethod } from '../domain/pin.ts';
import { type DeployOptions, type DeployPlan, planDeploy, preferPins } from '../domain/plan.ts';
import type { VerifyLevel } from '../domain/verification.ts';
import type { Pins, Uploaded } from '../ports.ts';
import type { Assessing, AssessPorts } from './assess.ts';
import type { GiveUpPorts } from './give-up.ts';
import type { NamePorts } from './names.ts';
import type { PresencePorts } from './presence.ts';
import { type Judgement, refuseTooManyFor, type SurveyPorts } from './survey.ts';

export interface DeployRun extends DeployOptions, Assessing {
  readonly content: Content;
  readonly profile: CidProfile;
  readonly method: 'auto' | UploadMethod;
  readonly network: Network;
  readonly name: (cid: Cid) => string;
  readonly group: string | undefined;
  readonly dryRun: boolean;
  readonly failOnUnreachable: boolean;
  readonly verify: VerifyLevel;
  /** The names that follow one of the tags. */
  readonly names: readonly StableName[];
  /** False: old content is judged and shown, and nothing is given up. */
  readonly unpin: boolean;
  readonly maxRemovals: number;
  /** How long a preview stays pinned without a push, milliseconds; undefined for ever. */
  readonly previewsKeptMs: number | undefined;
}

export interface DeployPorts extends SurveyPorts, GiveUpPorts, AssessPorts, PresencePorts {
  readonly names: NamePorts;
  /** A link for who may read private content; undefined for public content, and where none can be made. */
  readonly accessLink: (content: Build | Cid) => Promise<AccessLink | undefined>;
  /** Keeps the CAR where the user asked for it. */
  readonly keepCar: (build: Build) => Promise<void>;
  readonly showPlan: (plan: DeployPlan, build: Build) => void;
  /** The time for the transfer begins. */
  readonly transferring: () => void;
  /** The content is on Pinata: the time for the transfer no longer counts. */
  readonly transferred: () => void;
  readonly showUpload: (upload: Uploaded, ms: number) => void;
  /** Keeps the blocks above the content for the next diff. */
  readonly keepListing: (build: Build) => Promise<void>;
}

export interface Job {
  readonly run: DeployRun;
  readonly ports: DeployPorts;
}

/** What is to be done, with all that was needed to decide it. */
export interface Decision {
  readonly build: Build;
  readonly plan: DeployPlan;
  readonly method: UploadMethod;
}

/** A second hash pass over more than this is not worth what it may save. */
const CHEAP_TO_HASH_BYTES = 100_000_000;

/** Looks at the account and decides, by CAR where the run may. */
export async function decide(job: Job): Promise<Decision> {
  return await inStep('planning', () => decideAnyhow(job));
}

async function decideAnyhow(job: Job): Promise<Decision> {
  const { run, ports } = job;
  if (isFolderOnly(run.method, run.network)) return await decideFolder(job);
  const [project, build] = await survey(job, run.profile);
  const asCar = await planFor(job, { build, project, method: 'car' });
  if (asCar.plan.source.kind === 'reuse' || !mayBecomeFolder(run)) return asCar;
  if (project.length === 0 || asCar.build.bytes > CHEAP_TO_HASH_BYTES) return asCar;
  // An account whose plan does not import CARs has this very content under the CID of a folder upload.
  const folder = await ports.build('pinata-folder');
  if (!project.some((pin) => pin.cid === folder.root)) return asCar;
  const asFolder = await planFor(job, { build: folder, project, method: 'folder' });
  return asFolder.plan.source.kind === 'reuse' ? asFolder : asCar;
}

/** What the account holds of the project, and what the build is. */
async function survey({ run, ports }: Job, profile: CidProfile): Promise<readonly [readonly Pin[], Build]> {
  return await Promise.all([
    inStep('reading the account', () => ports.pins.listByProject(run.project)),
    ports.build(profile),
  ]);
}

async function decideFolder(job: Job): Promise<Decision> {
  const profile = folderProfile(job.run.profile);
  const [project, build] = await survey(job, profile);
  return await planFor(job, { build, project, method: 'folder' });
}

interface Proposal {
  readonly build: Build;
  readonly project: readonly Pin[];
  readonly method: UploadMethod;
}

async function planFor({ run, ports }: Job, { build, project, method }: Proposal): Promise<Decision> {
  const sameCid = await inStep('reading the account', async () =>
    confirm(ports.pins, preferPins(await ports.pins.listByCid(build.root), run.project)),
  );
  const plan = planDeploy(build, { project, sameCid }, run);
  const judged: Judgement = { rows: plan.retention, policy: plan.policy, now: run.now };
  if (run.unpin && !run.dryRun) await refuseTooManyFor(ports, judged, run.maxRemovals);
  return { build, plan, method };
}

/** Drops pins that the list still shows and that are gone, up to the first that is there. */
async function confirm(pins: Pins, listed: readonly Pin[]): Promise<readonly Pin[]> {
  for (const [index, { id }] of listed.entries()) {
    const pin = await pins.read(id);
    if (pin !== undefined) return [pin, ...listed.slice(index + 1)];
  }
  return [];
}

/** Shows the plan, and keeps the CAR before anything is sent: a disk that is full must not leave half a deploy behind. */
export async function announce({ run, ports }: Job, decision: Decision): Promise<Decision> {
  ports.showPlan(decision.plan, decision.build);
  if (!run.dryRun) await inStep('writing the CAR', () => ports.keepCar(decision.build));
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
export function folderProfile(profile: CidProfile): CidProfile {
  if (profile !== 'unixfs-v0-2015') return 'pinata-folder';
  throw new ActionError('input', 'A folder upload cannot make CIDs of cid-profile "unixfs-v0-2015".', {
    hint: 'Set cid-profile: pinata-folder, or use a plan that imports CARs.',
  });
}

/** The plan does not import CARs: the files go as a folder, which is a new decision when that changes the CID. */
export async function decideAgain(job: Job, before: Decision, reason: string): Promise<Decision> {
  if (job.run.method === 'car' || job.run.content.kind === 'car') throw refusedUpload(reason);
  const decision = await decideFolder(job);
  await warnOfQuota(job, decision);
  const same = decision.build.root === before.build.root;
  const cid = same
    ? 'which gives the same CID'
    : `and get the CID ${decision.build.root} (cid-profile pinata-folder) instead of ${before.build.root}`;
  job.ports.log.warn(
    `Your Pinata plan does not import CARs; the files are uploaded as a folder, ${cid}. Set upload-method: folder to go there at once.`,
  );
  return decision;
}

/** What the free plan holds: files of the whole account (pinata.cloud/pricing, 2026). */
const FREE_PLAN_FILES = 500;

/** Only now it is known that the plan is the free one; whether a folder counts as one file or as many is not. */
async function warnOfQuota({ ports }: Job, { build }: Decision): Promise<void> {
  const usage = await ports.pins.readUsage().catch(() => undefined);
  if (usage === undefined || usage.pins + build.listing.size <= FREE_PLAN_FILES) return;
  ports.log.warn(
    `The account holds ${usage.pins} pins, and the build has ${build.listing.size} files: Pinata's free plan takes ${FREE_PLAN_FILES} files, and may refuse the upload. Unpin what is stale (mode: list shows it), or take a paid plan.`,
  );
}

export function refusedUpload(reason: string): ActionError {
  return new ActionError('quota', reason, {
    hint: 'Use a paid Pinata plan, or set upload-method: folder and deploy the directory itself.',
  });
}
