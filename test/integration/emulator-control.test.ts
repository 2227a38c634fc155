import { spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { afterEach, beforeAll, describe, expect, it, onTestFinished } from 'vitest';
import { KnobError, optionName, parseKnobs, withDefaults } from '../../emulator/knobs.ts';
import { startEmulator, type TestEmulator } from '../support/emulator.ts';
import { emulatorFor } from '../support/emulator-inside.ts';
import { type PinataAccess, upload } from '../support/pinata-calls.ts';

let pinata: TestEmulator;

beforeAll(async () => {
  pinata = await startEmulator();
  return async () => void (await pinata.stop());
});

afterEach(async () => {
  await pinata.clearFaults();
  await pinata.clearRequests();
});

const list = (to: PinataAccess): Promise<Response> =>
  fetch(`${to.apiUrl}/v3/files/public?limit=1`, { headers: { Authorization: `Bearer ${to.jwt}` } });

const form = (name: string): { files: File[]; fields: Record<string, string> } => ({
  files: [new File([name], name)],
  fields: { network: 'public' },
});

describe('the request log', () => {
  it('tells host, method, path, sizes and status, and never a token', async () => {
    const stranger = 'eyJhbGciOiJIUzI1NiJ9.eyJ4IjoxfQ.c2VjcmV0';
    const second = await pinata.addKey({ scopes: ['org:files:read'] });
    const answered = await list(pinata);
    await list({ ...pinata, jwt: second });
    await list({ ...pinata, jwt: stranger });
    await upload(pinata, form('logged'));
    const text = await (await fetch(`${pinata.apiUrl}/__emulator/requests`)).text();
    for (const token of [pinata.jwt, second, stranger]) expect(text).not.toContain(token);
    const [first, other, unknown, sent] = await pinata.requests();
    expect(first).toMatchObject({ host: 'api', method: 'GET', path: '/v3/files/public?limit=1', requestBytes: 0 });
    expect(first?.responseBytes).toBeGreaterThan((await answered.text()).length);
    expect([first?.status, other?.status, unknown?.status]).toEqual([200, 200, 401]);
    const labels = [first, other, unknown].map((request) => request?.headers.authorization);
    expect(new Set(labels).size).toBe(3);
    expect(sent).toMatchObject({ host: 'upload', method: 'POST', status: 200 });
    expect(sent?.requestBytes).toBe(Number(sent?.headers['content-length']));
  });

  it('can be cleared, and leaves the controls out', async () => {
    await list(pinata);
    await pinata.state();
    await pinata.clearRequests();
    expect(await pinata.requests()).toEqual([]);
  });
});

it('puts a request id on every answer of every host', async () => {
  const urls = [pinata.apiUrl, pinata.uploadUrl, pinata.gatewayUrl, pinata.githubUrl].map((url) => `${url}/nothing`);
  const answers = await Promise.all([...urls, `${pinata.apiUrl}/__emulator/state`].map((url) => fetch(url)));
  const ids = answers.map((answer) => answer.headers.get('x-request-id'));
  expect(new Set(ids).size).toBe(5);
  expect(ids).not.toContain(null);
  expect(await answers[3]?.json()).toMatchObject({ message: 'Not Found' });
});

describe('a fault', () => {
  it('answers with its status, body and headers as often as it says, after those it skips', async () => {
    await pinata.fault({
      match: { host: 'api', method: 'get', path: '/v3/files' },
      times: 2,
      skip: 1,
      action: { status: 503, body: 'later', headers: { 'Retry-After': '1' } },
    });
    const seen: number[] = [];
    for (let index = 0; index < 4; index += 1) seen.push((await list(pinata)).status);
    expect(seen).toEqual([200, 503, 503, 200]);
    const [, faulty] = await pinata.requests({ host: 'api' });
    expect(faulty).toMatchObject({ status: 503, fault: { status: 503 } });
  });

  it('meets only what it matches', async () => {
    await pinata.fault({ match: { path: '/files\\/private$/' }, action: { status: 500 } });
    await pinata.fault({ match: { host: 'upload' }, action: { status: 500 } });
    await pinata.fault({ match: { method: 'PUT' }, action: { status: 500 } });
    expect((await list(pinata)).status).toBe(200);
  });

  it('cuts before the work is done', async () => {
    await pinata.fault({ match: { host: 'upload' }, action: { cut: 'before' } });
    await expect(upload(pinata, form('cut before'))).rejects.toThrow();
    expect((await pinata.state()).records.map(({ name }) => name)).not.toContain('cut before');
    expect(await pinata.requests({ host: 'upload' })).toMatchObject([{ status: 0, responseBytes: 0 }]);
  });

  it('cuts after the work is done', async () => {
    await pinata.fault({ match: { host: 'upload' }, action: { cut: 'after' } });
    await expect(upload(pinata, form('cut after'))).rejects.toThrow();
    expect((await pinata.state()).records.map(({ name }) => name)).toContain('cut after');
  });

  it('delays', async () => {
    await pinata.fault({ action: { delayMs: 150 } });
    const before = performance.now();
    expect((await list(pinata)).status).toBe(200);
    expect(performance.now() - before).toBeGreaterThan(140);
  });

  it('truncates JSON', async () => {
    await pinata.fault({ action: { truncateJson: true } });
    const answer = await list(pinata);
    expect(answer.status).toBe(200);
    await expect(answer.json()).rejects.toThrow(SyntaxError);
  });

  it('answers an HTML page with status 200', async () => {
    await pinata.fault({ action: { html200: true } });
    const answer = await list(pinata);
    expect([answer.status, answer.headers.get('content-type')]).toEqual([200, 'text/html; charset=UTF-8']);
    expect(await answer.text()).toMatch(/^<!DOCTYPE html>/);
  });

  it('tells another CID than the one that was pinned', async () => {
    await pinata.fault({ action: { wrongCid: true } });
    const { row } = await upload(pinata, form('wrong'));
    const record = (await pinata.state()).records.find(({ id }) => id === row?.id);
    expect(row?.cid).toMatch(/^bafy/);
    expect(record?.cid).not.toBe(row?.cid);
  });

  it('reaches the gateway and the GitHub host too', async () => {
    await pinata.fault({ match: { host: 'gateway' }, action: { status: 504 } });
    await pinata.fault({ match: { host: 'github' }, action: { status: 502 } });
    expect((await fetch(`${pinata.gatewayUrl}/ipfs/x`)).status).toBe(504);
    expect((await fetch(`${pinata.githubUrl}/repos`)).status).toBe(502);
  });

  it.each([
    {},
    { action: {} },
    { action: { cut: 'sometimes' } },
    { action: { status: 20 } },
    { times: 0, action: { html200: true } },
    { match: { host: 'mars' }, action: { html200: true } },
    { match: { path: '/(/' }, action: { html200: true } },
    { typo: 1, action: { html200: true } },
  ])('is refused when it makes no sense: %j', async (fault) => {
    const init = { method: 'POST', body: JSON.stringify(fault) };
    expect((await fetch(`${pinata.apiUrl}/__emulator/faults`, init)).status).toBe(400);
    expect(await (await fetch(`${pinata.apiUrl}/__emulator/faults`)).json()).toEqual([]);
  });
});

it('lets every Nth request go astray', async () => {
  const emulator = await emulatorFor({ strayEvery: 2 });
  const seen: (number | string)[] = [];
  for (let index = 0; index < 7; index += 1) {
    seen.push(
      await list(emulator).then(
        ({ status }) => status,
        () => 'reset',
      ),
    );
  }
  expect(seen).toEqual([200, 502, 200, 400, 200, 'reset', 200]);
});

it('has a clock that can be set, and that runs on', async () => {
  const emulator = await emulatorFor({});
  const then = await emulator.clock({ now: '2030-01-01T00:00:00Z' });
  expect(then.toISOString()).toMatch(/^2030-01-01T00:00:0/);
  const { row } = await upload(emulator, form('future'));
  const [record] = (await emulator.state()).records;
  expect(record?.id).toBe(row?.id);
  expect(new Date(record?.createdAt ?? 0).getUTCFullYear()).toBe(2030);
  await expect(emulator.clock({ now: 'tomorrow' })).rejects.toThrow('Invalid timestamp');
});

describe('a restart', () => {
  it.each(['SIGTERM', 'SIGKILL'] as const)('keeps records, keys, clock and URLs after %s', async (signal) => {
    const emulator = await startEmulator();
    onTestFinished(async () => void (await emulator.stop()));
    await emulator.clock({ advanceMs: 86_400_000 });
    const { row } = await upload(emulator, form('kept'));
    const other = await emulator.addKey({ scopes: ['org:files:read'] });
    await emulator.restart({ signal });
    const listed = await (await list({ ...emulator, jwt: other })).json();
    expect(listed).toMatchObject({ data: { files: [{ id: row?.id, cid: row?.cid }] } });
    const { now } = await emulator.state();
    expect(new Date(now).getTime()).toBeGreaterThan(Date.now() + 86_000_000);
  });
});

describe('the command line', () => {
  const cli = fileURLToPath(new URL('../../emulator/cli.ts', import.meta.url));
  const run = (...args: string[]): { status: number | null; stdout: string; stderr: string } =>
    spawnSync(process.execPath, [cli, ...args], { encoding: 'utf8', timeout: 10_000 });

  it('lists every knob in its help', () => {
    const { status, stdout } = run('--help');
    expect(status).toBe(0);
    for (const knob of Object.keys(withDefaults({}))) expect(stdout).toContain(`  --${optionName(knob)}`);
    expect(stdout).toContain('--list-lag MS');
    expect(stdout).toContain('--duplicates keep|merge|replace|new-record');
  });

  it('says with one sentence what is wrong, and ends with 2', () => {
    const stderr = '--plan takes paid|free|enterprise, got "gold".\n';
    expect(run('--plan', 'gold')).toMatchObject({ status: 2, stdout: '', stderr });
  });

  it.each([
    [['--list-lag', 'soon'], '--list-lag takes MS, got "soon".'],
    [['--lag', '3'], "Unknown option '--lag'. --help lists all knobs."],
    [['--blocked=yes'], "Option '--blocked' does not take an argument. --help lists all knobs."],
    [['free'], "Unexpected argument 'free'. --help lists all knobs."],
  ])('refuses %j', (args, message) => {
    expect(() => parseKnobs(args)).toThrow(new KnobError(message));
  });

  it('says when its port is taken', () => {
    const { status, stderr } = run('--port', new URL(pinata.apiUrl).port);
    expect([status, stderr.includes('EADDRINUSE')]).toEqual([1, true]);
  });

  it('ends with 0 when asked to stop', async () => {
    const emulator = await startEmulator();
    expect(await emulator.stop()).toBe(0);
    await expect(fetch(emulator.apiUrl)).rejects.toThrow();
  });
});
