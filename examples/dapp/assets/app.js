import { findInUrl, parseAddress } from './address.js';
import { codecName, cutIntoFields, hashName, toBase16, toBase32, toBase36, toBase58, toV0 } from './cid.js';
import { encodeContenthash } from './contenthash.js';
import { listGateways } from './gateways.js';
import { drawPortrait } from './portrait.js';
import { followWallet, shortenAccount } from './wallet.js';

const EXAMPLE = 'ipfs://bafybeigdyrzt5sfp7udm7hu76uh7y26nf3efuylqabf3oclgtqy55fbzdi';

const at = (id) => document.getElementById(id);

function inspect(text) {
  const field = at('address');
  if (field.value !== text) {
    field.value = text;
  }
  if (text.trim() === '') {
    showProblem('Paste something to inspect.');
    return;
  }
  try {
    showAddress(parseAddress(text));
    field.removeAttribute('aria-invalid');
    at('problem').textContent = '';
  } catch (error) {
    showProblem(error instanceof Error ? error.message : String(error));
  }
}

/** Inspects what the visitor chose, and keeps it in the fragment so that the page can be shared. */
function choose(text) {
  inspect(text);
  history.replaceState(null, '', `#${encodeURIComponent(text.trim())}`);
}

function showProblem(message) {
  at('address').setAttribute('aria-invalid', 'true');
  at('problem').textContent = message;
  at('result').hidden = true;
}

function showAddress(address) {
  const { cid, namespace, path } = address;
  at('portrait').replaceChildren(drawPortrait(cid.digest));
  at('kind').textContent = `${address.kind}, version ${cid.version}, written in ${cid.base}`;
  at('summary').textContent = `${codecName(cid.codec)} · ${hashName(cid.hash)} · ${cid.digest.length * 8} bits`;
  at('fields').replaceChildren(...cutIntoFields(cid).map(renderField));
  const spellings = [
    ['CIDv1, base32', toBase32(cid)],
    ['CIDv1, base36', toBase36(cid)],
    ['CIDv1, base58btc', toBase58(cid)],
    ['CIDv1, base16', toBase16(cid)],
    ['CIDv0', toV0(cid)],
    ['URI', `${namespace}://${namespace === 'ipns' ? toBase36(cid) : toBase32(cid)}${path}`],
    ['ENS content hash', encodeContenthash(cid, namespace)],
  ];
  at('spellings').replaceChildren(...spellings.map(renderSpelling));
  at('gateways').replaceChildren(...listGateways(address).map(renderGateway));
  at('result').hidden = false;
  announce(`Decoded: ${codecName(cid.codec)}, ${hashName(cid.hash)}, version ${cid.version}.`);
}

function renderField({ field, hex, meaning }) {
  const item = element('li', { className: 'field' });
  item.dataset.field = field;
  item.append(
    element('span', { className: 'field-name', textContent: field }),
    element('code', { textContent: hex.replace(/(..)(?=.)/g, '$1 ') }),
    element('span', { className: 'field-meaning', textContent: meaning }),
  );
  return item;
}

function renderSpelling([name, value]) {
  const row = element('div', { className: 'spelling' });
  const term = element('dt', { textContent: name });
  const definition = element('dd');
  if (value === undefined) {
    definition.append(element('span', { className: 'none', textContent: 'Only dag-pb with sha2-256 has one.' }));
  } else {
    const button = element('button', { type: 'button', className: 'copy', textContent: 'Copy' });
    button.setAttribute('aria-label', `Copy ${name}`);
    button.addEventListener('click', () => copy(value, button));
    definition.append(element('code', { textContent: value }), button);
  }
  row.append(term, definition);
  return row;
}

function renderGateway({ name, note, url }) {
  const item = element('li');
  const link = element('a', { href: url, rel: 'noreferrer', textContent: name });
  item.append(link, element('span', { className: 'note', textContent: note }));
  return item;
}

async function copy(value, button) {
  try {
    await navigator.clipboard.writeText(value);
    button.textContent = 'Copied';
    announce('Copied to the clipboard.');
    setTimeout(() => {
      button.textContent = 'Copy';
    }, 1500);
  } catch {
    // No clipboard without a secure origin: select the text, so that one key press copies it.
    getSelection().selectAllChildren(button.previousElementSibling);
    announce('Selected. Press Control or Command and C to copy.');
  }
}

/** Says what the page itself is served from, and answers with the address of that when it has a CID. */
function showOrigin() {
  const origin = findInUrl(location);
  if (origin === undefined) {
    at('origin').textContent = `A plain web server, ${location.host}. Its address says nothing about this content.`;
    return undefined;
  }
  const text = `/${origin.namespace}/${toBase32(origin.cid)}`;
  const button = element('button', { type: 'button', className: 'link', textContent: 'Inspect it' });
  button.addEventListener('click', () => choose(text));
  at('origin').replaceChildren(
    element('span', { textContent: `A ${origin.kind.replace(' URL', '')}. This page’s own address is ` }),
    element('code', { textContent: text }),
    ' ',
    button,
  );
  return text;
}

function showWallet() {
  const provider = globalThis.ethereum;
  if (typeof provider?.request !== 'function') {
    return;
  }
  const button = at('connect');
  const failed = () => {
    at('wallet').textContent = 'The wallet did not answer, or the request was declined.';
  };
  const wallet = followWallet(provider, ({ account, chain }) => {
    const who = account === undefined ? 'A wallet is here, not connected' : `Account ${shortenAccount(account)}`;
    at('wallet').textContent = `${who}, on ${chain}.`;
    button.hidden = account !== undefined;
  });
  button.addEventListener('click', () => wallet.connect().catch(failed));
  wallet.refresh().catch(failed);
}

function announce(text) {
  at('status').textContent = text;
}

function element(tag, properties = {}) {
  return Object.assign(document.createElement(tag), properties);
}

function readFragment() {
  try {
    return decodeURIComponent(location.hash.slice(1));
  } catch {
    return '';
  }
}

at('form').addEventListener('submit', (event) => {
  event.preventDefault();
  choose(at('address').value);
});
at('address').addEventListener('input', () => choose(at('address').value));
for (const button of document.querySelectorAll('[data-example]')) {
  button.addEventListener('click', () => choose(button.dataset.example));
}
addEventListener('hashchange', () => readFragment() !== '' && inspect(readFragment()));

const ownAddress = showOrigin();
showWallet();
inspect(readFragment() || (ownAddress ?? EXAMPLE));
