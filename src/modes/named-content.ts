import type { Cid } from '../domain/cid.ts';
import { ActionError } from '../domain/errors.ts';
import { type DnslinkName, type HotSwapName, isMovingTarget, labelOf, type StableName } from '../domain/names.ts';
import type { Pins, Resolvers } from '../ports.ts';
import type { Uses } from './survey.ts';

export interface NamedPorts {
  readonly resolvers: Resolvers;
  readonly pins: Pick<Pins, 'readSwaps'>;
}

/**
 * Content that names show to people now, whatever their tags say: it is not given up.
 * @throws ActionError where nobody tells what a name shows: then nothing may be given up.
 */
export async function readNamed(names: readonly StableName[], { resolvers, pins }: NamedPorts): Promise<Uses> {
  const domains = names.filter((name) => name.kind === 'dnslink');
  const swapped = names.filter((name) => name.kind === 'hot-swap');
  const shown = await Promise.all(domains.map((name) => readShown(name, resolvers)));
  return [...shown.flat(), ...(await readAnswered(swapped, pins))];
}

async function readShown(name: DnslinkName, resolvers: Resolvers): Promise<Uses> {
  const answers = await resolvers.read(name.domain);
  const known = answers.filter(({ trouble }) => trouble === undefined);
  if (known.length === 0) {
    throw notKnown(name, answers.map(({ resolver, trouble }) => `${resolver}: ${trouble ?? ''}`).join('; '));
  }
  const moving = known.find(({ target }) => isMovingTarget(target));
  if (moving !== undefined) throw notKnown(name, `${moving.resolver}: what an /ipns/ path leads to can change`);
  // One that is behind still sends people to the old content.
  return known.flatMap(({ target }) =>
    target?.cid === undefined ? [] : [[target.cid, `DNSLink of ${labelOf(name)}`] as const],
  );
}

/** The addresses that people have need not be the project's own content, and what is answered for them is needed as much. */
async function readAnswered(names: readonly HotSwapName[], pins: NamedPorts['pins']): Promise<Uses> {
  const [first] = names;
  if (first === undefined) return [];
  const originals = names.map(({ cid }) => cid);
  const swaps = await pins.readSwaps(originals);
  if (swaps.kind !== 'known') throw notKnown(first, swaps.reason);
  const targets = [...swaps.value].map(([original, target]): [Cid, string] => [target, `hot swap of ${original}`]);
  return [...originals.map((cid) => [cid, 'hot-swap-cid: people have its address'] as const), ...targets];
}

function notKnown(name: StableName, reasons: string): ActionError {
  return new ActionError('network', `It is not known what ${labelOf(name)} shows (${reasons}).`);
}
