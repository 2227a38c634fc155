import { type Answer, json, Refusal } from './answer.ts';
import type { Backend } from './backend.ts';
import { faultShape } from './faults.ts';
import type { Traffic } from './listener.ts';
import { exists } from './pins.ts';
import type { Call, Route } from './route.ts';
import { absentAs, listOf, onlyFields, readJson, text, truth, wholeNumber } from './shape.ts';

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
      faults.add(await readJson(faultShape, call.body));
      return json(200, faults.list());
    }),
    route('DELETE', 'faults', () => {
      faults.clear();
      return json(200, {});
    }),
    route('GET', 'clock', renderClock),
    route('POST', 'clock', setClock),
    route('POST', 'keys', addKey),
    route('GET', 'state', renderState),
  ];
}

function renderClock(_call: Call, backend: Backend): Answer {
  return json(200, { now: backend.clock.now().toISOString() });
}

const clockShape = onlyFields({ now: absentAs(undefined, text), advanceMs: absentAs(undefined, wholeNumber) });

async function setClock(call: Call, backend: Backend): Promise<Answer> {
  const { now, advanceMs } = await readJson(clockShape, call.body);
  const target = advanceMs === undefined ? Date.parse(now ?? '') : backend.clock.now().getTime() + advanceMs;
  if (Number.isNaN(target)) throw new Refusal(400, 'Give now (ISO 8601) or advanceMs (a whole number)');
  backend.clock.set(new Date(target));
  return renderClock(call, backend);
}

const grantsShape = onlyFields({
  scopes: absentAs([], listOf(text)),
  legacyScopes: absentAs([], listOf(text)),
  revoked: absentAs(false, truth),
});

async function addKey(call: Call, backend: Backend): Promise<Answer> {
  return json(200, { jwt: backend.auth.addKey(await readJson(grantsShape, call.body)).id });
}

/** All live records with the fields that rows do not show, pending ones included; `ready` says which those are. */
function renderState(_call: Call, backend: Backend): Answer {
  const now = backend.clock.now();
  const pins = backend.store.pins.all().filter((pin) => exists(pin, now));
  return json(200, {
    now: now.toISOString(),
    records: pins.map(({ deletedAt: _gone, readyAt, ...pin }) => ({
      ...pin,
      ready: readyAt !== null && readyAt <= now.getTime(),
    })),
    groups: backend.store.groups.all(),
  });
}
