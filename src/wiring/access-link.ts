import { kindOf } from '../adapters/gateway/opening.ts';
import { openSigned, type SignedAnswer } from '../adapters/gateway/signed-opening.ts';
import { type CreateAccessLink, createAccessLink } from '../adapters/pinata/access-link.ts';
import { mask } from '../adapters/runner/runner.ts';
import { type Cid, codecOf, RAW_CODEC } from '../domain/cid.ts';
import { ActionError } from '../domain/errors.ts';
import { chooseSample, type Sample } from '../domain/link.ts';
import type { Build } from '../domain/listing.ts';
import type { AccessLink, Probe } from '../domain/outcome.ts';
import type { Gateways } from '../ports.ts';
import { renderSpan } from '../render/units.ts';
import type { AccountPorts } from './account.ts';
import { ownGatewayBase } from './gateways.ts';
import { clock, type Wiring } from './wiring.ts';

/** A file that a link may be made to. */
interface Target {
  readonly path: string;
  /** Undefined where nobody knows which bytes are right. */
  readonly sample: Sample | undefined;
}

type Port = (content: Build | Cid) => Promise<AccessLink | undefined>;
type Account = Pick<AccountPorts, 'pins' | 'plain'>;

const HOW_TO_STOP = 'Or set access-link-expires: never.';
/** A link that only this run opens. */
const PROOF_MS = 60_000;

/** Links to private content; undefined for public content, and where none can be made. Trouble is a warning: what is live stays live. */
export function accessLinkPort(wiring: Wiring, account: Account): Port {
  const { values, log } = wiring;
  const expiresMs = values['access-link-expires'];
  if (values.network !== 'private' || expiresMs === undefined) return () => Promise.resolve(undefined);
  const signer = signerOf(wiring, account);
  return async (content) => {
    try {
      return await makeLink(content, { wiring, signer: await signer(), expiresMs });
    } catch (error) {
      if (!(error instanceof ActionError)) throw error;
      log.warn(`No access link was made: ${error.message} ${error.hint ?? ''} ${HOW_TO_STOP}`);
      return undefined;
    }
  };
}

/** Whether the account's gateway serves what was published before to a signed link. The link that it answers is not signed. */
export function privateProbe(wiring: Wiring, account: Account): Gateways['probe'] {
  const signer = signerOf(wiring, account);
  return async (content) => {
    if (typeof content !== 'string' || wiring.values['access-link-expires'] === undefined) return [];
    try {
      return await probe(content, { wiring, signer: await signer(), expiresMs: PROOF_MS });
    } catch (error) {
      if (!(error instanceof ActionError)) throw error;
      wiring.log.line(`Not opened: ${error.message}`);
      return [];
    }
  };
}

interface Signer {
  readonly gatewayUrl: string;
  readonly create: CreateAccessLink;
}

/** The gateway is asked for once. */
function signerOf({ values }: Wiring, { pins, plain }: Account): () => Promise<Signer> {
  let base: Promise<string> | undefined;
  return async () => {
    base ??= ownGatewayBase(values, pins);
    const gatewayUrl = await base;
    return { gatewayUrl, create: createAccessLink(plain, { gatewayUrl, date: clock.date }) };
  };
}

interface Making {
  readonly wiring: Wiring;
  readonly signer: Signer;
  readonly expiresMs: number;
}

async function makeLink(content: Build | Cid, making: Making): Promise<AccessLink | undefined> {
  const { values, log } = making.wiring;
  const root = typeof content === 'string' ? content : content.root;
  const targets = typeof content === 'string' ? targetsOf(content) : targetOf(content);
  // Which file there is in content of an earlier run can only be seen.
  const looks = values.verify === 'gateway' || targets.length > 1;
  let note = 'no file of the content has bytes';
  for (const target of targets) {
    const link = await sign(root, target, making);
    const seen = looks ? await open(link.url, { root, target, alone: targets.length === 1 }, making) : undefined;
    if (seen === undefined || seen.state === 'live') {
      tell(target.path, making);
      return { ...link, opened: seen !== undefined };
    }
    note = `${new URL(making.signer.gatewayUrl).host} ${seen.note}`;
  }
  log.warn(`No access link was made: ${note}. The content is pinned. ${HOW_TO_STOP}`);
  return undefined;
}

async function probe(root: Cid, making: Making): Promise<readonly Probe[]> {
  const { gatewayUrl } = making.signer;
  const place = { link: `${gatewayUrl}/files/${root}`, host: new URL(gatewayUrl).host, final: true };
  const targets = targetsOf(root);
  const refused: SignedAnswer[] = [];
  for (const target of targets) {
    const { url } = await sign(root, target, making);
    const seen = await open(url, { root, target, alone: targets.length === 1 }, making);
    if (seen.state === 'live')
      return [{ ...seen, ...place, state: 'files', note: `${seen.note}; to a signed link only` }];
    if (targets.length === 1 || !isAbsent(seen)) refused.push(seen);
  }
  const [first] = refused;
  if (first !== undefined) return [{ ...first, ...place, state: 'down' }];
  making.wiring.log.line(`Not opened: no name of a file in the private content ${root} is known.`);
  return [];
}

/** Masked before anything can print it. */
async function sign(root: Cid, { path }: Target, { signer, expiresMs }: Making): Promise<Omit<AccessLink, 'opened'>> {
  const { signature, ...link } = await signer.create({ root, path }, expiresMs);
  mask(link.url);
  mask(signature);
  return link;
}

interface Opening {
  readonly root: Cid;
  readonly target: Target;
  /** There is no other file to try. */
  readonly alone: boolean;
}

/** Waits for a file that must be there; of those that may be, for one that is not said to be absent. */
async function open(url: string, { root, target, alone }: Opening, { wiring }: Making): Promise<SignedAnswer> {
  const file = { url, root, sample: target.sample };
  const timeoutMs = wiring.values['verify-timeout'];
  if (alone) return await openSigned(file, timeoutMs);
  const first = await openSigned(file, 0);
  return first.state === 'live' || isAbsent(first) ? first : await openSigned(file, timeoutMs);
}

/** A directory is no file either. */
function isAbsent({ status }: SignedAnswer): boolean {
  return status === 400 || status === 404;
}

function tell(path: string, { wiring, expiresMs }: Making): void {
  wiring.log.line(`Access link for ${renderSpan(expiresMs)} made; it is in the output url.`);
  if (path === '') return;
  wiring.log.line(
    `It opens ${path} alone: Pinata signs one address, so a private directory cannot be browsed by a link, and what the page loads from it is not signed.`,
  );
}

/** The file of a build that a visitor gets first. */
function targetOf(build: Build): readonly Target[] {
  const sample = chooseSample(build.root, build.listing);
  if (sample === undefined) return [];
  const isIndex = kindOf(build) === 'directory' && sample.path === '';
  return [{ path: isIndex ? 'index.html' : sample.path, sample }];
}

/** No gateway tells what is in private content that was published before: a page of a directory, or one file. */
function targetsOf(root: Cid): readonly Target[] {
  const whole: Target = { path: '', sample: undefined };
  if (codecOf(root) === RAW_CODEC) return [{ path: '', sample: { path: '', cid: root, bytes: 0 } }];
  return [{ path: 'index.html', sample: undefined }, whole];
}
