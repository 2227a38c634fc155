import type { Cid } from './cid.ts';
import type { DiffBase } from './comparison.ts';
import { type ActiveDeployment, deployedCid } from './github.ts';
import type { Pin } from './pin.ts';
import { renderTagRef, resolveTagRef, type TagRef } from './revision.ts';
import { type Project, parseTags } from './tag.ts';

/** The input `diff-base`. */
export type DiffBaseInput =
  | { readonly kind: 'auto' | 'none' }
  | { readonly kind: 'tag'; readonly ref: TagRef }
  | { readonly kind: 'cid'; readonly cid: Cid };

/** What a build is compared with, or why with nothing, in words that follow "because"; `first`: there is nothing yet. */
export type BaseChoice =
  | { readonly kind: 'base'; readonly base: DiffBase }
  | { readonly kind: 'none'; readonly reason: string; readonly first?: true };

const PRODUCTION: TagRef = { tag: 'production', back: 0 };

export interface Tagged {
  /** The project's pins. */
  readonly pins: readonly Pin[];
  readonly project: Project;
  /** Of this deploy. */
  readonly tags: readonly string[];
}

/** `auto` is what the deploy's first tag points to until now, else production. */
export function chooseBase(input: DiffBaseInput, tagged: Tagged): BaseChoice {
  switch (input.kind) {
    case 'none':
      return { kind: 'none', reason: 'diff-base is none' };
    case 'cid':
      return { kind: 'base', base: { cid: input.cid, label: input.cid, commit: undefined } };
    case 'tag':
      return baseOf(input.ref, tagged) ?? { kind: 'none', reason: `nothing has the tag ${renderTagRef(input.ref)}` };
    case 'auto': {
      const [tag] = tagged.tags;
      const own = tag === undefined ? undefined : baseOf({ tag, back: 0 }, tagged);
      return own ?? baseOf(PRODUCTION, tagged) ?? { kind: 'none', reason: 'this is the first deploy', first: true };
    }
  }
}

function baseOf(ref: TagRef, { pins, project }: Tagged): BaseChoice | undefined {
  const cid = resolveTagRef(pins, ref, project);
  if (cid === undefined) return undefined;
  const marks = pins
    .filter((pin) => pin.cid === cid)
    .flatMap((pin) => parseTags(pin.keyvalues, project).tags.filter(({ tag }) => tag === ref.tag))
    .sort((a, b) => b.at - a.at);
  const commit = marks[0]?.commit;
  return {
    kind: 'base',
    base: { cid, label: renderTagRef(ref), commit: commit === undefined || /^0+$/.test(commit) ? undefined : commit },
  };
}

/** Without a key nobody can say what a tag points to; GitHub may know what is deployed. */
export function chooseBaseWithoutKey(
  input: DiffBaseInput,
  { deployments, project }: { readonly deployments: readonly ActiveDeployment[] | string; readonly project: string },
): BaseChoice {
  if (input.kind === 'none' || input.kind === 'cid') {
    return chooseBase(input, { pins: [], project: { name: '', key: '' }, tags: [] });
  }
  const wanted = input.kind === 'tag' ? renderTagRef(input.ref) : 'the current content';
  if (typeof deployments === 'string') {
    return { kind: 'none', reason: `without a key ${wanted} is not known, and ${deployments}` };
  }
  const found = input.kind === 'auto' ? deployedCid(deployments, project) : undefined;
  return found === undefined
    ? { kind: 'none', reason: `without a key ${wanted} is not known; diff-base may be a CID` }
    : { kind: 'base', base: { cid: found.cid, label: found.environment, commit: undefined } };
}
