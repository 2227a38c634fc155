import { describe, expect, it } from 'vitest';
import { contenthash, parseCid } from '../../src/domain/cid.ts';

/** Published by others: what ENS keeps for a CID. */
const VECTORS: readonly (readonly [source: string, cid: string, hex: string])[] = [
  [
    // https://eips.ethereum.org/EIPS/eip-1577, "Example", IPFS; the same in ENSIP-7.
    'the example of EIP-1577',
    'QmRAQB6YaCyidP37UdDnjFY5vQuiBrcqdyoW1CuDgwxkD4',
    '0xe3010170122029f2d17be6139079dc48696d1f582a8530eb9805b561eda517e22a892c7e3f1f',
  ],
  [
    // https://github.com/ensdomains/content-hash, src/index.test.ts, "ipfs - CIDv1".
    'the test of ensdomains/content-hash for CIDv1',
    'bafybeibj6lixxzqtsb45ysdjnupvqkufgdvzqbnvmhw2kf7cfkesy7r7d4',
    '0xe3010170122029f2d17be6139079dc48696d1f582a8530eb9805b561eda517e22a892c7e3f1f',
  ],
  [
    // https://github.com/status-im/status-mobile (then status-react), status-im.test.utils.contenthash, decoded there.
    'the test of Status for the example in base58',
    'zdj7WYFeYXcRgTKW6M3DNBQbdNeYd79uQ2yWJD2g1HtWPXeNz',
    '0xe3010170122029f2d17be6139079dc48696d1f582a8530eb9805b561eda517e22a892c7e3f1f',
  ],
  [
    // https://github.com/status-im/status-mobile (then status-react), the same tests, encoded there.
    'the test of Status for a raw block',
    'zb2rhZfjRh2FHHB2RkHVEvL2vJnCTcu7kwRqgVsf9gpkLgteo',
    '0xe301015512202cf24dba5fb0a30e26e83b2ac5b9e29e1b161e5c1fa7425e73043362938b9824',
  ],
];

describe('the contenthash of a CID', () => {
  it.each(VECTORS)('is that of %s', (_source, text, hex) => {
    const cid = parseCid(text);
    expect(cid && contenthash(cid)).toBe(hex);
  });

  it('starts with the namespace of IPFS as a varint, and goes on with the bytes of CIDv1 whatever the hash is', () => {
    const identity = parseCid('bafkqaaa');
    expect(identity && contenthash(identity)).toBe('0xe30101550000');
  });
});
