import type { ServerResponse } from 'node:http';
import { buffer } from 'node:stream/consumers';
import { describe, expect, it } from 'vitest';
import type { Knobs } from '../../emulator/knobs.ts';
import { createProbe, type GatewayOptions } from '../../src/adapters/gateway/probe.ts';
import { createPublishedTree } from '../../src/adapters/gateway/published-tree.ts';
import { buildDag } from '../../src/adapters/unixfs/dag.ts';
import type { Build } from '../../src/domain/listing.ts';
import { openedLink, type Probe } from '../../src/domain/outcome.ts';
import { dagContent } from '../support/dag-content.ts';
import { emulatorFor } from '../support/emulator-inside.ts';
import { answer, scriptedServer } from '../support/http-server.ts';
import { localNames } from '../support/local-names.ts';
import { upload } from '../support/pinata-calls.ts';
import type { AnyEmulator } from '../support/seed-pins.ts';

const DOMAIN = 'gateway.test';
const PAGE = '<!doctype html><title>Site</title><script src="app.js"></script>';
const APP = { 'index.html': PAGE, 'app.js': 'render()', _redirects: '/* /index.html 200\n' };

type Files = Readonly<Record<string, string>>;

/** Pins a site in an emulator of its own, and lets `work` look at its gateway while the files are there. */
async function withSite<T>(
  files: Files,
  knobs: Partial<Knobs>,
  work: (build: Build, emulator: AnyEmulator) => Promise<T>,
): Promise<T> {
  using content = dagContent();
  const emulator = await emulatorFor(knobs);
  const build = await buildDag({ kind: 'directory', entries: content.entries(files) }, 'unixfs-v1-2025');
  const car = new Uint8Array(await buffer(build.car.read(0, build.car.bytes)));
  const fields = { network: 'public', name: 'site', car: 'true' };
  const { row } = await upload(emulator, { files: [new File([car], 'site.car')], fields });
  expect(row?.cid).toBe(build.root);
  return await work(build, emulator);
}

function pathForm({ gatewayUrl }: AnyEmulator): string {
  return `${gatewayUrl}/ipfs/{cid}`;
}

function hostForm(gatewayUrl: string): string {
  return `http://{cid}.ipfs.${DOMAIN}:${new URL(gatewayUrl).port}`;
}

async function probe(
  content: Parameters<ReturnType<typeof createProbe>>[0],
  templates: readonly string[],
  more: Partial<GatewayOptions> = {},
): Promise<readonly Probe[]> {
  using _names = localNames(DOMAIN);
  return await createProbe({
    templates: templates.map((template) => ({ template, dedicated: more.dedicatedKey !== undefined })),
    dedicatedKey: undefined,
    timeoutMs: 0,
    look: 'gateway',
    enough: 'opens',
    open: () => Promise.reject(new Error('Nothing was published before.')),
    ...more,
  })(content);
}

describe('content with _redirects', () => {
  it('is linked where its routes work, and that is tried on a path that it does not have', async () => {
    await withSite(APP, { gatewayMode: 'public' }, async (build, emulator) => {
      const seen = await probe(build, [pathForm(emulator), hostForm(emulator.gatewayUrl)]);
      expect(seen).toMatchObject([
        { state: 'live', routes: 'no', note: 'bytes match; does not follow _redirects' },
        { state: 'live', routes: 'work', note: 'bytes match; routes work', bytes: PAGE.length },
      ]);
      expect(openedLink(seen)).toBe(`${hostForm(emulator.gatewayUrl).replace('{cid}', build.root)}/`);
      const paths = (await emulator.requests({ host: 'gateway' })).map(({ path }) => path);
      expect(paths.toSorted()).toEqual(['/', `/ipfs/${build.root}/`, '/~splat~']);
    });
  });

  it('is told when a line of it makes gateways refuse the whole file', async () => {
    await withSite(
      { ...APP, _redirects: '/* /index.html 200\n/a /b 299\n' },
      { gatewayMode: 'public' },
      async (build, at) => {
        const [seen] = await probe(build, [hostForm(at.gatewayUrl)]);
        expect(seen).toMatchObject({ state: 'live', note: 'bytes match; routes do not work (500)', routes: 'no' });
      },
    );
  });

  it('is tried at the first rule that answers any path with a file', async () => {
    const _redirects = '/old/* /new/:splat 200\n/app/:page /index.html 200\n/* /app.js 200\n';
    await withSite({ ...APP, _redirects }, { gatewayMode: 'public' }, async (build, emulator) => {
      expect(await probe(build, [hostForm(emulator.gatewayUrl)])).toMatchObject([{ routes: 'work' }]);
      expect((await emulator.requests({ host: 'gateway' })).map(({ path }) => path)).toEqual(['/', '/app/~page~']);
    });
  });

  it.each([
    ['redirects only', '/old /app.js 301\n'],
    ['other status codes', '/* /index.html 404\n'],
    ['targets that it does not have', '/* /gone.html 200\n'],
  ])('is not tried where its rules have %s', async (...[, redirects]) => {
    await withSite({ ...APP, _redirects: redirects }, { gatewayMode: 'public' }, async (build, emulator) => {
      const [seen] = await probe(build, [hostForm(emulator.gatewayUrl)]);
      expect(seen).toMatchObject({ state: 'live', note: 'bytes match' });
      expect(seen?.routes).toBeUndefined();
      expect(await emulator.requests({ host: 'gateway' })).toHaveLength(1);
    });
  });

  it('is not spoken of where it has none', async () => {
    const { _redirects, ...plain } = APP;
    await withSite(plain, { gatewayMode: 'public' }, async (build, emulator) => {
      const seen = await probe(build, [pathForm(emulator), hostForm(emulator.gatewayUrl)]);
      expect(seen.map(({ note, routes }) => [note, routes])).toEqual(Array(2).fill(['bytes match', undefined]));
      expect(openedLink(seen)).toBe(seen[0]?.link);
    });
  });

  it('is tried in the same way when it was published before', async () => {
    await withSite(APP, { gatewayMode: 'public' }, async ({ root }, emulator) => {
      const gateways = [{ template: pathForm(emulator), dedicated: true }];
      const open = (cid: typeof root) =>
        Promise.resolve(createPublishedTree({ root: cid, gateways, dedicatedKey: undefined, known: new Map() }));
      const seen = await probe(root, [pathForm(emulator), hostForm(emulator.gatewayUrl)], { open });
      expect(seen.map(({ note }) => note)).toEqual([
        'bytes match; does not follow _redirects',
        'bytes match; routes work',
      ]);
    });
  });

  it('is live where a gateway sends the visitor of the root where the rules say', async () => {
    const start = '<h1>Welcome</h1>';
    const files = { 'index.html': PAGE, 'en/index.html': start, _redirects: '/ /en/ 302\n' };
    const redirecting = (response: ServerResponse): void =>
      response.req.url === '/' ? answer(302, '', { location: '/en/' })(response) : answer(200, start)(response);
    await withSite(files, {}, async (build) => {
      await using server = await scriptedServer(redirecting);
      const [seen] = await probe(build, [hostForm(server.url)]);
      expect(seen).toMatchObject({ state: 'live', note: 'bytes match, where _redirects lead', bytes: start.length });
    });
  });

  it('is followed to the host that a path link redirects to', async () => {
    await withSite(APP, { gatewayMode: 'public' }, async (build, emulator) => {
      const own = hostForm(emulator.gatewayUrl).replace('{cid}', build.root);
      await using server = await scriptedServer(answer(301, '', { location: `${own}/` }));
      const [seen] = await probe(build, [`${server.url}/ipfs/{cid}`]);
      expect(seen).toMatchObject({ state: 'live', routes: 'work', note: 'bytes match; routes work' });
      expect(server.seen).toHaveLength(1);
    });
  });

  it.each([
    ['other bytes', answer(200, '<h1>Not here</h1>'), 'other bytes'],
    ['a 404', answer(404, PAGE), '404'],
  ])('does not work on a gateway that answers a route with %s', async (...[, reply, why]) => {
    await withSite(APP, {}, async (build) => {
      await using server = await scriptedServer(answer(200, PAGE), reply);
      const [seen] = await probe(build, [hostForm(server.url)]);
      expect(seen).toMatchObject({ state: 'live', routes: 'no', note: `bytes match; routes do not work (${why})` });
    });
  });
});

describe('the gateway of an account', () => {
  const { _redirects, ...plain } = APP;

  it('without a custom domain serves the files of a site, and not its pages', async () => {
    await withSite(plain, { gatewayMode: 'dedicated' }, async (build, emulator) => {
      const [seen] = await probe(build, [pathForm(emulator)]);
      expect(seen).toMatchObject({ state: 'files', status: 403, bytes: APP['app.js'].length, final: true });
    });
  });

  it('is asked until it knows new content', async () => {
    await withSite(plain, { gatewayLagMs: 1500 }, async (build, emulator) => {
      expect(await probe(build, [pathForm(emulator)])).toMatchObject([
        { state: 'down', note: 'does not have the content yet', status: 403 },
      ]);
      expect(await probe(build, [pathForm(emulator)], { timeoutMs: 8000 })).toMatchObject([{ state: 'live' }]);
    });
  });

  it('with a key is opened with the right one only', async () => {
    await withSite(plain, { gatewayToken: 'token-1' }, async (build, emulator) => {
      const notes: (string | undefined)[] = [];
      for (const dedicatedKey of ['token-1', 'token-2']) {
        notes.push((await probe(build, [pathForm(emulator)], { dedicatedKey }))[0]?.note);
      }
      expect(notes).toEqual(['serves it with its key only', 'refuses this content or its key']);
    });
  });

  it.each([
    ['html200', 'does not have the content yet'],
    ['wrong-bytes', 'answered with other bytes'],
    ['truncate', 'broke off in the middle of its answer'],
  ] as const)('that lies (%s) is down', async (gatewayLies, note) => {
    await withSite(plain, { gatewayLies }, async (build, emulator) => {
      expect(await probe(build, [pathForm(emulator)])).toMatchObject([{ state: 'down', note, bytes: 0 }]);
    });
  });
});
