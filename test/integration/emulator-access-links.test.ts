import { describe, expect, it } from 'vitest';
import type { EmulatorAddress } from '../../emulator/server.ts';
import { emulatorFor } from '../support/emulator-inside.ts';
import { emulatorForFile } from '../support/file-emulator.ts';
import { upload } from '../support/pinata-calls.ts';

const pinata = await emulatorForFile({ plan: 'enterprise' });

const DOCUMENTED = '/v3/files/private/download_link';
const OLDER = '/v3/files/download_link';

/** Pins a text, or a folder with a page and a style, and answers its CID; no two are alike. */
async function pin(network: 'public' | 'private', kind: 'file' | 'folder' = 'file', to = pinata): Promise<string> {
  const text = `${network} ${Math.random()}`;
  const page = new File([text], kind === 'file' ? 'page.html' : 'site/index.html');
  const files = kind === 'file' ? [page] : [page, new File(['a{}'], 'site/css/a.css')];
  const { row } = await upload(to, { files, fields: { network } });
  return row?.cid ?? '';
}

interface Signing {
  readonly path?: string;
  readonly jwt?: string;
  readonly method?: string;
  readonly expires?: number;
}

async function sign(to: EmulatorAddress, url: string, more: Signing = {}): Promise<{ status: number; link: string }> {
  const { path = DOCUMENTED, jwt = to.jwt, method = 'GET', expires = 60 } = more;
  const response = await fetch(`${to.apiUrl}${path}`, {
    method: 'POST',
    headers: { Authorization: `Bearer ${jwt}` },
    body: JSON.stringify({ url, date: Math.floor(Date.now() / 1000), expires, method }),
  });
  const body = (await response.json()) as { data?: string };
  return { status: response.status, link: body.data ?? '' };
}

async function open(url: string, method = 'GET'): Promise<{ status: number; text: string }> {
  const response = await fetch(url, { method, redirect: 'manual' });
  return { status: response.status, text: await response.text() };
}

const addressOf = (cid: string, path = ''): string => `${pinata.gatewayUrl}/files/${cid}${path}`;

describe('a link to a private file', () => {
  it('opens the file until it expires', async () => {
    const emulator = await emulatorFor({ plan: 'enterprise' });
    const { row } = await upload(emulator, { files: [new File(['hush'], 'a.txt')], fields: {} });
    const { link } = await sign(emulator, `${emulator.gatewayUrl}/files/${row?.cid}`, { expires: 60 });
    expect(link).toMatch(/\?X-Algorithm=PINATA1&X-Date=\d{10}&X-Expires=60&X-Method=GET&X-Signature=[0-9a-f]{64}$/);
    expect(await open(link)).toEqual({ status: 200, text: 'hush' });
    await emulator.clock({ advanceMs: 61_000 });
    expect(await open(link)).toEqual({ status: 403, text: 'This signed URL has expired' });
  });

  it('opens just that path in a directory, and no directory', async () => {
    const cid = await pin('private', 'folder');
    const { link } = await sign(pinata, addressOf(cid, '/index.html'));
    expect((await open(link)).text).toMatch(/^private /);
    for (const other of ['/css/a.css', '/index.html/', '/', '']) {
      expect((await open(link.replace('/index.html', other))).text).toBe('The signature of this URL is not valid');
    }
    const root = await sign(pinata, addressOf(cid, '/'));
    expect(await open(root.link)).toEqual({ status: 400, text: 'This is a directory: a signed URL names one file.' });
    const nowhere = await sign(pinata, addressOf(cid, '/nowhere.html'));
    expect((await open(nowhere.link)).status).toBe(404);
  });

  it('is worth nothing without its signature, with another one, longer, or by another method', async () => {
    const { link } = await sign(pinata, addressOf(await pin('private')));
    expect((await open(link.replace(/\?.*/, ''))).text).toBe('Private files need a signed URL');
    for (const forged of [link.replace(/.$/, 'x'), link.replace('X-Expires=60', 'X-Expires=600')]) {
      expect(await open(forged)).toEqual({ status: 403, text: 'The signature of this URL is not valid' });
    }
    expect((await open(link, 'HEAD')).status).toBe(403);
  });

  it('is made for what the account has pinned privately, on its own gateway', async () => {
    const [open, hidden] = [await pin('public'), await pin('private')];
    expect((await sign(pinata, addressOf(open))).status).toBe(404);
    expect((await sign(pinata, `https://other.mypinata.cloud/files/${hidden}`)).status).toBe(404);
    expect((await sign(pinata, `${pinata.gatewayUrl}/ipfs/${hidden}`)).status).toBe(404);
    expect((await sign(pinata, `${pinata.gatewayUrl}/files/nonsense`)).status).toBe(404);
    expect((await sign(pinata, 'no address')).status).toBe(400);
    expect((await sign(pinata, addressOf(hidden), { jwt: await pinata.addKey({ scopes: [] }) })).status).toBe(403);
    const reader = await pinata.addKey({ scopes: ['org:files:read'] });
    expect((await sign(pinata, addressOf(hidden), { jwt: reader })).status).toBe(200);
  });

  it('is made under one of two paths', async () => {
    const cid = await pin('private');
    expect((await sign(pinata, addressOf(cid), { path: OLDER })).status).toBe(404);
    const older = await emulatorFor({ plan: 'enterprise', accessLinkPath: 'older' });
    const { row } = await upload(older, { files: [new File(['hush'], 'a.txt')], fields: {} });
    const url = `${older.gatewayUrl}/files/${row?.cid}`;
    expect((await sign(older, url)).status).toBe(404);
    expect((await open((await sign(older, url, { path: OLDER })).link)).text).toBe('hush');
  });

  it('to a page opens on a custom domain only, and is not there before the gateway has the content', async () => {
    const dedicated = await emulatorFor({ plan: 'enterprise', gatewayMode: 'dedicated' });
    const page = await upload(dedicated, { files: [new File(['<p>'], 'page.html')], fields: {} });
    const index = await upload(dedicated, {
      files: [new File(['<p>'], 's/index.html'), new File(['b'], 's/b.txt')],
      fields: {},
    });
    // The file alone has no name that would make it a page.
    const file = await sign(dedicated, `${dedicated.gatewayUrl}/files/${page.row?.cid}`);
    expect((await open(file.link)).status).toBe(200);
    const { link } = await sign(dedicated, `${dedicated.gatewayUrl}/files/${index.row?.cid}/index.html`);
    expect((await open(link)).text).toContain('ERR_ID:00023');
    const late = await emulatorFor({ plan: 'enterprise', gatewayLagMs: 60_000 });
    const { row } = await upload(late, { files: [new File(['hush'], 'a.txt')], fields: {} });
    const soon = await sign(late, `${late.gatewayUrl}/files/${row?.cid}`, { expires: 3600 });
    expect((await open(soon.link)).status).toBe(404);
    await late.clock({ advanceMs: 60_001 });
    expect((await open(soon.link)).status).toBe(200);
  });
});

describe('private content', () => {
  it.each(['custom-domain', 'dedicated', 'shared', 'public'] as const)(
    'is not served without a signature by a gateway that is %s, whatever its token',
    async (gatewayMode) => {
      for (const gatewayToken of [undefined, 'gateway-token']) {
        const emulator = await emulatorFor({ plan: 'enterprise', gatewayMode, gatewayToken, gatewayHangMs: 1 });
        const { row } = await upload(emulator, { files: [new File(['hush'], 'a.txt')], fields: {} });
        const response = await fetch(`${emulator.gatewayUrl}/ipfs/${row?.cid}`, {
          headers: { 'x-pinata-gateway-token': gatewayToken ?? '' },
        });
        expect([response.status, await response.text()]).not.toContain('hush');
        expect(response.ok).toBe(false);
      }
    },
  );

  it('is served as any other once the same bytes are public', async () => {
    const bytes = `both ${Math.random()}`;
    const fields = (network: string): { readonly network: string } => ({ network });
    const { row } = await upload(pinata, { files: [new File([bytes], 'a.txt')], fields: fields('private') });
    const url = `${pinata.gatewayUrl}/ipfs/${row?.cid}`;
    expect((await open(url)).status).toBe(403);
    await upload(pinata, { files: [new File([bytes], 'a.txt')], fields: fields('public') });
    expect(await open(url)).toEqual({ status: 200, text: bytes });
  });
});
