import * as v from 'valibot';
import { type Answer, envelope, Refusal } from './answer.ts';
import type { Backend } from './backend.ts';
import { type ContentAddress, parseAddress } from './gateway-address.ts';
import { GatewayRefusal } from './gateway-answer.ts';
import { readJson } from './json-body.ts';
import { pinsHolding } from './pins.ts';
import type { Call, Route } from './route.ts';
import { isSameSignature, renderSignature } from './signature.ts';

const needs = { scope: 'org:files:read' } as const;

/** A link that lets whoever has it read one private file for a while. Two paths are documented; a knob says which is there. */
export const accessLinkRoutes: readonly Route[] = [
  {
    method: 'POST',
    path: '/v3/files/private/download_link',
    needs,
    answer: (call, backend) => signAt('documented', call, backend),
  },
  { method: 'POST', path: '/v3/files/download_link', needs, answer: (call, backend) => signAt('older', call, backend) },
];

const orderSchema = v.object({
  url: v.pipe(v.string(), v.url()),
  date: v.pipe(v.number(), v.integer(), v.minValue(1)),
  expires: v.pipe(v.number(), v.integer(), v.minValue(1)),
  method: v.optional(v.picklist(['GET', 'HEAD']), 'GET'),
});

async function signAt(path: Backend['knobs']['accessLinkPath'], call: Call, backend: Backend): Promise<Answer> {
  if (backend.knobs.accessLinkPath !== path) throw new Refusal(404, 'Not Found');
  if (backend.knobs.plan !== 'enterprise') throw new Refusal(403, 'Private files require an Enterprise plan');
  const { url, date, expires, method } = await readJson(orderSchema, call.body);
  const address = new URL(url);
  requirePrivateFile(address, backend);
  const query = new URLSearchParams({
    'X-Algorithm': 'PINATA1',
    'X-Date': String(date),
    'X-Expires': String(expires),
    'X-Method': method,
  });
  query.set('X-Signature', signatureOf(address.pathname, query, backend));
  return envelope(`${address.origin}${address.pathname}?${query.toString()}`);
}

/** Throws 404 unless it names a private file on the account's gateway. Whether the path leads anywhere is not looked at. */
function requirePrivateFile({ host, pathname }: URL, backend: Backend): void {
  const address = host === backend.gatewayHost() ? addressOf(pathname) : undefined;
  if (address?.form !== 'files' || privatePins(address, backend).length === 0) {
    throw new Refusal(404, 'This URL names no private file of the account');
  }
}

function addressOf(pathname: string): ContentAddress | undefined {
  try {
    const address = parseAddress('', pathname);
    return 'location' in address ? undefined : address;
  } catch (error) {
    if (error instanceof GatewayRefusal) return undefined;
    throw error;
  }
}

/** The private pins of what the address names. Throws the gateway's refusal unless it is signed, just so, and still valid. */
export function admitSigned(address: ContentAddress, method: string, backend: Backend): ReturnType<typeof pinsHolding> {
  const { query, pathname } = address;
  const expected = signatureOf(pathname, query, backend);
  if (!query.has('X-Signature')) throw new GatewayRefusal(403, 'Private files need a signed URL');
  if (!isSameSignature(query.get('X-Signature'), expected) || query.get('X-Method') !== method) {
    throw new GatewayRefusal(403, 'The signature of this URL is not valid');
  }
  const endMs = (Number(query.get('X-Date')) + Number(query.get('X-Expires'))) * 1000;
  if (backend.clock.now().getTime() >= endMs) throw new GatewayRefusal(403, 'This signed URL has expired');
  return privatePins(address, backend);
}

function privatePins({ root }: ContentAddress, backend: Backend): ReturnType<typeof pinsHolding> {
  return pinsHolding(root, backend).filter(({ network }) => network === 'private');
}

function signatureOf(pathname: string, query: URLSearchParams, backend: Backend): string {
  const covered = ['X-Algorithm', 'X-Date', 'X-Expires', 'X-Method'].map((name) => query.get(name) ?? '');
  return renderSignature(['access', pathname, ...covered], backend);
}
