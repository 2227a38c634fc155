import { sha256Hex } from '../tag.ts';

/** The first 16 hex digits of SHA-256 of keys and phrases that everybody has: of Hardhat, Ganache and Truffle. */
const KNOWN: ReadonlySet<string> = new Set(
  [
    'f79cd64f9cea2378 9c5d0a6656e5d3f3 b83e96417f61cb14',
    'bc1a50966c9e6486 8335c55334821eef b26ab6529d20ebeb 64034b44c579b335 4d3e46eec8244d1d 0aedba9d586f34f9',
    '28e543d3753fc9d1 f070994a85994785 38e69fdd19aefeb4 967f21586cdf1248 0b33e0132123e78d 84bc109b3d59b017',
    '85bde548053aab4b f1513114f60e5e95 5330d388af894c9e a2e06155cb1a424f 4a67d7a0d8a16d6d b08bdfde9930d920',
    'cf1fc66f853151a4 100546a8b020a55a',
    '578592185588730b 30e55f5463e22af0 70b801afae94d2e6 0bc9fde2b028e3b0 f51c2c795f782308 6dea34b661141091',
    'faeb1dab5a326eef 196fbadca8b7eea6 ecd5e9d0b08a8a9f 3fd5610ee03a3503',
    'f24167accb5d690f 07f935b61d37e0e5 e4f1734df0250d54 7d1b5fc238610328 33f532fd39fa0d77 728383dec6323112',
    '664b73b16aa57748 e4639de7f01667f6 98a38f6dad3f47af c15f3d9dfdc98389',
  ]
    .join(' ')
    .split(' '),
);

/** True for the phrases of development chains and the first keys that come of them, in lower case without `0x`. */
export function isKnownToAll(value: string): boolean {
  return KNOWN.has(sha256Hex(value).slice(0, 16));
}

/**
 * The first 16 hex digits of the hashes that contracts know their roles by, such as `MINTER_ROLE`: of minter, pauser,
 * upgrader and default admin; burner, operator, admin, manager; proposer, executor, canceller, timelock admin; snapshot,
 * relayer, keeper, oracle; governor, guardian, signer, owner; withdrawer, depositor, transfer, deployer.
 */
const ROLES: ReadonlySet<string> = new Set(
  [
    '9f2df0fed2c77648 65d7a28e3265b37a 189ab7a9244df084 1effbbff9c66c5e5',
    '3c11d16cbaffd01d 97667070c54ef182 a49807205ce4d355 241ecf16d79d0f8d',
    'b09aa5aeb3702cfd d8aa0f3194971a2a fd643c72710c63c0 5f58e3a231634992',
    '5fdbd35e8da83ee7 e2b7fb3b83217476 fc8737ab85eb4512 68e79a7bf1e0bc45',
    '7935bd0ae54bc31f 55435dd261a4b9b3 e2f4eaae4a9751e8 b19546dff01e856f',
    '10dac8c06a04bec0 8f4f2da22e8ac8f1 8502233096d909be fc425f2263d0df18',
  ]
    .join(' ')
    .split(' '),
);

/** True for the hash of the name of a role, in lower case without `0x`. */
export function isRole(digits: string): boolean {
  return ROLES.has(digits.slice(0, 16));
}
