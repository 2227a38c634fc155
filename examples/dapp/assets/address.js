import { parseCid } from './cid.js';
import { decodeContenthash } from './contenthash.js';

/**
 * @typedef {object} Address
 * @property {import('./cid.js').Cid} cid
 * @property {'ipfs' | 'ipns'} namespace
 * @property {string} path what follows the CID, from its slash on; empty for the CID alone
 * @property {string} kind how it was written, for people
 */

/**
 * Finds the CID in what somebody pasted: a CID, `ipfs://…`, `/ipfs/…`, a gateway URL, or a content hash.
 * Throws an Error that says, for people, what is wrong.
 *
 * @param {string} text
 * @returns {Address}
 */
export function parseAddress(text) {
  const trimmed = text.trim();
  if (/^(0x)?e[345]01[0-9a-f]+$/i.test(trimmed) || /^0x/i.test(trimmed)) {
    return { ...decodeContenthash(trimmed), path: '', kind: 'content hash' };
  }
  const uri = /^(ip[fn]s):(?:\/\/)?(?:ip[fn]s\/)?([^/?#]+)([^?#]*)/i.exec(trimmed);
  if (uri !== null) {
    return address({ kind: 'IPFS URI', namespace: uri[1].toLowerCase(), cid: uri[2], path: uri[3] });
  }
  if (/^https?:/i.test(trimmed)) {
    const found = findInUrl(new URL(trimmed));
    if (found === undefined) {
      throw new Error('This URL is not one of an IPFS gateway: it has no CID in its path or host.');
    }
    return found;
  }
  const path = /^\/?(ip[fn]s)\/([^/?#]+)([^?#]*)/.exec(trimmed);
  if (path !== null) {
    return address({ kind: 'content path', namespace: path[1], cid: path[2], path: path[3] });
  }
  const [, cid = '', rest = ''] = /^([^/?#]*)([^?#]*)/.exec(trimmed) ?? [];
  return address({ kind: 'CID', namespace: 'ipfs', cid, path: rest });
}

/**
 * The CID a URL is served from, in its path or in its host; undefined for any other URL.
 *
 * @param {URL | Location} url
 * @returns {Address | undefined}
 */
export function findInUrl(url) {
  const host = /^([^.]+)\.(ip[fn]s)\./.exec(url.hostname);
  const path = /^\/(ip[fn]s)\/([^/]+)(.*)/.exec(url.pathname);
  const found =
    (path && { kind: 'path gateway URL', namespace: path[1], cid: path[2], path: path[3] }) ??
    (host && { kind: 'subdomain gateway URL', namespace: host[2], cid: host[1], path: url.pathname });
  try {
    return found ? address(found) : undefined;
  } catch {
    return undefined;
  }
}

function address({ kind, namespace, cid, path }) {
  if (cid.includes('.')) {
    throw new Error(`“${cid}” is a name. This page never goes online, so it cannot look up what the name points to.`);
  }
  return { cid: parseCid(cid), namespace, path: path === '/' ? '' : path, kind };
}
