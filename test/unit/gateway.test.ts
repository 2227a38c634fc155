import { describe, expect, it } from 'vitest';
import { accountTemplates } from '../../src/domain/gateway.ts';
import { choosePlainSample, followsRedirects, isPlainPath, type Sample } from '../../src/domain/link.ts';
import { isServed, mainLink, openedLink, type Probe } from '../../src/domain/outcome.ts';
import { readRoutes } from '../../src/domain/routes.ts';
import { readWebPage } from '../../src/domain/web-page.ts';
import { renderProbeTable } from '../../src/render/probes.ts';
import { cidNumber } from './account.ts';

const probe = (host: string, state: Probe['state'], more: Partial<Probe> = {}): Probe => ({
  link: `https://${host}/`,
  host,
  state,
  note: 'bytes match',
  final: true,
  status: 200,
  firstByteMs: 12,
  bytes: 1200,
  ...more,
});

describe('links to the gateways of an account', () => {
  const gateway = (domain: string, ...customDomains: string[]) => ({ domain, restricted: true, customDomains });

  it('lead to custom domains only, where there is one', () => {
    const found = accountTemplates([
      gateway('one.mypinata.cloud'),
      gateway('two.mypinata.cloud', 'b.example', 'a.example'),
      gateway('three.mypinata.cloud', 'b.example'),
    ]);
    expect(found).toEqual([
      { template: 'https://b.example/ipfs/{cid}', dedicated: true },
      { template: 'https://a.example/ipfs/{cid}', dedicated: true },
    ]);
  });

  it('lead to the gateways themselves, where there is none', () => {
    expect(accountTemplates([gateway('one.mypinata.cloud')])).toEqual([
      { template: 'https://one.mypinata.cloud/ipfs/{cid}', dedicated: true },
    ]);
    expect(accountTemplates([])).toEqual([]);
  });

  it.each([
    ['127.0.0.1:8080', 'http'],
    ['localhost', 'http'],
    ['[::1]:9', 'http'],
    ['127.0.0.1.example.org', 'https'],
    ['127.example', 'https'],
    ['localhost.example', 'https'],
  ])('are plain on this machine only: %s', (host, scheme) => {
    expect(accountTemplates([gateway(host)])[0]?.template).toBe(`${scheme}://${host}/ipfs/{cid}`);
  });
});

describe('a gateway follows _redirects', () => {
  it.each([
    ['https://{cid}.ipfs.dweb.link', true],
    ['http://{cid}.ipfs.localhost:8080/', true],
    ['https://dweb.link/ipfs/{cid}', false],
    ['https://{cid}.example/ipfs/{cid}', true],
    ['https://example/{cid}.ipfs/', false],
  ])('where the content has a host of its own: %s', (template, expected) => {
    expect(followsRedirects(template)).toBe(expected);
  });
});

describe('a file that no gateway takes for a page', () => {
  it.each([
    ['app.js', true],
    ['a/b.min.css', true],
    ['photo.JPG', true],
    ['index.html', false],
    ['a.HTM', false],
    ['logo.svg', false],
    ['LICENSE', false],
    ['.nojekyll', false],
    ['a.b/README', false],
    ['_redirects', false],
  ])('is known by its name: %s', (path, expected) => {
    expect(isPlainPath(path)).toBe(expected);
  });

  it('is the smallest with bytes', () => {
    const files = [
      ['index.html', 1],
      ['empty.txt', 0],
      ['big.js', 30],
      ['small.js', 20],
    ] as const;
    const listing = new Map(files.map(([path, bytes], nth) => [path, { cid: cidNumber(nth), bytes }]));
    expect(choosePlainSample(listing)?.path).toBe('small.js');
    expect(choosePlainSample(new Map())).toBeUndefined();
  });
});

describe('what can be tried of _redirects', () => {
  const files = new Map(
    ['index.html', 'en/index.html', 'app.html', '~splat~.html'].map((path, nth) => [
      path,
      { path, cid: cidNumber(nth), bytes: 5 },
    ]),
  );
  const routesOf = (text: string | undefined) => {
    const { landing, deepRoute } = readRoutes(text, (path): Sample | undefined => files.get(path));
    return [landing?.path, deepRoute?.path, deepRoute?.target.path];
  };

  it.each([
    ['/* /index.html 200', 'index.html', '~splat~', 'index.html'],
    ['/* / 200', 'index.html', '~splat~', 'index.html'],
    ['/app/:a/* /app.html 200', undefined, 'app/~a~/~splat~', 'app.html'],
    ['/ /en/ 302', 'en/index.html', undefined, undefined],
    ['/ /en 302\n/* /app.html 200', 'en/index.html', '~splat~', 'app.html'],
    ['/* /app.html?x=1 200', 'app.html', '~splat~', 'app.html'],
    ['/* /:splat.html 200', undefined, undefined, undefined],
    ['/* https://example.org/ 200', undefined, undefined, undefined],
    ['/* //example.org 302', undefined, undefined, undefined],
    ['/* /404.html 404', undefined, undefined, undefined],
    ['/:x /en/:x 302\n/* /index.html 200', undefined, undefined, undefined],
    ['# nothing', undefined, undefined, undefined],
    [undefined, undefined, undefined, undefined],
  ])('%j', (text, landing, route, target) => {
    expect(routesOf(text)).toEqual([landing, route, target]);
  });

  it('is found quickly in a file that is made to be slow', () => {
    const text = `${'/a/* /none 200\n'.repeat(2)}${'/a/:b/* /index.html 200\n'.repeat(2500)}`;
    const began = performance.now();
    expect(routesOf(text)).toEqual([undefined, undefined, undefined]);
    expect(performance.now() - began).toBeLessThan(500);
  });
});

describe('an answer that is a page', () => {
  it.each([
    ['<!DOCTYPE html><title>Error 1015</title>', { title: 'Error 1015', isError: true }],
    [
      '\n <html lang="en"><head><title data-x="1">502 Bad\nGateway</title>',
      { title: '502 Bad Gateway', isError: true },
    ],
    ['<html><h1>403 Forbidden</h1></html>', { title: '403 Forbidden', isError: true }],
    ['<!-- x --><html><title>Shop</title><h1>Page not found</h1>', { title: 'Shop', isError: true }],
    ['<html><title>Just a moment...</title>', { title: 'Just a moment...', isError: true }],
    ['<!doctype html><title>My 500 recipes</title>', { title: 'My 500 recipes', isError: false }],
    ['<!doctype html><title>404.</title>', { title: '404.', isError: true }],
    ['<!doctype html><p>hello</p>', { title: '', isError: false }],
    [`<!doctype html><title>${'<b>a</b> '.repeat(90)}</title>`, { title: `${'a '.repeat(29)}a…`, isError: false }],
    ['<!doctype html><title>a\u202e\u0007\u200bb::error::</title>', { title: 'a b::error::', isError: true }],
    ['{"error":"<html>"}', undefined],
    ['<?xml version="1.0"?><rss>', undefined],
    ['<svg xmlns="http://www.w3.org/2000/svg"><title>Error</title></svg>', undefined],
    ['', undefined],
  ])('%j', (text, expected) => {
    expect(readWebPage(text)).toEqual(expected);
  });

  it('is read quickly, whatever it holds', () => {
    const began = performance.now();
    for (const piece of ['<', '<!--', '<title ', '<title>', ' ', '<!-- >', '<!-- --', '404 ']) {
      readWebPage(piece.repeat(100_000));
      readWebPage(`<html>${piece.repeat(100_000)}`);
    }
    expect(performance.now() - began).toBeLessThan(1000);
  });
});

describe('the link for people', () => {
  it('is one where the routes of the content work, then one where nobody can tell, then any live one', () => {
    const no = probe('no', 'live', { routes: 'no' });
    const unsure = probe('unsure', 'live');
    const works = probe('works', 'live', { routes: 'work' });
    const opens = probe('opens', 'opens');
    expect(openedLink([opens, no, unsure, works])).toBe('https://works/');
    expect(openedLink([opens, no, unsure])).toBe('https://unsure/');
    expect(openedLink([opens, no])).toBe('https://no/');
    expect(openedLink([opens])).toBe('https://opens/');
  });

  it('is never one that serves files only, or nothing', () => {
    const dead = [probe('files', 'files'), probe('down', 'down')];
    expect(openedLink(dead)).toBeUndefined();
    expect(mainLink(dead)).toBeUndefined();
    expect(mainLink([...dead, probe('later', 'unopened')])).toBe('https://later/');
  });

  it('is not needed for content to be served', () => {
    expect(isServed([probe('down', 'down'), probe('files', 'files')])).toBe(true);
    expect(isServed([probe('opens', 'opens')])).toBe(true);
    expect(isServed([probe('down', 'down'), probe('later', 'unopened')])).toBe(false);
  });
});

describe('the table of gateways', () => {
  it('has a line for each, links what opens, and escapes what others wrote', () => {
    const nothing = { status: undefined, firstByteMs: undefined, bytes: 0 };
    const text = renderProbeTable([
      probe('live.example', 'live'),
      probe('opens.example', 'opens', { bytes: 0, note: 'loads and checks the content in the browser' }),
      probe('files.example', 'files', { status: 403 }),
      probe('down.example', 'down', { ...nothing, note: 'error page (<script>|@me)' }),
      probe('later.example', 'unopened', nothing),
    ]);
    expect(text).toMatchInlineSnapshot(`
      "#### Where it is served

      | Gateway | State | Status | First byte | Bytes checked | Note |
      | --- | --- | --- | --- | --- | --- |
      | [live.example](<https://live.example/>) | ✅ live | 200 | 12 ms | 1.2 kB | bytes match |
      | [opens.example](<https://opens.example/>) | ✅ opens | 200 | 12 ms |  | loads and checks the content in the browser |
      | <code>files.example</code> | ◐ files only | 403 | 12 ms | 1.2 kB | bytes match |
      | <code>down.example</code> | ❌ not served |  |  |  | error page (&lt;script&gt;&#124;&#64;<wbr>me) |
      | [later.example](<https://later.example/>) | not opened |  |  |  | bytes match |"
    `);
  });

  it('is nothing without gateways', () => {
    expect(renderProbeTable([])).toBe('');
  });
});
