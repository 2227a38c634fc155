import { createHash, hash } from 'node:crypto';
import { codecOf, RAW_CODEC } from '../../domain/cid.ts';
import { choosePlainSample, chooseSample, type Opening, type Sample } from '../../domain/link.ts';
import type { Build } from '../../domain/listing.ts';
import { MAX_REDIRECTS_BYTES, readRoutes } from '../../domain/routes.ts';
import { decodeNode, inlineContent } from '../../domain/unixfs-node.ts';
import { MAX_BODY_BYTES } from './visit.ts';

/** What of a build can be opened as proof that it is served. */
export async function openingOf(build: Build): Promise<Opening> {
  const { root, listing } = build;
  const fileAt = (path: string): Sample | undefined => {
    const file = listing.get(path);
    return file === undefined ? undefined : { path, ...file };
  };
  const nothing = { plainSample: undefined, redirects: undefined };
  const opening: Opening =
    kindOf(build) === 'file'
      ? { root, kind: 'file', sample: chooseSample(root, listing), ...nothing }
      : withRoutes(
          {
            root,
            kind: 'directory',
            sample: chooseSample(root, listing),
            plainSample: choosePlainSample(listing),
            redirects: await readRedirects(build),
          },
          fileAt,
        );
  const digestOf = await digestsOf(build, samplesOf(opening));
  return withDigests(opening, (sample) => digestOf.get(sample));
}

function samplesOf({ sample, plainSample, landing, deepRoute }: Opening): readonly Sample[] {
  return [sample, plainSample, landing, deepRoute?.target].filter((found) => found !== undefined);
}

/** The hashes of what the files have in them, where their CIDs do not tell. */
async function digestsOf(build: Build, samples: readonly Sample[]): Promise<ReadonlyMap<Sample, string>> {
  const digests = new Map<Sample, string>();
  for (const sample of samples) {
    if (codecOf(sample.cid) === RAW_CODEC || sample.bytes > MAX_BODY_BYTES) continue;
    const digest = await readDigest(build, sample);
    if (digest !== undefined) digests.set(sample, digest);
  }
  return digests;
}

/** Undefined also where the file has changed since it was hashed: whoever sends it will say so. */
async function readDigest(
  { root, listing, nodes, readFile }: Build,
  { path, cid }: Sample,
): Promise<string | undefined> {
  const node = nodes.get(cid);
  const inline = node === undefined ? undefined : digestOfNode(node);
  if (inline !== undefined || readFile === undefined) return inline;
  const [only = ''] = listing.keys();
  const name = path !== '' ? path : cid === root ? only : 'index.html';
  const hasher = createHash('sha256');
  try {
    for await (const piece of readFile(name)) hasher.update(piece);
  } catch {
    return undefined;
  }
  return hasher.digest('hex');
}

/** Of the bytes of a file that is one node; undefined for anything else. */
export function digestOfNode(block: Uint8Array): string | undefined {
  const node = decodeNode(block);
  return node?.kind === 'file' && node.links.length === 0 ? hash('sha256', inlineContent(block)) : undefined;
}

/** An opening whose samples have the digests that are known. */
export function withDigests(opening: Opening, digestOf: (sample: Sample) => string | undefined): Opening {
  const known = <T extends Sample | undefined>(sample: T): T =>
    sample === undefined ? sample : { ...sample, sha256: digestOf(sample) };
  const { sample, plainSample, landing, deepRoute } = opening;
  return {
    ...opening,
    sample: known(sample),
    plainSample: known(plainSample),
    landing: known(landing),
    deepRoute: deepRoute === undefined ? undefined : { ...deepRoute, target: known(deepRoute.target) },
  };
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
