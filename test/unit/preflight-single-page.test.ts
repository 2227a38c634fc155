import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Preflight } from '../../src/domain/preflight/finding.ts';
import { createInspection } from '../../src/domain/preflight/inspection.ts';
import { createSinglePageRule } from '../../src/domain/preflight/single-page.ts';
import { cpuClock } from '../support/cpu-clock.ts';
import { mutations } from './preflight-mutations.ts';

const SHELL = `<!doctype html><html lang="en"><head><meta charset="utf-8"><title>An application with a title</title>
<style>body { margin: 0 }</style><script type="module" crossorigin src="./assets/index-DiwrgT9x.js"></script></head>
<body><noscript>You need to enable JavaScript to run this app.</noscript><div id="root"></div></body></html>`;
const PAGE = `<!doctype html><title>Notes</title><script src="app.js"></script><main>${'<p>Words that are in the page itself.'.repeat(20)}</main>`;
const BY_PATH = 'const{pathname:p}=location,r=e=>{n.history.pushState(s,"",e)};window.addEventListener("popstate",t);';
const BY_HASH = `${BY_PATH}w(t.charAt(0)==="/","relative pathnames are not supported in hash history.push("+e+")");`;
const VUE_HASH = `${BY_PATH}function h(e){return(e=location.host?e||location.pathname:"").includes("#")||(e+="#"),p(e)}`;
const BY_PATH_OF_VUE =
  'let{pathname:n,hash:r}=location;try{t[o?`replaceState`:`pushState`](a,``,c),i.value=a}catch(e){};window.addEventListener(`popstate`,h)';
const REACT_DOM = 'for(const e of `focus hashchange load popstate resize`.split(` `))n(e);';
const HASH_MARKS = [
  'throw Error("Hash history cannot PUSH the same path")',
  'e.includes(`#`)||(e+=`#`)',
  "e.includes('#')||(e+='#')",
  'typeof HashChangeEvent<`u`?new HashChangeEvent(`hashchange`,{oldURL:s}):0',
  'x.forRoot(r,{useHash:!0})',
  // @tanstack/history
  // biome-ignore lint/suspicious/noTemplateCurlyInString: a script's own
  'createHref:e=>`${t.location.pathname}${t.location.search}#${e}`',
  // @solidjs/router
  'i?window.history.replaceState(k(s),``,`#`+e):window.history.pushState(s,``,`#`+e)',
  'window.history.pushState(s,"","#"+e)',
  // vue-router 3
  'var o=ht?"popstate":"hashchange";window.addEventListener(o,r)',
  // Angular
  'prepareExternalUrl(e){const t=J(this._baseHref,e);return t.length>0?"#"+t:t}',
  // No router: a place in the page that is open.
  // biome-ignore lint/suspicious/noTemplateCurlyInString: a script's own
  'history.pushState({photo:i},"",`?photo=${i}`)',
  "history.pushState(null, '', '#photo-' + i)",
];
const GALLERY = 'open=i=>{history.pushState({i},"",i.url)};window.addEventListener("popstate",({state:s})=>show(s))';
const HASHCHANGE = 'window.addEventListener("hashchange",()=>render(location.hash.slice(1)))';

type Files = Readonly<Record<string, string>>;

function inspectionOf(files: Files, isSingleFile = false) {
  const paths = new Map(Object.entries(files).map(([path, text]) => [path, text.length]));
  return createInspection([{ rule: createSinglePageRule({ files: paths, isSingleFile }), severity: 'warn' }]);
}

/** `piece` is how many bytes come at once. */
async function look(files: Files, piece = 1e6, isSingleFile = false): Promise<Preflight> {
  const inspection = inspectionOf(files, isSingleFile);
  for (const [path, text] of Object.entries(files)) {
    const bytes = new TextEncoder().encode(text);
    if (!inspection.begin({ path, bytes: bytes.length })) continue;
    for (let at = 0; at < bytes.length; at += piece) inspection.take(bytes.subarray(at, at + piece));
    inspection.end();
  }
  return inspection.finish();
}

async function kinds(files: Files): Promise<readonly string[]> {
  return (await look(files)).findings.map(({ severity, kind, path }) => `${severity} ${kind} ${path}`);
}

const APP: Files = { 'assets/index-DiwrgT9x.js': BY_PATH, 'index.html': SHELL };
const DEEP_LINKS = ['warn deep-links index.html'];

describe('a site that is one page', () => {
  it('is told, with the line that helps and where it does, when its scripts route by path', async () => {
    expect(await kinds(APP)).toEqual(DEEP_LINKS);
    const [finding] = (await look(APP)).findings;
    expect(finding?.advice).toContain('a file `_redirects` at the root with the line `/* /index.html 200`');
    expect(finding?.advice).toContain('subdomain gateways');
    expect(finding?.advice).toContain('path gateways');
  });

  it.each<[string, Files, readonly string[]]>([
    [
      'with error pages, which gateways do not show by themselves',
      { ...APP, '404.html': SHELL, '200.html': SHELL },
      DEEP_LINKS,
    ],
    [
      'with a router in the page itself',
      { 'index.html': SHELL.replace('<div', `<script>${BY_PATH}</script><div`) },
      DEEP_LINKS,
    ],
    ['with rules that do not catch all', { ...APP, _redirects: '/a /index.html 200' }, DEEP_LINKS],
    ['with the rule', { ...APP, _redirects: '/* /index.html 200' }, []],
    ['with the rule and an error page', { ...APP, '404.html': SHELL, _redirects: '/* /index.html 200' }, []],
    ['with an error page by rule', { ...APP, '404.html': SHELL, _redirects: '/* /404.html 404' }, []],
    ['with hash routing of React', { ...APP, 'assets/index-DiwrgT9x.js': BY_HASH }, []],
    ['with hash routing of Vue', { ...APP, 'assets/index-DiwrgT9x.js': VUE_HASH }, []],
    ['with hash routing of its own', { ...APP, 'assets/index-DiwrgT9x.js': HASHCHANGE }, []],
    ['with the router of Vue', { ...APP, 'assets/index-DiwrgT9x.js': BY_PATH_OF_VUE }, DEEP_LINKS],
    ['without a router, but with React', { ...APP, 'assets/index-DiwrgT9x.js': REACT_DOM }, []],
    ['without a router, but with a gallery that goes back', { ...APP, 'assets/index-DiwrgT9x.js': GALLERY }, []],
    ['without a router', { ...APP, 'assets/index-DiwrgT9x.js': 'render(document.body)' }, []],
    ['without its scripts, of which nothing is known', { 'index.html': SHELL }, []],
    ['with text of its own', { 'index.html': PAGE, 'app.js': BY_PATH }, []],
    ['of a generator that writes every page', { ...APP, '_next/static/chunks/main.js': BY_PATH }, []],
    ['with more pages', { ...APP, 'about/index.html': SHELL }, []],
  ])('%s', async (_, files, expected) => {
    expect(await kinds(files)).toEqual(expected);
  });

  it.each(HASH_MARKS)('needs nothing where its scripts have %s', async (mark) => {
    expect(await kinds({ ...APP, 'assets/index-DiwrgT9x.js': `${BY_PATH_OF_VUE};${mark}` })).toEqual([]);
  });

  it('says the line to add where there are rules already', async () => {
    const [finding] = (await look({ ...APP, _redirects: '/a /index.html 200' })).findings;
    expect(finding?.advice).toContain('to the end of `_redirects` the line `/* /index.html 200`');
  });

  it('says nothing of fallbacks while nobody can read the rules', async () => {
    expect(await kinds({ ...APP, _redirects: '/* /index.html 200!' })).toEqual(['warn redirect-forced _redirects']);
  });
});

describe('a site of many pages', () => {
  it('needs nothing', async () => {
    expect(await kinds({ 'index.html': PAGE, 'a/index.html': PAGE, 'b.html': PAGE })).toEqual([]);
  });

  it('notes the pages that only other hosts show, with the line that shows them here', async () => {
    expect(await kinds({ 'index.html': PAGE, 'a.html': PAGE, '404.html': PAGE })).toEqual(['note unused-404 404.html']);
    const { findings } = await look({ 'index.html': PAGE, 'a.html': PAGE, '404.html': PAGE });
    expect(findings[0]?.advice).toContain('`/* /404.html 404`');
    expect(await kinds({ 'index.html': PAGE, 'a.html': PAGE, '200.html': SHELL, '404.html': PAGE })).toEqual([
      'note unused-200 200.html',
    ]);
    expect(await kinds({ 'index.html': PAGE, '404.html': PAGE, _redirects: '/* /404.html 404' })).toEqual([]);
  });

  it('is told when its root has no page', async () => {
    expect(await kinds({ 'dist/index.html': PAGE, 'dist/a.html': PAGE })).toEqual(['warn no-index dist/index.html']);
    expect(await kinds({ 'Index.html': PAGE })).toEqual(['warn no-index Index.html']);
  });

  it('notes what configures other hosts, at its root', async () => {
    const files = {
      _headers: '/*\n  X: y',
      'index.html': PAGE,
      'ipfs-404.html': PAGE,
      'netlify.toml': '',
      'x/vercel.json': '{}',
    };
    expect(await kinds({ ...files, 'vercel.json': '{}' })).toEqual([
      'note other-host _headers',
      'note old-404 ipfs-404.html',
      'note other-host netlify.toml',
      'note other-host vercel.json',
    ]);
  });
});

describe('what is no site', () => {
  it('needs no page: images, metadata, or a single file', async () => {
    expect(await kinds({ '1.png': '', '1.json': '{}' })).toEqual([]);
    expect((await look({ 'report.html': PAGE }, 9, true)).findings).toEqual([]);
  });
});

describe('single pages, whatever they are', () => {
  it('reads no scripts where there are more pages, and always the rules', () => {
    const inspection = inspectionOf({ 'index.html': '', 'a.html': '', 'a.js': '', _redirects: '' });
    expect(inspection.begin({ path: 'a.js', bytes: 9 })).toBe(false);
    expect(inspection.begin({ path: 'index.html', bytes: 9 })).toBe(false);
    expect(inspection.begin({ path: '_redirects', bytes: 9 })).toBe(true);
  });

  it('says the same however files are cut', async () => {
    for (const script of [BY_PATH, BY_HASH, VUE_HASH]) {
      for (const page of [SHELL, PAGE, SHELL.replace('<div', 'Loading, please wait. &amp; <b>so on</b> <div')]) {
        const files = { 'a.js': script, 'b.js': `${'x'.repeat(90)}${script}`, 'index.html': page };
        const whole = await look(files);
        await fc.assert(
          fc.asyncProperty(fc.integer({ min: 1, max: 120 }), async (piece) => {
            expect(await look(files, piece)).toEqual(whole);
          }),
          { numRuns: 30 },
        );
      }
    }
  });

  it('never throws and never takes long, in 10,000 mutations of pages', async () => {
    const samples = [SHELL, PAGE].map((text) => new TextEncoder().encode(text));
    let slowest = 0;
    for (const bytes of mutations(samples, 10_000)) {
      const inspection = inspectionOf({ 'index.html': '' });
      const start = cpuClock();
      inspection.begin({ path: 'index.html', bytes: bytes.length });
      inspection.take(bytes);
      inspection.end();
      await inspection.finish();
      slowest = Math.max(slowest, cpuClock() - start);
    }
    expect(slowest).toBeLessThan(1000);
  });

  it.each(['<a>', '</b>', '<a></b>', '<', '&', '<a b="', '<!--', '<p>', '<script>', ' '])(
    'is quick with a page full of %s',
    async (unit) => {
      const start = cpuClock();
      await look({ 'index.html': unit.repeat(2e6 / unit.length) });
      expect(cpuClock() - start).toBeLessThan(1000);
    },
  );
});
