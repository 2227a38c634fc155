import type { ServerResponse } from 'node:http';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { type Cid, parseCid } from '../../src/domain/cid.ts';
import type { InputName } from '../../src/input-fields.ts';
import { parseInputs } from '../../src/inputs.ts';
import type { Log } from '../../src/ports.ts';
import { accessLinkPort, privateProbe } from '../../src/wiring/access-link.ts';
import { accountPorts } from '../../src/wiring/account.ts';
import { createRecorder } from '../../src/wiring/record.ts';
import type { Wiring } from '../../src/wiring/wiring.ts';
import { answer, scriptedServer } from '../support/http-server.ts';
import { oracleCid } from '../support/oracle-cid.ts';
import { PUSH } from '../unit/run-context.ts';

const JWT = 'eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiJ0ZXN0In0.c2lnbmF0dXJl';
const SIGNATURE = '5ecre7'.repeat(8);
const root = cidOf(await oracleCid(Buffer.from('hush')));

function cidOf(text: string): Cid {
  const cid = parseCid(text);
  if (cid === undefined) throw new Error(`${text} is no CID.`);
  return cid;
}

/** Whatever the step prints, in order. */
const printed: string[] = [];
afterEach(() => {
  vi.restoreAllMocks();
  printed.length = 0;
});

function wiringAt(url: string, log: Log): Wiring {
  const given: Partial<Record<InputName, string>> = {
    path: 'site',
    'pinata-jwt': JWT,
    network: 'private',
    'access-link-expires': '1h',
    'pinata-api-url': url,
    'pinata-gateway-url': url,
    'verify-timeout': '1s',
  };
  return {
    values: parseInputs((name) => given[name] ?? '', PUSH).values,
    jwt: JWT,
    repository: 'acme/app',
    project: 'acme/app',
    now: new Date(),
    log,
    cacheService: { resultsUrl: '', token: '' },
    recorder: createRecorder(60),
    credentials: [],
    inspectorScript: '',
  };
}

/** A service that signs, and a gateway that opens; tells what was hidden from the log when the link was first used. */
async function hiddenAtUse(of: 'link' | 'probe'): Promise<readonly string[]> {
  vi.spyOn(process.stdout, 'write').mockImplementation((text) => printed.push(String(text)) > 0);
  const log: Log = {
    line: (text) => printed.push(text),
    notice: (text) => printed.push(text),
    warn: (text) => printed.push(text),
    group: () => {},
    progress: () => {},
  };
  let link = '';
  let hidden: readonly string[] = [];
  const sign = (response: ServerResponse): void => answer(200, JSON.stringify({ data: link }))(response);
  const open = (response: ServerResponse): void => {
    hidden = printed.flatMap((text) => /^::add-mask::(.*)/.exec(text)?.[1] ?? []);
    answer(200, 'hush', { 'content-type': 'text/plain' })(response);
  };
  await using server = await scriptedServer(sign, open);
  const date = Math.floor(Date.now() / 1000);
  link = `${server.url}/files/${root}?X-Date=${date}&X-Expires=3600&X-Signature=${SIGNATURE}`;
  const wiring = wiringAt(server.url, log);
  const account = accountPorts(wiring, new AbortController().signal);
  if (of === 'link') expect(await accessLinkPort(wiring, account)(root)).toMatchObject({ url: link, opened: true });
  else expect(await privateProbe(wiring, account)(root)).toMatchObject([{ state: 'files' }]);
  expect(server.seen).toHaveLength(2);
  const shown = printed.filter((text) => !text.startsWith('::add-mask::'));
  expect(shown.join('\n')).not.toContain(SIGNATURE);
  return hidden.map((text) => text.replace(link, 'the link').replace(SIGNATURE, 'its signature'));
}

describe('a link to private content is hidden from the log before it is used', () => {
  it('when it is handed out', async () => {
    expect(await hiddenAtUse('link')).toEqual(['the link', 'its signature']);
  });

  it('when it only proves that the content is served', async () => {
    expect(await hiddenAtUse('probe')).toEqual(['the link', 'its signature']);
  });
});
