import { ActionError } from '../domain/errors.ts';
import type { NameState, StableName } from '../domain/names.ts';
import { overtakenBy, type Placement } from '../domain/revision.ts';
import type { Pins } from '../ports.ts';
import { moveNames, type NamePorts } from './names.ts';

export interface FollowPorts {
  readonly pins: Pick<Pins, 'listByProject'>;
  readonly names: NamePorts;
}

/**
 * Points names to the content that their tags were put on. Where another run has put a tag elsewhere since, a name stays:
 * it follows the tag, and not whoever was slower.
 */
export async function followTags(
  names: readonly StableName[],
  placed: Omit<Placement, 'tag'>,
  ports: FollowPorts,
): Promise<readonly NameState[]> {
  if (names.length === 0) return [];
  const states = new Map<StableName, NameState>();
  for (const name of await overtaken(names, placed, ports)) states.set(name.name, name);
  const rest = names.filter((name) => !states.has(name));
  for (const state of await moveNames(rest, placed, ports.names)) states.set(state.name, state);
  return names.flatMap((name) => states.get(name) ?? []);
}

async function overtaken(
  names: readonly StableName[],
  placed: Omit<Placement, 'tag'>,
  { pins }: FollowPorts,
): Promise<readonly NameState[]> {
  // The tag was read back a moment ago: who cannot look once more has no reason to doubt it.
  const listed = await pins.listByProject(placed.project).catch((error: unknown) => {
    if (!(error instanceof ActionError)) throw error;
    return [];
  });
  return names.flatMap((name): readonly NameState[] => {
    const newer = overtakenBy(listed, { ...placed, tag: name.tag });
    if (newer === undefined) return [];
    const note = `another run has put ${name.tag} on ${newer} since, so this name was left to it`;
    return [{ name, state: 'failed', previous: undefined, note }];
  });
}
