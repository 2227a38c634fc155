import type { Preflight } from '../../src/domain/preflight/finding.ts';
import { createInspection } from '../../src/domain/preflight/inspection.ts';
import { createNftRule } from '../../src/domain/preflight/nft.ts';

export type Files = Readonly<Record<string, string>>;

export interface Look {
  readonly forced?: boolean;
  /** How many bytes come at once. */
  readonly piece?: number;
}

export const CID = 'bafybeigdyrzt5sfp7udm7hu76uh7y26nf3efuylqabf3oclgtqy55fbzdi';
export const OTHER_CID = 'bafybeihkoviema7g3gxyt6la7vd5ho32ictqbilu3wnlo3rs7ewhnp7lly';
export const CID_V0 = 'QmPZ9gcCEpqKTo6aq61g2nXGUhM4iCL3ewB6LDXZCtioEB';

/** Files of one build; a value that is no text is written as JSON. */
export function filesOf(files: Readonly<Record<string, unknown>>): Files {
  const texts: [string, string][] = Object.entries(files).map(([path, value]) => [
    path,
    typeof value === 'string' ? value : JSON.stringify(value, null, 2),
  ]);
  return Object.fromEntries(texts);
}

export async function lookAt(files: Files, { forced = false, piece = 1e7 }: Look = {}): Promise<Preflight> {
  const bytes = Object.entries(files).map(([path, text]) => [path, new TextEncoder().encode(text)] as const);
  return lookAtBytes(bytes, { forced, piece });
}

export async function lookAtBytes(
  files: readonly (readonly [string, Uint8Array])[],
  { forced = false, piece = 1e7 }: Look = {},
): Promise<Preflight> {
  const site = { files: new Map(files.map(([path, bytes]) => [path, bytes.length])), isSingleFile: false };
  const inspection = createInspection([{ rule: createNftRule(site, { forced }), severity: 'warn' }]);
  for (const [path, bytes] of files) {
    if (!inspection.begin({ path, bytes: bytes.length })) continue;
    for (let at = 0; at < bytes.length; at += piece) inspection.take(bytes.subarray(at, at + piece));
    inspection.end();
  }
  return inspection.finish();
}

export function token(id: number, fields: Readonly<Record<string, unknown>> = {}): Readonly<Record<string, unknown>> {
  return {
    name: `Creature #${id}`,
    description: 'Swims.',
    image: `ipfs://${CID}/${id}.png`,
    attributes: [
      { trait_type: 'Base', value: `Starfish ${id}` },
      { trait_type: 'Level', value: id },
    ],
    ...fields,
  };
}

/** Ten tokens as ERC-721 has them, `change` applied to those it knows. */
export function collection(change: (id: number) => unknown = () => undefined): Readonly<Record<string, unknown>> {
  const ids = Array.from({ length: 10 }, (_, index) => index + 1);
  return Object.fromEntries(ids.map((id) => [`metadata/${id}.json`, change(id) ?? token(id)]));
}

export function images(count = 10): Files {
  return Object.fromEntries(Array.from({ length: count }, (_, index) => [`images/${index + 1}.png`, 'x']));
}

export function hexId(id: number): string {
  return id.toString(16).padStart(64, '0');
}
