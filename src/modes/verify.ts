import type { Cid } from '../domain/cid.ts';
import { inStep } from '../domain/errors.ts';
import type { ActiveDeployment } from '../domain/github.ts';
import { type DeploymentPayload, parsePayload } from '../domain/github-deployment.ts';
import { type Findings, judgeHealth } from '../domain/health.ts';
import type { StableName } from '../domain/names.ts';
import type { Outcome, TagHealth } from '../domain/outcome.ts';
import type { Network, Pin } from '../domain/pin.ts';
import { historiesOf, revisionsOf } from '../domain/revision.ts';
import { isTagName, type Project, pullRequestOf } from '../domain/tag.ts';
import type { VerifyLevel } from '../domain/verification.ts';
import type { Clock, GitHub, Pins } from '../ports.ts';
import { readMirrors } from './mirror.ts';
import { type NamePorts, readNames } from './names.ts';
import { lookAt, type PresencePorts } from './presence.ts';

export interface VerifyRun {
  readonly project: Project;
  /** Only these; all that the project has when none is named. */
  readonly tags: readonly string[];
  readonly network: Network;
  readonly verify: VerifyLevel;
  readonly names: readonly StableName[];
  readonly now: Date;
  /** For looking at all of it: what is left then is only read back. */
  readonly limitMs: number;
}

export interface VerifyPorts extends PresencePorts {
  readonly pins: Pick<Pins, 'listByProject' | 'read'>;
  readonly github: Pick<GitHub, 'activeDeployments'>;
  readonly names: NamePorts;
  readonly clock: Pick<Clock, 'now'>;
  readonly showHealth: (tag: TagHealth) => void;
}

/** What a tag points to. */
interface Position {
  readonly tag: string;
  readonly cid: Cid;
  readonly at: number;
  readonly pins: readonly Pin[];
}

/** Looks at what every tag points to: is it pinned, served, block by block what its CID says, and what its names say? Writes nothing. */
export async function verify(run: VerifyRun, ports: VerifyPorts): Promise<Outcome> {
  const [pins, deployments] = await inStep('reading the account', () =>
    Promise.all([ports.pins.listByProject(run.project), readDeployments(ports)]),
  );
  const examination: Examination = { run, deployments, looked: new Map(), until: ports.clock.now() + run.limitMs };
  const found: TagHealth[] = [];
  for (const position of positionsOf(pins, run)) {
    const health = await inStep('opening the links', () => examine(position, examination, ports));
    ports.showHealth(health);
    found.push(health);
  }
  return { kind: 'verified', tags: [...found, ...vanished(examination, found)], checkedAt: run.now };
}

/** Long-lived tags first, each in the order of the alphabet. */
function positionsOf(pins: readonly Pin[], { project, tags }: VerifyRun): readonly Position[] {
  const histories = historiesOf(revisionsOf(pins, project), project);
  return [...histories]
    .flatMap(([tag, [current]]) => {
      const isAsked = tags.length === 0 || tags.includes(tag);
      if (current === undefined || !isAsked || !isTagName(tag)) return [];
      return [{ tag, ...current, pins: pins.filter(({ cid }) => cid === current.cid) }];
    })
    .sort((a, b) => rankOf(a.tag) - rankOf(b.tag) || (a.tag < b.tag ? -1 : 1));
}

function rankOf(tag: string): number {
  return pullRequestOf(tag) === undefined ? 0 : 1;
}

interface Examination {
  readonly run: VerifyRun;
  readonly deployments: readonly ActiveDeployment[];
  /** By content: several tags may point to the same. */
  readonly looked: Map<Cid, Promise<Seen>>;
  /** Of the clock. */
  readonly until: number;
}

type Seen = Pick<TagHealth, 'pinned' | 'probes' | 'blocks' | 'mirrors'>;

async function examine(
  { tag, cid, at, pins }: Position,
  { run, deployments, looked, until }: Examination,
  ports: VerifyPorts,
): Promise<TagHealth> {
  if (!looked.has(cid) && ports.clock.now() >= until) return await readBack({ tag, cid, at, pins }, ports);
  const seen = looked.get(cid) ?? look(cid, pins, { run, ports });
  looked.set(cid, seen);
  const own = run.names.filter((name) => name.tag === tag);
  const findings: Findings = {
    tag,
    cid,
    ...(await seen),
    names: await readNames(own, { cid }, ports.names),
    deployed: deployedFor(tag, run.project, deployments),
  };
  return { ...findings, since: new Date(at * 1000), ...judgeHealth(findings) };
}

/** What gateways and names say was not asked: many slow ones could take hours. */
async function readBack({ tag, cid, at, pins }: Position, ports: VerifyPorts): Promise<TagHealth> {
  const nothing = { probes: [], blocks: [], names: [], mirrors: [] };
  const findings: Findings = { tag, cid, pinned: await isPinned(cid, pins, ports), ...nothing, deployed: undefined };
  const { problems, remarks } = judgeHealth(findings);
  const unseen = 'no gateway was asked for it: the time for this run (timeout) was over';
  return { ...findings, since: new Date(at * 1000), problems: [...problems, unseen], remarks };
}

async function isPinned(cid: Cid, listed: readonly Pin[], { pins }: Pick<VerifyPorts, 'pins'>): Promise<boolean> {
  const present = await Promise.all(listed.map(({ id }) => pins.read(id)));
  return present.some((pin) => pin?.cid === cid);
}

async function look(
  cid: Cid,
  pins: readonly Pin[],
  { run, ports }: { readonly run: VerifyRun; readonly ports: VerifyPorts },
): Promise<Seen> {
  const asked = run.verify === 'gateway' ? { ...run, verify: 'blocks' as const } : run;
  return {
    pinned: await isPinned(cid, pins, ports),
    ...(await lookAt(cid, asked, ports)),
    mirrors: await readMirrors(cid, ports.mirrors),
  };
}

/** A tag that was named, that a name follows, or that GitHub has a deployment of, and that nothing has. */
function vanished({ run, deployments }: Examination, found: readonly TagHealth[]): readonly TagHealth[] {
  const { tags, names, now, project } = run;
  const wanted = new Set(tags.length > 0 ? tags : [...names.map(({ tag }) => tag), ...deployedTags(run, deployments)]);
  for (const { tag } of found) wanted.delete(tag);
  return [...wanted].map((tag) => {
    const deployed = deployedFor(tag, project, deployments);
    return {
      tag,
      cid: undefined,
      since: now,
      pinned: false,
      probes: [],
      blocks: [],
      names: [],
      mirrors: [],
      problems: [
        'nothing that is pinned has this tag',
        ...(deployed === undefined ? [] : [`GitHub's active deployment of it shows ${deployed}`]),
      ],
      remarks: [],
    };
  });
}

/** Previews expire, and nobody tells GitHub. */
function deployedTags({ project }: VerifyRun, deployments: readonly ActiveDeployment[]): readonly string[] {
  return payloadsOf(project, deployments).flatMap(({ tag }) => (pullRequestOf(tag) === undefined ? [tag] : []));
}

/** When the newest content of a tag is unpinned by hand, its mark goes with it; GitHub may still know of it. */
async function readDeployments({ github, log }: VerifyPorts): Promise<readonly ActiveDeployment[]> {
  const known = await github.activeDeployments();
  if (known.kind === 'known') return known.value;
  log.line(`Not compared with GitHub's deployments: ${known.reason}.`);
  return [];
}

function deployedFor(tag: string, project: Project, deployments: readonly ActiveDeployment[]): Cid | undefined {
  return payloadsOf(project, deployments).find((payload) => payload.tag === tag)?.cid;
}

function payloadsOf(project: Project, deployments: readonly ActiveDeployment[]): readonly DeploymentPayload[] {
  const payloads = deployments.flatMap(({ texts }) => texts.map(parsePayload).filter((found) => found !== undefined));
  return payloads.filter((payload) => payload.project === project.name && isTagName(payload.tag));
}
