import type { Cid } from '../domain/cid.ts';
import { inStep } from '../domain/errors.ts';
import type { ActiveDeployment } from '../domain/github.ts';
import { parsePayload } from '../domain/github-deployment.ts';
import { type Findings, judgeHealth } from '../domain/health.ts';
import type { StableName } from '../domain/names.ts';
import type { Outcome, TagHealth } from '../domain/outcome.ts';
import type { Network, Pin } from '../domain/pin.ts';
import { historiesOf, revisionsOf } from '../domain/revision.ts';
import { isTagName, type Project, pullRequestOf } from '../domain/tag.ts';
import type { VerifyLevel } from '../domain/verification.ts';
import type { GitHub, Pins } from '../ports.ts';
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
}

export interface VerifyPorts extends PresencePorts {
  readonly pins: Pick<Pins, 'listByProject' | 'read'>;
  readonly github: Pick<GitHub, 'activeDeployments'>;
  readonly names: NamePorts;
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
  const looked = new Map<Cid, Promise<Seen>>();
  const tags: TagHealth[] = [];
  for (const position of positionsOf(pins, run)) {
    const health = await inStep('opening the links', () => examine(position, { run, deployments, looked }, ports));
    ports.showHealth(health);
    tags.push(health);
  }
  return { kind: 'verified', tags: [...tags, ...vanished(run, tags)], checkedAt: run.now };
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
}

type Seen = Pick<TagHealth, 'pinned' | 'probes' | 'blocks' | 'mirrors'>;

async function examine(
  { tag, cid, at, pins }: Position,
  { run, deployments, looked }: Examination,
  ports: VerifyPorts,
): Promise<TagHealth> {
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

async function look(
  cid: Cid,
  pins: readonly Pin[],
  { run, ports }: { readonly run: VerifyRun; readonly ports: VerifyPorts },
): Promise<Seen> {
  const present = await Promise.all(pins.map(({ id }) => ports.pins.read(id)));
  const asked = run.verify === 'gateway' ? { ...run, verify: 'blocks' as const } : run;
  return {
    pinned: present.some((pin) => pin?.cid === cid),
    ...(await lookAt(cid, asked, ports)),
    mirrors: await readMirrors(cid, ports.mirrors),
  };
}

/** A tag that was named, or that a name follows, and that nothing has. */
function vanished({ tags, names, now }: VerifyRun, found: readonly TagHealth[]): readonly TagHealth[] {
  const wanted = new Set([...tags, ...(tags.length === 0 ? names.map(({ tag }) => tag) : [])]);
  for (const { tag } of found) wanted.delete(tag);
  return [...wanted].map((tag) => ({
    tag,
    cid: undefined,
    since: now,
    pinned: false,
    probes: [],
    blocks: [],
    names: [],
    mirrors: [],
    problems: ['nothing that is pinned has this tag'],
    remarks: [],
  }));
}

/** When the newest content of a tag is unpinned by hand, its mark goes with it; GitHub may still know of it. */
async function readDeployments({ github, log }: VerifyPorts): Promise<readonly ActiveDeployment[]> {
  const known = await github.activeDeployments();
  if (known.kind === 'known') return known.value;
  log.line(`Not compared with GitHub's deployments: ${known.reason}.`);
  return [];
}

function deployedFor(tag: string, project: Project, deployments: readonly ActiveDeployment[]): Cid | undefined {
  const payloads = deployments.flatMap(({ texts }) => texts.map(parsePayload).filter((found) => found !== undefined));
  return payloads.find((payload) => payload.project === project.name && payload.tag === tag)?.cid;
}
