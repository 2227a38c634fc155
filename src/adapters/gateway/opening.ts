import { choosePlainSample, chooseSample, type Opening, type Sample } from '../../domain/link.ts';
import type { Build } from '../../domain/listing.ts';
import { MAX_REDIRECTS_BYTES, readRoutes } from '../../domain/routes.ts';

/** What of a build can be opened as proof that it is served. */
export async function openingOf(build: Build): Promise<Opening> {
  const { root, listing } = build;
  const sample = chooseSample(root, listing);
  if (kindOf(build) === 'file') return { root, kind: 'file', sample, plainSample: undefined, redirects: undefined };
  const redirects = await readRedirects(build);
  const fileAt = (path: string): Sample | undefined => {
    const file = listing.get(path);
    return file === undefined ? undefined : { path, ...file };
  };
  return withRoutes({ root, kind: 'directory', sample, plainSample: choosePlainSample(listing), redirects }, fileAt);
}

export function kindOf({ root, listing }: Build): Opening['kind'] {
  const [only] = listing.size === 1 ? listing.values() : [];
  return only?.cid === root ? 'file' : 'directory';
}

/** An opening with what its `_redirects` let one try. */
export function withRoutes(opening: Opening, fileAt: (path: string) => Sample | undefined): Opening {
  const { landing, deepRoute } = readRoutes(opening.redirects, fileAt);
  return { ...opening, landing: landing?.cid === opening.sample?.cid ? undefined : landing, deepRoute };
}

/** Undefined also where the file has changed since it was hashed: whoever sends it will say so. */
async function readRedirects({ listing, readFile }: Build): Promise<string | undefined> {
  const file = listing.get('_redirects');
  if (file === undefined || file.bytes > MAX_REDIRECTS_BYTES || readFile === undefined) return undefined;
  const chunks: Uint8Array[] = [];
  try {
    // A piece is valid until the next one is asked for.
    for await (const piece of readFile('_redirects')) chunks.push(Uint8Array.from(piece));
  } catch {
    return undefined;
  }
  return Buffer.concat(chunks).toString('utf8');
}
