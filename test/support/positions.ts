import { projectKey } from './oracle-cid.ts';

/** What of a pin tells where tags are. */
interface Tagged {
  readonly root: string;
  readonly keyvalues: Readonly<Record<string, string>>;
}

/** Each tag of a project → the CIDs that it stands on: those with its newest time. */
export function currentRoots(pins: readonly Tagged[], project: string): ReadonlyMap<string, ReadonlySet<string>> {
  const newest = new Map<string, { readonly at: number; readonly roots: Set<string> }>();
  for (const pin of pins) {
    for (const [tag, at] of marksOn(pin, project)) {
      const known = newest.get(tag);
      if (known === undefined || at > known.at) newest.set(tag, { at, roots: new Set([pin.root]) });
      else if (at === known.at) known.roots.add(pin.root);
    }
  }
  return new Map([...newest].map(([tag, { roots }]) => [tag, roots]));
}

/** Each tag of a project → every CID that has a mark of it, an old one too. */
export function markedRoots(pins: readonly Tagged[], project: string): ReadonlyMap<string, ReadonlySet<string>> {
  const roots = new Map<string, Set<string>>();
  for (const pin of pins) {
    for (const tag of marksOn(pin, project).keys()) roots.set(tag, (roots.get(tag) ?? new Set()).add(pin.root));
  }
  return roots;
}

/** When each tag was put on a pin, previews among them; schema 1 (docs/tags.md). */
function marksOn({ keyvalues }: Tagged, project: string): ReadonlyMap<string, number> {
  const key = projectKey(project);
  if (keyvalues[key] !== project) return new Map();
  const marks = Object.entries(keyvalues).flatMap(([name, value]) => {
    const at = /^(\d+) [0-9a-f]{7}$/.exec(value)?.[1];
    return name.startsWith(`${key}.`) && at !== undefined ? [[name.slice(key.length + 1), Number(at)] as const] : [];
  });
  const previews = (keyvalues[`${key}.previews`] ?? '').matchAll(/(\d+)@(\d+)/g);
  return new Map([...marks, ...[...previews].map(([, number, at]) => [`pr-${number}`, Number(at)] as const)]);
}
