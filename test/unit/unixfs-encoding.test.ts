import * as dagPb from '@ipld/dag-pb';
import fc from 'fast-check';
import { UnixFS } from 'ipfs-unixfs';
import { CID } from 'multiformats/cid';
import * as Digest from 'multiformats/hashes/digest';
import { expect, test } from 'vitest';
import { cidBytes, cidPrefix, cidText } from '../../src/adapters/unixfs/cid-bytes.ts';
import { encodeNode, nodeLength } from '../../src/adapters/unixfs/dag-pb.ts';
import { murmur3 } from '../../src/adapters/unixfs/murmur3.ts';
import {
  DIRECTORY_MESSAGE,
  fileMessage,
  LEAF_MARGIN,
  shardMessage,
  wrapLeaf,
  wrappedLength,
} from '../../src/adapters/unixfs/unixfs-message.ts';
import { cidFromDigest } from '../../src/domain/cid.ts';
import { compareUtf8 } from '../../src/domain/file-rules.ts';
import { decodeNode } from '../../src/domain/unixfs-node.ts';
import { readVarint, varintLength, writeVarint } from '../../src/domain/varint.ts';
import vectors from '../fixtures/cid/murmur3.json' with { type: 'json' };

const digests = fc.uint8Array({ minLength: 32, maxLength: 32 });
const codecs = fc.constantFrom(0x55, 0x70);
const sizes = fc.oneof(fc.nat(300), fc.nat(3_000_000), fc.maxSafeNat());
const names = fc.oneof(fc.string({ unit: 'binary' }), fc.string({ minLength: 100, maxLength: 300 }), fc.constant(''));
const links = fc.array(
  fc.record({ name: names, version: fc.constantFrom(0, 1), codec: codecs, digest: digests, tsize: sizes }),
);

function cidOf({ version, codec, digest }: { version: 0 | 1; codec: number; digest: Uint8Array }): CID {
  const multihash = Digest.create(0x12, digest);
  return version === 0 ? CID.createV0(multihash) : CID.createV1(codec, multihash);
}

test('a node has the bytes that @ipld/dag-pb writes, and the length that was foretold', () => {
  fc.assert(
    fc.property(links, fc.uint8Array({ minLength: 1, maxLength: 400 }), (drawn, payload) => {
      const ours = drawn.map((link) => ({
        name: link.name,
        cid: cidBytes(cidPrefix(link.version, link.codec), link.digest),
        tsize: link.tsize,
      }));
      const theirs = drawn.map((link) => ({ Name: link.name, Hash: cidOf(link), Tsize: link.tsize }));
      // Its encoder refuses links that are not sorted; sorting is the business of trees and has its own test.
      const order = theirs
        .map((_, index) => index)
        .sort((a, b) => Buffer.compare(Buffer.from(ours[a]?.name ?? ''), Buffer.from(ours[b]?.name ?? '')));
      const sorted = <Item>(items: readonly Item[]): Item[] => order.flatMap((index) => items.slice(index, index + 1));
      const encoded = encodeNode(sorted(ours), payload);
      expect(Buffer.from(encoded.bytes).toString('hex')).toBe(
        Buffer.from(dagPb.encode({ Data: payload, Links: sorted(theirs) })).toString('hex'),
      );
      expect(nodeLength(sorted(ours), payload)).toBe(encoded.bytes.length);
    }),
  );
});

test('the link of a file carries an empty name: the bytes 12 00', () => {
  const cid = cidBytes(cidPrefix(1, 0x55), new Uint8Array(32));
  const { bytes } = encodeNode([{ name: '', cid, tsize: 5 }], Uint8Array.of(8, 2));
  expect(
    Buffer.from(bytes)
      .subarray(4 + 36, 4 + 38)
      .toString('hex'),
  ).toBe('1200');
});

test('the messages of files and directories are those of ipfs-unixfs', () => {
  expect(Buffer.from(DIRECTORY_MESSAGE)).toEqual(Buffer.from(new UnixFS({ type: 'directory' }).marshal()));
  fc.assert(
    fc.property(fc.array(fc.oneof(fc.nat(2 ** 20), fc.integer({ min: 2 ** 32, max: 2 ** 40 }))), (parts) => {
      const theirs = new UnixFS({ type: 'file', blockSizes: parts.map(BigInt) });
      expect(Buffer.from(fileMessage(parts))).toEqual(Buffer.from(theirs.marshal()));
    }),
  );
});

test('sizes from 2 to 4 GiB are whole varints, where ipfs-unixfs 13.1.1 drops the upper bits', () => {
  expect(Buffer.from(fileMessage([3_000_000_000])).toString('hex')).toBe('080218' + '80bcc1960b' + '20' + '80bcc1960b');
});

test('the message of a shard has a bit for each bucket, big-endian, without leading zero bytes', () => {
  fc.assert(
    fc.property(fc.uniqueArray(fc.nat(255), { minLength: 1 }), (drawn) => {
      const buckets = drawn.toSorted((a, b) => a - b);
      const bits = buckets.reduce((sum, bucket) => sum | (1n << BigInt(bucket)), 0n).toString(16);
      const data = Buffer.from(bits.padStart(bits.length + (bits.length % 2), '0'), 'hex');
      const theirs = new UnixFS({ type: 'hamt-sharded-directory', data, fanout: 256n, hashType: 0x22n });
      expect(Buffer.from(shardMessage(buckets)).toString('hex')).toBe(Buffer.from(theirs.marshal()).toString('hex'));
    }),
  );
});

test('a wrapped chunk is the file node that ipfs-unixfs and @ipld/dag-pb make, also when it is empty', () => {
  fc.assert(
    fc.property(
      fc.oneof(
        fc.uint8Array(),
        fc.nat(262_144).map((length) => new Uint8Array(length).fill(7)),
      ),
      (chunk) => {
        const buffer = Buffer.alloc(LEAF_MARGIN + chunk.length + LEAF_MARGIN);
        buffer.set(chunk, LEAF_MARGIN);
        const theirs = dagPb.encode({ Data: new UnixFS({ type: 'file', data: chunk }).marshal(), Links: [] });
        const ours = wrapLeaf(buffer, LEAF_MARGIN, chunk.length);
        expect(ours.equals(theirs)).toBe(true);
        expect(wrappedLength(chunk.length)).toBe(ours.length);
      },
    ),
    { numRuns: 40 },
  );
});

test('a decoded node has the links, sizes and kind that were encoded', () => {
  fc.assert(
    fc.property(links, fc.array(fc.nat(2 ** 40)), (drawn, parts) => {
      const encoded = drawn.map(({ name, codec, digest, tsize }) => ({
        name,
        cid: cidBytes(cidPrefix(1, codec), digest),
        tsize,
      }));
      const node = decodeNode(encodeNode(encoded, fileMessage(parts)).bytes);
      expect(node?.kind).toBe('file');
      expect(node?.fileBytes).toBe(parts.reduce((sum, part) => sum + part, 0));
      expect(node?.links.map((link) => link.name)).toEqual(encoded.map((link) => link.name));
      expect(node?.links.map((link) => Buffer.from(link.cid))).toEqual(encoded.map((link) => Buffer.from(link.cid)));
    }),
  );
});

test('bytes that are no node decode to nothing, and nothing is thrown', () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 200 }), (bytes) => {
      const node = decodeNode(bytes);
      expect(node === undefined || Array.isArray(node.links)).toBe(true);
    }),
  );
  expect(decodeNode(Uint8Array.of())).toBeUndefined();
  expect(decodeNode(Uint8Array.of(0x0a, 0x7f, 0x08))).toBeUndefined();
});

test('a varint is read back as it was written, in as many bytes as foretold', () => {
  fc.assert(
    fc.property(sizes, fc.nat(5), (value, at) => {
      const bytes = new Uint8Array(20);
      const end = writeVarint(bytes, value, at);
      expect(end - at).toBe(varintLength(value));
      expect(readVarint(bytes, at)).toEqual({ value, end });
    }),
  );
  expect(readVarint(Uint8Array.of(0x80, 0x80), 0)).toBeUndefined();
  expect(readVarint(new Uint8Array(12).fill(0xff), 0)).toBeUndefined();
});

test('murmur3 gives the first 64 bits of x64-128, for every length of the last block', () => {
  for (const { text, hash } of vectors.hashes)
    expect(Buffer.from(murmur3(Buffer.from(text))).toString('hex')).toBe(hash);
});

test('names are ordered by their UTF-8 bytes, not by UTF-16 units', () => {
  expect(compareUtf8('\u{1F338}', '\uE000')).toBeGreaterThan(0);
  fc.assert(
    fc.property(fc.string({ unit: 'binary' }), fc.string({ unit: 'binary' }), (a, b) => {
      expect(Math.sign(compareUtf8(a, b))).toBe(Buffer.compare(Buffer.from(a), Buffer.from(b)));
    }),
  );
});

test('the text of a CID is what multiformats writes', () => {
  fc.assert(
    fc.property(codecs, digests, (codec, digest) => {
      expect(cidFromDigest(codec, digest)).toBe(cidOf({ version: 1, codec, digest }).toString());
      expect(cidText(cidBytes(cidPrefix(1, codec), digest))).toBe(cidOf({ version: 1, codec, digest }).toString());
      expect(cidText(cidBytes(cidPrefix(0, 0x70), digest))).toBe(
        cidOf({ version: 0, codec, digest }).toV1().toString(),
      );
    }),
  );
});
