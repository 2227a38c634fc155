import type { Cid } from '../domain/cid.ts';
import { ActionError } from '../domain/errors.ts';
import type { Build } from '../domain/listing.ts';
import { isProven, type Presence, type Probe } from '../domain/outcome.ts';
import type { Network } from '../domain/pin.ts';
import { type BlockCheck, isSound, type VerifyLevel } from '../domain/verification.ts';
import type { Gateways, Log, Mirror } from '../ports.ts';

export interface PresencePorts {
  readonly log: Log;
  readonly gateways: Gateways;
  readonly mirrors: readonly Mirror[];
}

export interface Look {
  readonly network: Network;
  readonly verify: VerifyLevel;
}

/** What gateways serve of content, as closely as `verify` asks. */
export async function lookAt(
  content: Build | Cid,
  { network, verify }: Look,
  { gateways }: Pick<PresencePorts, 'gateways'>,
): Promise<Pick<Presence, 'probes' | 'blocks'>> {
  if (network === 'private') return { probes: await lookPrivately(content, verify, gateways), blocks: [] };
  const probes = await gateways.probe(content);
  const root = typeof content === 'string' ? content : content.root;
  return { probes, blocks: verify === 'blocks' ? await gateways.checkBlocks(root) : [] };
}

/** No gateway serves private content without a signed link, and a deploy opens the one that it hands out. */
async function lookPrivately(content: Build | Cid, verify: VerifyLevel, gateways: Gateways): Promise<readonly Probe[]> {
  const isAsked = verify === 'gateway' || verify === 'blocks';
  return typeof content === 'string' && isAsked ? await gateways.probe(content) : [];
}

/**
 * The same for content that is no news to anybody: what nobody serves now is not put in front of people.
 * @throws ActionError of kind `network`, or `content` where its blocks are not what the CID says.
 */
export async function proveServed(
  cid: Cid,
  look: Look & { readonly subject: string },
  ports: Pick<PresencePorts, 'gateways'>,
): Promise<Pick<Presence, 'probes' | 'blocks'>> {
  const seen = await lookAt(cid, look, ports);
  const isAsked = seen.probes.some(({ state }) => state !== 'unopened');
  // A page that would fetch the content in the browser has shown nothing of it.
  const isShown = isProven(seen.probes);
  const isEnough = isShown || !isAsked || look.verify === 'blocks';
  const proof = isEnough ? seen : { ...seen, blocks: await ports.gateways.checkBlocks(cid) };
  if (isAsked && !isShown && !proof.blocks.some(isSound)) throw notServed(look.subject, proof);
  if (look.verify === 'blocks' && look.network === 'public' && !proof.blocks.some(isSound)) {
    throw notSound(look.subject, proof.blocks);
  }
  return proof;
}

function notServed(subject: string, { probes, blocks }: Pick<Presence, 'probes' | 'blocks'>): ActionError {
  return new ActionError('network', `No gateway has shown a byte of ${subject}: ${troubles([...probes, ...blocks])}.`, {
    hint: 'No tag was moved. Name another version in from, or set verify: pin where you know better.',
  });
}

function notSound(subject: string, blocks: readonly BlockCheck[]): ActionError {
  if (blocks.length === 0) {
    return new ActionError('input', `No gateway is configured that serves the blocks of ${subject}.`, {
      hint: 'Give block-gateways or pinata-gateway, or set verify: gateway. No tag was moved.',
    });
  }
  return new ActionError('content', `Not every block of ${subject} is served as its CID says: ${troubles(blocks)}.`, {
    hint: 'No tag was moved. Name another version in from, or set verify: gateway where you know better.',
  });
}

/** What each gateway said. */
export function troubles(rows: readonly Pick<Probe, 'host' | 'note'>[]): string {
  return rows.length === 0 ? 'none is configured' : rows.map(({ host, note }) => `${host}: ${note}`).join('; ');
}
