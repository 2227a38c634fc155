import { createTraffic } from '../../src/adapters/http/traffic.ts';
import { mirrorPolicy } from '../../src/adapters/mirrors/errors.ts';
import { createMirror } from '../../src/adapters/mirrors/mirror.ts';
import { buildDag } from '../../src/adapters/unixfs/dag.ts';
import type { Cid } from '../../src/domain/cid.ts';
import type { Build, CidProfile } from '../../src/domain/listing.ts';
import { parseMirror } from '../../src/domain/mirror.ts';
import type { Mirror, MirrorOrder } from '../../src/ports.ts';
import { dagContent } from '../support/dag-content.ts';
import { seededBytes } from '../support/seeded.ts';

export const PROJECT = 'acme/site';

interface Given {
  readonly token?: string;
  readonly project?: string;
  readonly waitMs?: number;
}

/** The mirror that a line of `mirrors` means, with retries that do not wait. */
export function mirrorAt(line: string, { token, project = PROJECT, waitMs = 3000 }: Given = {}): Mirror {
  const address = parseMirror(line);
  if (address === undefined) throw new Error(`${line} is no mirror`);
  const traffic = createTraffic({
    ...mirrorPolicy({ name: address.name, token }),
    requestsPerMinute: 10_000,
    firstDelayMs: 1,
    deadline: new AbortController().signal,
    onRetry: () => {},
  });
  return createMirror(address, { token, project, waitMs, traffic });
}

/** A small site: directories, a file of several chunks. */
export async function withSite<T>(use: (build: Build) => Promise<T>, profile?: CidProfile): Promise<T> {
  using content = dagContent();
  const entries = content.entries({
    'index.html': '<h1>Hello</h1>',
    'a/b.txt': 'below',
    'film.bin': seededBytes(2_500_000, 3),
  });
  return await use(await buildDag({ kind: 'directory', entries }, profile ?? 'unixfs-v1-2025'));
}

/** An order to pin a build, or a CID that the mirror has to find. */
export function orderOf(what: Build | Cid): MirrorOrder {
  return typeof what === 'string'
    ? { cid: what, name: 'acme/site production', build: undefined }
    : { cid: what.root, name: 'acme/site production', build: what };
}
