import { type Answer, json, Refusal } from './answer.ts';
import type { Backend } from './backend.ts';
import { requireToken } from './cloudflare-auth.ts';
import { addRecord, changeRecord, listRecords, removeRecord, showRecord } from './cloudflare-records.ts';
import { CloudflareRefusal, renderRefusal } from './cloudflare-refusal.ts';
import type { CloudflareRoute } from './cloudflare-route.ts';
import { listZones, showZone } from './cloudflare-zones.ts';
import type { Call } from './route.ts';
import { matchPath } from './router.ts';

const base = '/client/v4';
const records = `${base}/zones/:zone/dns_records`;

const routes: readonly CloudflareRoute[] = [
  { method: 'GET', path: `${base}/user/tokens/verify`, answer: verifyToken },
  { method: 'GET', path: `${base}/zones`, answer: listZones },
  { method: 'GET', path: `${base}/zones/:zone`, answer: showZone },
  { method: 'GET', path: records, answer: listRecords },
  { method: 'POST', path: records, answer: addRecord },
  { method: 'GET', path: `${records}/:record`, answer: showRecord },
  { method: 'PATCH', path: `${records}/:record`, answer: changeRecord },
  { method: 'DELETE', path: `${records}/:record`, answer: removeRecord },
];

/** The part of Cloudflare's API (v4) that keeps DNS records; a refusal has its envelope and its codes. */
export async function answerCloudflare(call: Omit<Call, 'params'>, backend: Backend): Promise<Answer> {
  try {
    return await route(call, backend);
  } catch (error) {
    if (error instanceof CloudflareRefusal) return renderRefusal(error);
    if (error instanceof Refusal) return renderRefusal(new CloudflareRefusal(error.status, [9207, error.message]));
    throw error;
  }
}

async function route(call: Omit<Call, 'params'>, backend: Backend): Promise<Answer> {
  const token = requireToken(call, backend);
  for (const { method, path, answer } of routes) {
    const params = method === call.method ? matchPath(path, call.url.pathname) : undefined;
    if (params !== undefined) return await answer({ ...call, params, token }, backend);
  }
  throw new CloudflareRefusal(404, [7000, 'No route for that URI']);
}

function verifyToken(): Answer {
  return json(200, {
    result: { id: '0'.repeat(32), status: 'active' },
    success: true,
    errors: [],
    messages: [{ code: 10_000, message: 'This API Token is valid and active', type: null }],
  });
}
