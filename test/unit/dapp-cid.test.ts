import { readdirSync, readFileSync, statSync } from 'node:fs';
import { dirname, join, normalize } from 'node:path';
import { fileURLToPath } from 'node:url';
import fc from 'fast-check';
import { base16, base16upper } from 'multiformats/bases/base16';
import { base32, base32upper } from 'multiformats/bases/base32';
import { base36, base36upper } from 'multiformats/bases/base36';
import { base58btc } from 'multiformats/bases/base58';
import { CID } from 'multiformats/cid';
import { create } from 'multiformats/hashes/digest';
import { describe, expect, it } from 'vitest';
import { findInUrl, parseAddress } from '../../examples/dapp/assets/address.js';
import {
  cutIntoFields,
  parseCid,
  toBase16,
  toBase32,
  toBase36,
  toBase58,
  toV0,
} from '../../examples/dapp/assets/cid.js';
import { decodeContenthash, encodeContenthash } from '../../examples/dapp/assets/contenthash.js';
import { listGateways } from '../../examples/dapp/assets/gateways.js';
import { followWallet, shortenAccount } from '../../examples/dapp/assets/wallet.js';

const V0 = 'QmRAQB6YaCyidP37UdDnjFY5vQuiBrcqdyoW1CuDgwxkD4';
const V1 = 'bafybeigdyrzt5sfp7udm7hu76uh7y26nf3efuylqabf3oclgtqy55fbzdi';
const KEY = 'k51qzi5uqu5dlvj2baxnqndepeb86cbk3ng7n3i46uzyxzyqj2xjonzllnv0v8';

const SITE = fileURLToPath(new URL('../../examples/dapp/', import.meta.url));

/** CIDv1s of every codec and hash number, with digests of any length, empty ones and leading zeros included. */
const cids = fc
  .record({
    codec: fc.oneof(fc.constantFrom(0x55, 0x70, 0x72, 0x0129), fc.nat(0x1f_ffff)),
    hash: fc.oneof(fc.constantFrom(0x00, 0x12, 0x13), fc.nat(0x1f_ffff)),
    digest: fc.oneof(fc.uint8Array({ minLength: 32, maxLength: 32 }), fc.uint8Array({ maxLength: 80 })),
  })
  .map(({ codec, hash, digest }) => CID.createV1(codec, create(hash, digest)));

describe('CIDs', () => {
  it('are read from every base as multiformats writes them, into the same fields', () => {
    fc.assert(
      fc.property(cids, (cid) => {
        for (const base of [base32, base32upper, base36, base36upper, base58btc, base16, base16upper]) {
          const parsed = parseCid(cid.toString(base));
          expect(parsed).toMatchObject({ version: 1, codec: cid.code, hash: cid.multihash.code, base: base.name });
          expect(Buffer.from(parsed.digest)).toEqual(Buffer.from(cid.multihash.digest));
          expect(Buffer.from(parsed.bytes)).toEqual(Buffer.from(cid.bytes));
        }
      }),
    );
  });

  it('are written in every base as multiformats writes them', () => {
    fc.assert(
      fc.property(cids, (cid) => {
        const parsed = parseCid(cid.toString());
        expect(toBase16(parsed)).toBe(cid.toString(base16));
        expect(toBase32(parsed)).toBe(cid.toString(base32));
        expect(toBase36(parsed)).toBe(cid.toString(base36));
        expect(toBase58(parsed)).toBe(cid.toString(base58btc));
      }),
    );
  });

  it('change between version 0 and 1 without changing their digest', () => {
    fc.assert(
      fc.property(fc.uint8Array({ minLength: 32, maxLength: 32 }), (digest) => {
        const v0 = CID.createV0(create(0x12, digest));
        expect(parseCid(v0.toString())).toMatchObject({ version: 0, codec: 0x70, base: 'base58btc' });
        expect(toBase32(parseCid(v0.toString()))).toBe(v0.toV1().toString());
        expect(toV0(parseCid(v0.toV1().toString()))).toBe(v0.toString());
      }),
    );
  });

  it('have no version 0 unless they are dag-pb with a whole sha2-256 digest', () => {
    const digest = new Uint8Array(32);
    for (const [codec, hash, bytes] of [
      [0x55, 0x12, digest],
      [0x70, 0x1b, digest],
      [0x70, 0x12, digest.subarray(1)],
    ] as const) {
      expect(toV0(parseCid(CID.createV1(codec, create(hash, bytes)).toString()))).toBeUndefined();
    }
  });

  it('are cut into fields that make up their bytes again', () => {
    fc.assert(
      fc.property(cids, (cid) => {
        const fields = cutIntoFields(parseCid(cid.toString()));
        expect(fields.map(({ field }) => field)).toEqual(['version', 'codec', 'hash', 'length', 'digest']);
        expect(fields.map(({ hex }) => hex).join('')).toBe(cid.toString(base16).slice(1));
      }),
    );
  });

  it.each([
    ['', 'starts with'],
    ['hello', 'starts with'],
    ['b', 'starts with'],
    [V1.slice(0, -1), 'middle of a byte'],
    [V1.slice(0, -8), 'bytes'],
    [`${V1}aa`, 'bytes'],
    [V1.replace('f', '1'), '“1”'],
    [`B${V1.slice(1)}`, 'lower-case'],
    [V0.replace('R', '0'), 'starts with'],
    [`z${V0}`, 'without a letter'],
    ['f02551220', 'version 2'],
    ['f0155', 'cut off'],
    ['f015', 'even number'],
  ])('are refused with a reason: %j', (text, reason) => {
    expect(() => parseCid(text)).toThrow(reason);
  });
});

describe('content hashes', () => {
  it('follow the example of EIP-1577', () => {
    const hash = '0xe3010170122029f2d17be6139079dc48696d1f582a8530eb9805b561eda517e22a892c7e3f1f';
    expect(encodeContenthash(parseCid(V0), 'ipfs')).toBe(hash);
    const { cid, namespace } = decodeContenthash(hash);
    expect([namespace, toV0(cid)]).toEqual(['ipfs', V0]);
    expect(encodeContenthash(parseCid(KEY), 'ipns')).toMatch(/^0xe50101720024/);
  });

  it('are read back as they were written', () => {
    fc.assert(
      fc.property(cids, fc.constantFrom('ipfs', 'ipns'), (cid, namespace) => {
        const back = decodeContenthash(encodeContenthash(parseCid(cid.toString()), namespace));
        expect([toBase32(back.cid), back.namespace]).toEqual([cid.toString(base32), namespace]);
      }),
    );
  });

  it.each([
    ['0xe40101fa011b20d1de9994b4d039f6548d191eb26786769f580809256b4685ef316805265ea162', 'Swarm'],
    ['0x1234', '0xe301'],
    ['0xe30', 'even number'],
    ['0xe301', 'cut off'],
  ])('are refused with a reason: %s', (text, reason) => {
    expect(() => parseAddress(text)).toThrow(reason);
  });
});

describe('addresses', () => {
  it.each([
    [V1, 'CID', '', 'ipfs'],
    [`  ${V1}/a/b.txt `, 'CID', '/a/b.txt', 'ipfs'],
    [`ipfs://${V1}`, 'IPFS URI', '', 'ipfs'],
    [`ipfs://${V1}/a?b#c`, 'IPFS URI', '/a', 'ipfs'],
    [`ipfs://ipfs/${V1}/a`, 'IPFS URI', '/a', 'ipfs'],
    [`/ipfs/${V1}/a%20b/`, 'content path', '/a%20b/', 'ipfs'],
    [`https://ipfs.io/ipfs/${V1}/a`, 'path gateway URL', '/a', 'ipfs'],
    [`https://${V1}.ipfs.dweb.link/`, 'subdomain gateway URL', '', 'ipfs'],
    [`http://${V1}.ipfs.localhost:8080/a/`, 'subdomain gateway URL', '/a/', 'ipfs'],
    [`https://${KEY}.ipns.dweb.link/x`, 'subdomain gateway URL', '/x', 'ipns'],
    [`ipns://${KEY}`, 'IPFS URI', '', 'ipns'],
  ])('are understood: %s', (...[text, kind, path, namespace]) => {
    const found = parseAddress(text);
    expect(found).toMatchObject({ kind, path, namespace });
    expect([V1, KEY]).toContain(namespace === 'ipns' ? toBase36(found.cid) : toBase32(found.cid));
  });

  it.each([
    ['https://example.org/about/', 'gateway'],
    ['ipns://vitalik.eth', 'is a name'],
    [`ipfs://${V1.slice(0, 20)}`, 'middle of a byte'],
  ])('are refused with a reason: %s', (text, reason) => {
    expect(() => parseAddress(text)).toThrow(reason);
  });

  it('are found in the URL a page is served from, and only there', () => {
    expect(findInUrl(new URL(`http://localhost:8080/ipfs/${V1}/about/`))?.path).toBe('/about/');
    expect(findInUrl(new URL(`http://${V1}.ipfs.localhost:8080/about/`))?.path).toBe('/about/');
    expect(findInUrl(new URL('https://facet.example/ipfs/nonsense'))).toBeUndefined();
    expect(findInUrl(new URL('https://facet.example/'))).toBeUndefined();
  });
});

describe('gateway links', () => {
  it('lead to the same address: reading one back gives CID and path', () => {
    fc.assert(
      fc.property(cids, (cid) => {
        const links = listGateways({ ...parseAddress(cid.toString()), path: '/a%20b/' });
        for (const { url } of links) {
          const found = parseAddress(url);
          expect([toBase32(found.cid), found.path]).toEqual([cid.toString(base32), '/a%20b/']);
          expect(new URL(url).hostname.split('.').every((label) => label.length <= 63)).toBe(true);
        }
        expect(links.length).toBe(cid.toString(base36).length <= 63 || cid.toString(base32).length <= 63 ? 4 : 2);
      }),
    );
  });

  it('lead an IPNS key only to gateways that resolve IPNS', () => {
    const hosts = listGateways(parseAddress(`ipns://${KEY}`)).map(({ url }) => new URL(url).host);
    expect(hosts).toEqual([`${KEY}.ipns.dweb.link`, `${KEY}.ipns.inbrowser.link`, 'ipfs.io']);
  });
});

describe('wallets', () => {
  it('are read without asking, and asked only on connect', async () => {
    const calls: string[] = [];
    const listeners = new Map<string, () => void>();
    const seen: string[] = [];
    const provider = {
      request: ({ method }: { readonly method: string }) => {
        calls.push(method);
        const accounts = calls.includes('eth_requestAccounts') ? ['0x52908400098527886E0F7030069857D2E4169EE7'] : [];
        return Promise.resolve(method === 'eth_chainId' ? '0x64' : accounts);
      },
      on: (event: string, listener: () => void) => listeners.set(event, listener),
    };
    const wallet = followWallet(provider, ({ account, chain }) => {
      seen.push(`${account === undefined ? 'nobody' : shortenAccount(account)} on ${chain}`);
    });
    await wallet.refresh();
    expect(calls).not.toContain('eth_requestAccounts');
    await wallet.connect();
    expect(seen).toEqual(['nobody on Gnosis', '0x5290…9EE7 on Gnosis']);
    expect([...listeners.keys()]).toEqual(['accountsChanged', 'chainChanged']);
  });
});

describe('the site', () => {
  const files = readdirSync(SITE, { recursive: true, encoding: 'utf8' }).filter((path) =>
    statSync(join(SITE, path)).isFile(),
  );

  it('links only to files of its own, by relative paths, and loads nothing from elsewhere', () => {
    for (const page of files.filter((path) => path.endsWith('.html'))) {
      const html = readFileSync(join(SITE, page), 'utf8');
      const links = [...html.matchAll(/\s(?:href|src)="([^"#]*)"/g)].map((match) => match[1] ?? '');
      expect(links.length).toBeGreaterThan(0);
      for (const link of links) {
        expect(link).not.toMatch(/^(\/|[a-z]+:)/i);
        const target = normalize(join(dirname(page), decodeURIComponent(link)));
        expect(files).toContain(link === '' || link.endsWith('/') ? join(target, 'index.html') : target);
      }
    }
  });

  it('offers examples that the inspector understands', () => {
    const html = readFileSync(join(SITE, 'index.html'), 'utf8');
    const examples = [...html.matchAll(/data-example="([^"]+)"/g)].map((match) => match[1] ?? '');
    expect(examples.map((text) => parseAddress(text).kind)).toEqual([
      'CID',
      'CID',
      'content hash',
      'subdomain gateway URL',
    ]);
  });
});
