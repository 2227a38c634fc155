import { type Answer, envelope, json } from './answer.ts';
import type { Backend } from './backend.ts';
import { isReady } from './pins.ts';
import type { Call, Route } from './route.ts';

/** `GET /v3/files/limits`; documented on the upload host. */
export const limitsRoute: Route = {
  method: 'GET',
  path: '/v3/files/limits',
  needs: { scope: 'org:files:read' },
  answer: (_call, backend) => envelope({ folder_max_files: backend.knobs.folderMaxFiles }),
};

/** What the account is and uses. The `/v3/data` forms are there because one client setting covers both bases. */
export const accountRoutes: readonly Route[] = [
  limitsRoute,
  ...['/v3/gateways', '/v3/ipfs/gateways'].map(
    (path): Route => ({ method: 'GET', path, needs: { scope: 'org:gateways:read' }, answer: listGateways }),
  ),
  // Says 200 for a key without any scope, and for an account that is blocked.
  ...['/data/testAuthentication', '/v3/data/testAuthentication'].map(
    (path): Route => ({ method: 'GET', path, needs: 'key', answer: greet }),
  ),
  ...['/data/userPinnedDataTotal', '/v3/data/userPinnedDataTotal'].map(
    (path): Route => ({ method: 'GET', path, needs: { legacyScope: 'userPinnedDataTotal' }, answer: sumPins }),
  ),
];

/** A gateway of the account, which other people's gateways are not. Its own name stands there without the usual suffix. */
function listGateways(_call: Call, backend: Backend): Answer {
  const { gatewayMode, gatewayToken } = backend.knobs;
  const host = backend.gatewayHost();
  const custom = { domain: host, domain_validation_status: 'active', ssl_validation_status: 'active' };
  const gateway = {
    id: '00000000-0000-4000-8000-000000000002',
    domain: gatewayMode === 'dedicated' ? host : 'emulator',
    restrict: gatewayToken === undefined,
    custom_domains: gatewayMode === 'custom-domain' ? [custom] : [],
  };
  const rows = gatewayMode === 'dedicated' || gatewayMode === 'custom-domain' ? [gateway] : [];
  return envelope({ count: rows.length, rows });
}

function greet(): Answer {
  return json(200, { message: 'Congratulations! You are communicating with the Pinata API!' });
}

function sumPins(_call: Call, backend: Backend): Answer {
  const now = backend.clock.now();
  const pins = backend.store.pins.all().filter((pin) => isReady(pin, now));
  const bytes = pins.reduce((total, pin) => total + pin.blockBytes, 0);
  return json(200, { pin_count: pins.length, pin_size_total: bytes, pin_size_with_replications_total: bytes });
}
