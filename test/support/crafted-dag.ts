import { createHash } from 'node:crypto';
import { CID } from 'multiformats/cid';
import { create as digestOf } from 'multiformats/hashes/digest';

/** A link as bytes: nothing about it has to be in order. */
export interface CraftedLink {
  readonly name: string | Uint8Array;
  readonly cid: Uint8Array;
  readonly tsize?: number;
}

const TYPES = { directory: 1, file: 2, metadata: 3, symlink: 4, shard: 5 } as const;

const RAW = 0x55;
const DAG_PB = 0x70;

/** Blocks that no sane program writes, each under its true CID. */
export function craftedDag() {
  const blocks = new Map<string, Uint8Array>();

  function put(bytes: Uint8Array, codec = DAG_PB): Uint8Array {
    const digest = createHash('sha256').update(bytes).digest();
    const cid = CID.create(1, codec, digestOf(0x12, digest));
    blocks.set(cid.toString(), bytes);
    return cid.bytes;
  }

  return {
    blocks,
    put,
    /** A node of a type with these links, in this order. Answers its CID. */
    node: (type: keyof typeof TYPES, links: readonly CraftedLink[]): Uint8Array => put(craftedNode(type, links)),
    raw: (content: string): Uint8Array => put(Buffer.from(content), RAW),
  };
}

/** The bytes of a node with these links, and content of its own. */
export function craftedNode(
  type: keyof typeof TYPES,
  links: readonly CraftedLink[],
  content: Uint8Array = Buffer.of(),
): Uint8Array {
  const message = [
    Buffer.of(0x08, TYPES[type]),
    content.length === 0 ? Buffer.of() : field(2, content),
    type === 'shard' ? Buffer.of(0x28, 0x22, 0x30, 0x80, 0x02) : Buffer.of(),
  ];
  return Buffer.concat([
    ...links.map(({ name, cid, tsize = 1 }) =>
      field(2, Buffer.concat([field(1, cid), field(2, Buffer.from(name)), Buffer.of(0x18), varint(tsize)])),
    ),
    field(1, Buffer.concat(message)),
  ]);
}

/** A CID that holds its content. */
export function identityCid(content: Uint8Array, codec = RAW): Uint8Array {
  return Buffer.concat([Buffer.of(1), varint(codec), Buffer.of(0), varint(content.length), content]);
}

/** The text of a CID. */
export function textOfCid(cid: Uint8Array): string {
  return CID.decode(cid).toString();
}

function field(number: number, bytes: Uint8Array): Buffer {
  return Buffer.concat([Buffer.of((number << 3) | 2), varint(bytes.length), bytes]);
}

function varint(value: number): Buffer {
  const bytes: number[] = [];
  let rest = value;
  for (; rest >= 0x80; rest = Math.floor(rest / 0x80)) bytes.push((rest % 0x80) + 0x80);
  return Buffer.from([...bytes, rest]);
}
