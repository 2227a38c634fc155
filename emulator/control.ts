import * as v from 'valibot';
import { type Answer, json } from './answer.ts';
import type { Backend } from './backend.ts';
import { addCacheToken, changeCache } from './cache-control.ts';
import { addDnsToken, setZone } from './dns-control.ts';
import { parseFault } from './faults.ts';
import { addGithubToken, githubState, setGithub } from './github-control.ts';
import { readJson } from './json-body.ts';
import type { Traffic } from './listener.ts';
import { exists } from './pins.ts';
import { addRecords } from './record-control.ts';
import type { Call, Route } from './route.ts';

/** `/__emulator/*` on the API port: what tests look at and turn. Not logged, not counted, never faulty. */
export function controlRoutes({ log, faults }: Traffic): readonly Route[] {
  const route = (method: string, name: string, answer: Route['answer']): Route => ({
    method,
    path: `/__emulator/${name}`,
    needs: 'nothing',
    answer,
  });
  return [
    route('GET', 'requests', () => json(200, log.list())),
    route('DELETE', 'requests', () => {
      log.clear();
      return json(200, {});
    }),
    route('GET', 'faults', () => json(200, faults.list())),
    route('POST', 'faults', async (call) => {
      faults.add(parseFault(await readJson(v.unknown(), call.body)));
      return json(200, faults.list());
    }),
    route('DELETE', 'faults', () => {
      faults.clear();
      return json(200, {});
    }),
    route('GET', 'clock', renderClock),
    route('POST', 'clock', setClock),
    route('POST', 'keys', addKey),
    route('POST', 'records', addRecords),
    route('POST', 'github', setGithub),
    route('POST', 'github/tokens', addGithubToken),
    route('POST', 'cache', changeCache),
    route('POST', 'cache/tokens', addCacheToken),
    route('POST', 'dns', setZone),
    route('POST', 'dns/tokens', addDnsToken),
    route('GET', 'state', renderState),
  ];
}

function renderClock(_call: Call, backend: Backend): Answer {
  return json(200, { now: backend.clock.now().toISOString() });
}

const clockSchema = v.union(
  [
    v.strictObject({ now: v.pipe(v.string(), v.isoTimestamp()) }),
    v.strictObject({ advanceMs: v.pipe(v.number(), v.integer()) }),
  ],
  'Give now (ISO 8601) or advanceMs (a whole number)',
);

async function setClock(call: Call, backend: Backend): Promise<Answer> {
  const change = await readJson(clockSchema, call.body);
  const target = 'now' in change ? change.now : backend.clock.now().getTime() + change.advanceMs;
  backend.clock.set(new Date(target));
  return renderClock(call, backend);
}

const grantsSchema = v.strictObject({
  scopes: v.optional(v.array(v.string()), []),
  legacyScopes: v.optional(v.array(v.string()), []),
  revoked: v.optional(v.boolean(), false),
});

async function addKey(call: Call, backend: Backend): Promise<Answer> {
  return json(200, { jwt: backend.auth.addKey(await readJson(grantsSchema, call.body)).id });
}

/** All live records with the fields that rows do not show, pending ones included; `ready` says which those are. */
function renderState(_call: Call, backend: Backend): Answer {
  const now = backend.clock.now();
  const pins = backend.store.pins.all().filter((pin) => exists(pin, now));
  return json(200, {
    now: now.toISOString(),
    records: pins.map(({ deletedAt: _gone, past: _past, readyAt, ...pin }) => ({
      ...pin,
      ready: readyAt !== null && readyAt <= now.getTime(),
    })),
    groups: backend.store.groups.all(),
    swaps: backend.store.swaps.all(),
    github: githubState(backend),
    cache: backend.store.cache.entries.all(),
    dns: { zones: backend.store.dns.zones.all(), records: backend.store.dns.records.all() },
  });
}
