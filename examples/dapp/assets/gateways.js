import { toBase32, toBase36 } from './cid.js';

const LONGEST_DNS_LABEL = 63;

/**
 * Public places that serve an address, each with what a visitor should know about it.
 * Pinata resolves no IPNS. The ones that give every CID an origin of its own come first; a CID too long for a host name has none of them.
 *
 * @param {import('./address.js').Address} address
 */
export function listGateways({ cid, namespace, path }) {
  const spellings = namespace === 'ipns' ? [toBase36(cid)] : [toBase32(cid), toBase36(cid)];
  const label = spellings.find((spelling) => spelling.length <= LONGEST_DNS_LABEL);
  const rest = path === '' ? '/' : path;
  const byHost = [
    { name: 'dweb.link', note: 'An origin of its own for every CID' },
    { name: 'inbrowser.link', note: 'Verifies each block in your browser' },
  ].map(({ name, note }) => ({ name, note, url: `https://${label}.${namespace}.${name}${rest}` }));
  const byPath = [
    { name: 'ipfs.io', note: 'All pages share one origin' },
    ...(namespace === 'ipfs' ? [{ name: 'gateway.pinata.cloud', note: 'Assets only: refuses HTML pages' }] : []),
  ].map(({ name, note }) => ({ name, note, url: `https://${name}/${namespace}/${spellings[0]}${path}` }));
  return label === undefined ? byPath : [...byHost, ...byPath];
}
