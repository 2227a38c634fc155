import { describe, expect, it } from 'vitest';
import type { Knobs } from '../../emulator/knobs.ts';
import type { EmulatorAddress } from '../../emulator/server.ts';
import type { Controls } from '../support/emulator.ts';
import { emulatorFor } from '../support/emulator-inside.ts';
import { type PinataAccess, upload } from '../support/pinata-calls.ts';

interface Row {
  readonly id: string;
  readonly name: string;
  readonly keyvalues: Readonly<Record<string, string>> | null;
  readonly expires_at?: number | null;
}

interface Answered {
  readonly status: number;
  readonly row?: Row;
  readonly message?: string;
}

interface Page {
  readonly files: readonly Row[];
  readonly next_page_token: string;
}

async function call(to: PinataAccess, path: string, init: RequestInit = {}): Promise<Answered> {
  const response = await fetch(`${to.apiUrl}${path}`, { headers: { Authorization: `Bearer ${to.jwt}` }, ...init });
  const { data, error } = (await response.json()) as { data?: Row; error?: { message: string } };
  return {
    status: response.status,
    ...(data === undefined ? {} : { row: data }),
    ...(error === undefined ? {} : { message: error.message }),
  };
}

const get = (to: PinataAccess, id: string): Promise<Answered> => call(to, `/v3/files/public/${id}`);

const update = (to: PinataAccess, id: string, change: object): Promise<Answered> =>
  call(to, `/v3/files/public/${id}`, { method: 'PUT', body: JSON.stringify(change) });

async function list(to: PinataAccess, query = ''): Promise<Page> {
  const headers = { Authorization: `Bearer ${to.jwt}` };
  const response = await fetch(`${to.apiUrl}/v3/files/public?${query}`, { headers });
  return ((await response.json()) as { data: Page }).data;
}

async function pin(to: PinataAccess, name: string, fields: Record<string, string> = {}): Promise<string> {
  const { row } = await upload(to, { files: [new File([name], name)], fields: { network: 'public', ...fields } });
  return row?.id ?? '';
}

const inAnHour = Math.floor(Date.now() / 1000) + 3600;

describe('an expiry', () => {
  const expiring = async (knobs: Partial<Knobs>): Promise<[EmulatorAddress & Controls, string]> => {
    const pinata = await emulatorFor(knobs);
    return [pinata, await pin(pinata, 'brief', { expires_at: String(inAnHour) })];
  };
  const expiryOf = async (pinata: Controls): Promise<number | null | undefined> =>
    (await pinata.state()).records[0]?.expiresAt;

  it('cannot be cleared unless the knob says so, only moved', async () => {
    const [pinata, id] = await expiring({});
    expect(await update(pinata, id, { expires_at: null, name: 'kept' })).toEqual({
      status: 400,
      message: 'expires_at must be a unix timestamp in the future',
    });
    expect((await pinata.state()).records).toMatchObject([{ name: 'brief', expiresAt: inAnHour }]);
    expect((await update(pinata, id, { expires_at: inAnHour + 60 })).status).toBe(200);
    expect(await expiryOf(pinata)).toBe(inAnHour + 60);
  });

  it('stays without a word where null is ignored, while the rest of the update counts', async () => {
    const [pinata, id] = await expiring({ expiryClear: 'ignored' });
    expect(await update(pinata, id, { expires_at: null, name: 'kept' })).toMatchObject({
      status: 200,
      row: { name: 'kept' },
    });
    expect(await expiryOf(pinata)).toBe(inAnHour);
  });

  it('is gone where null clears it, and the record outlives it', async () => {
    const [pinata, id] = await expiring({ expiryClear: 'yes' });
    expect((await update(pinata, id, { expires_at: null })).status).toBe(200);
    await pinata.clock({ advanceMs: 3_700_000 });
    expect((await get(pinata, id)).status).toBe(200);
    expect(await expiryOf(pinata)).toBeNull();
  });

  it('is in no row by default', async () => {
    const [pinata, id] = await expiring({});
    const [listed] = (await list(pinata)).files;
    for (const row of [listed, (await get(pinata, id)).row, (await update(pinata, id, { name: 'x' })).row]) {
      expect(row).toMatchObject({ id });
      expect(row).not.toHaveProperty('expires_at');
    }
  });

  it('is in every row where the knob says so, null without one', async () => {
    const [pinata, id] = await expiring({ expiryShown: 'yes' });
    const lasting = await upload(pinata, { files: [new File(['x'], 'x')], fields: { network: 'public' } });
    expect(lasting.row).toMatchObject({ expires_at: null });
    const again = await upload(pinata, { files: [new File(['brief'], 'brief')], fields: { network: 'public' } });
    expect(again.row).toMatchObject({ id, expires_at: inAnHour });
    expect((await list(pinata)).files.map((row) => row.expires_at)).toEqual([null, inAnHour]);
    expect((await get(pinata, id)).row?.expires_at).toBe(inAnHour);
    expect((await update(pinata, id, { expires_at: inAnHour + 1 })).row?.expires_at).toBe(inAnHour + 1);
  });
});

describe('a listing with lag', () => {
  it('shows and filters by the keyvalues from before an update, step by step, while GET has the new ones', async () => {
    const pinata = await emulatorFor({ updateLagMs: 60_000 });
    const id = await pin(pinata, 'lagging', { keyvalues: '{"step":"0"}' });
    const listed = async (): Promise<string | undefined> => (await list(pinata)).files[0]?.keyvalues?.step;
    await update(pinata, id, { keyvalues: { step: '1' } });
    await pinata.clock({ advanceMs: 30_000 });
    await update(pinata, id, { keyvalues: { step: '2' } });
    expect((await get(pinata, id)).row?.keyvalues).toEqual({ step: '2' });
    expect(await listed()).toBe('0');
    expect((await list(pinata, 'keyvalues[step]=0')).files).toHaveLength(1);
    expect((await list(pinata, 'keyvalues[step]=2')).files).toHaveLength(0);
    await pinata.clock({ advanceMs: 31_000 });
    expect(await listed()).toBe('1');
    await pinata.clock({ advanceMs: 31_000 });
    expect(await listed()).toBe('2');
    expect((await list(pinata, 'keyvalues[step]=2')).files).toHaveLength(1);
  });

  it('lags behind a repeated upload that changes keyvalues too', async () => {
    const pinata = await emulatorFor({ updateLagMs: 60_000, duplicates: 'merge' });
    const id = await pin(pinata, 'again', { keyvalues: '{"a":"1"}' });
    await pin(pinata, 'again', { keyvalues: '{"b":"2"}' });
    expect((await list(pinata)).files).toMatchObject([{ id, keyvalues: { a: '1' } }]);
    expect((await list(pinata)).files[0]?.keyvalues).not.toHaveProperty('b');
    expect((await get(pinata, id)).row?.keyvalues).toEqual({ a: '1', b: '2' });
  });

  it('shows an update at once without the knob', async () => {
    const pinata = await emulatorFor({});
    const id = await pin(pinata, 'prompt', { keyvalues: '{"step":"0"}' });
    await update(pinata, id, { keyvalues: { step: '1' } });
    expect((await list(pinata)).files).toMatchObject([{ keyvalues: { step: '1' } }]);
  });
});

it('ignores every filter of a listing when told, and still pages', async () => {
  const pinata = await emulatorFor({ ignoreFilters: true });
  for (const name of ['a', 'b', 'c']) await pin(pinata, name, { keyvalues: '{"app":"docs"}' });
  const filters = 'name=nothing&cid=nothing&mimeType=x&group=x&keyvalues[app]=other&cidPending=true';
  expect((await list(pinata, filters)).files).toHaveLength(3);
  expect((await list(pinata, `${filters}&limit=2&order=ASC`)).files.map(({ name }) => name)).toEqual(['a', 'b']);
});

describe('a token that repeats', () => {
  const follow = async (to: PinataAccess, query: string): Promise<readonly [string, string][]> => {
    const seen: [string, string][] = [];
    let token = '';
    for (let page = 0; page < 5; page += 1) {
      const { files, next_page_token: next } = await list(to, `order=ASC&${query}&pageToken=${token}`);
      seen.push([files.map(({ name }) => name).join(), next]);
      token = encodeURIComponent(next);
    }
    return seen;
  };

  it('comes with the last page for ever, and every page before it once', async () => {
    const pinata = await emulatorFor({ repeatToken: true });
    for (const name of ['a', 'b', 'c']) await pin(pinata, name);
    const seen = await follow(pinata, 'limit=1');
    expect(seen.map(([names]) => names)).toEqual(['a', 'b', 'c', 'c', 'c']);
    expect(new Set(seen.slice(1).map(([, token]) => token)).size).toBe(1);
    expect(seen[0]?.[1]).not.toBe(seen[1]?.[1]);
  });

  it('ends neither a listing of one page nor one of nothing', async () => {
    const pinata = await emulatorFor({ repeatToken: true });
    await pin(pinata, 'a');
    for (const query of ['limit=10', 'name=nothing']) {
      const tokens = (await follow(pinata, query)).map(([, token]) => token);
      expect([new Set(tokens).size, tokens[0] === '']).toEqual([1, false]);
    }
  });
});

describe('a repeated upload', () => {
  const eight = Object.fromEntries(Array.from({ length: 8 }, (_, index) => [`k${index}`, 'v']));
  const three = { a: '1', b: '2', c: '3' };

  /** The status of the second upload of the same bytes, and the record afterwards. */
  const uploadTwice = async (duplicates: Knobs['duplicates']): Promise<Answered> => {
    const pinata = await emulatorFor({ duplicates });
    const files = [new File(['same'], 'same')];
    const id = await pin(pinata, 'same', { keyvalues: JSON.stringify(eight) });
    const fields = { network: 'public', name: 'second', keyvalues: JSON.stringify(three) };
    const { status } = await upload(pinata, { files, fields });
    return { ...(await get(pinata, id)), status };
  };

  it('is refused when its keyvalues, merged, would be more than ten', async () => {
    expect(await uploadTwice('merge')).toMatchObject({ status: 400, row: { name: 'same', keyvalues: eight } });
  });

  it('replaces name and keyvalues, or leaves both', async () => {
    const [replaced, kept] = [await uploadTwice('replace'), await uploadTwice('keep')];
    expect([replaced.status, replaced.row?.name, replaced.row?.keyvalues]).toEqual([200, 'second', three]);
    expect([kept.status, kept.row?.name, kept.row?.keyvalues]).toEqual([200, 'same', eight]);
  });

  it('after an unpin makes a new record with a new id', async () => {
    const pinata = await emulatorFor({ deleteLagMs: 60_000 });
    const id = await pin(pinata, 'back');
    await call(pinata, `/v3/files/public/${id}`, {
      method: 'DELETE',
      headers: { Authorization: `Bearer ${pinata.jwt}` },
    });
    const { row } = await upload(pinata, { files: [new File(['back'], 'back')], fields: { network: 'public' } });
    expect(row).not.toHaveProperty('is_duplicate');
    expect(row?.id).not.toBe(id);
  });
});

it('merges and removes keyvalues, and an update of nothing changes nothing', async () => {
  const pinata = await emulatorFor({});
  const id = await pin(pinata, 'row', { keyvalues: '{"env":"dev","old":"1"}' });
  expect((await update(pinata, id, { keyvalues: { old: null, never: null } })).row?.keyvalues).toEqual({ env: 'dev' });
  expect((await update(pinata, id, {})).row?.keyvalues).toEqual({ env: 'dev' });
  expect((await update(pinata, id, { keyvalues: { env: null } })).row?.keyvalues).toBeNull();
});

it('tells its usage to a key with just that legacy scope, and to no other', async () => {
  const pinata = await emulatorFor({});
  await pin(pinata, 'counted');
  const ask = async (legacyScopes: readonly string[]): Promise<[number, unknown]> => {
    const jwt = await pinata.addKey({ scopes: ['org:write'], legacyScopes });
    const headers = { Authorization: `Bearer ${jwt}` };
    const response = await fetch(`${pinata.apiUrl}/data/userPinnedDataTotal`, { headers });
    return [response.status, await response.json()];
  };
  expect(await ask(['userPinnedDataTotal'])).toMatchObject([200, { pin_count: 1, pin_size_total: 7 }]);
  expect(await ask(['pinList', 'unpin'])).toMatchObject([403, { error: { reason: 'NO_SCOPES_FOUND' } }]);
});
