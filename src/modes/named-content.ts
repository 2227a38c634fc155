import { ActionError } from '../domain/errors.ts';
import { labelOf, type StableName } from '../domain/names.ts';
import type { Resolvers } from '../ports.ts';
import type { Uses } from './survey.ts';

/**
 * Content that names show to people now, whatever their tags say: it is not given up.
 * @throws ActionError where no resolver tells what a domain shows: then nothing may be given up.
 */
export async function readNamed(names: readonly StableName[], resolvers: Resolvers): Promise<Uses> {
  const uses = await Promise.all(
    names.map(async (name): Promise<Uses> => {
      if (name.kind === 'hot-swap') return [[name.cid, 'hot-swap-cid: people have its address']];
      const answers = await resolvers.read(name.domain);
      const known = answers.filter(({ trouble }) => trouble === undefined);
      if (known.length === 0) {
        const reasons = answers.map(({ resolver, trouble }) => `${resolver}: ${trouble ?? ''}`).join('; ');
        throw new ActionError('network', `It is not known what ${name.domain} shows (${reasons}).`);
      }
      // One that is behind still sends people to the old content.
      return known.flatMap(({ target }) =>
        target?.cid === undefined ? [] : [[target.cid, `DNSLink of ${labelOf(name)}`] as const],
      );
    }),
  );
  return uses.flat();
}
