import { describe, expect, it } from 'vitest';
import { kindsOf, look, say } from './preflight-references.ts';

const works = 'works on subdomain gateways only';
const pages = ['index.html', 'about/index.html'];

describe('what of a page loads something', () => {
  it.each([
    '<script src="/a.png"></script>',
    '<SCRIPT SRC=/a.png></SCRIPT>',
    "<img src='/a.png'>",
    '<img src = "/a.png" />',
    '<img srcset="/a.png 2x">',
    '<source srcset="/a.png">',
    '<source src="/a.png">',
    '<video src="/a.png"></video>',
    '<video poster="/a.png"></video>',
    '<audio src="/a.png"></audio>',
    '<track src="/a.png">',
    '<iframe src="/a.png"></iframe>',
    '<embed src="/a.png">',
    '<object data="/a.png"></object>',
    '<input type="image" src="/a.png">',
    '<link rel="stylesheet" href="/a.png">',
    '<link rel="shortcut icon" href="/a.png">',
    '<link rel="apple-touch-icon" href="/a.png">',
    '<link rel="manifest" href="/a.png">',
    '<link rel="preload" href="/a.png">',
    '<link rel="modulepreload" href="/a.png">',
    '<link rel="preload" as="image" imagesrcset="/a.png 1x">',
    '<svg><use href="/a.png#x"/></svg>',
    '<svg><use xlink:href="/a.png#x"/></svg>',
    '<svg><image href="/a.png"/></svg>',
    '<svg><script href="/a.png"/></svg>',
    '<svg><script xlink:href="/a.png"></script></svg>',
    '<svg><a xlink:href="/b/">b</a></svg>',
    '<body background="/a.png">',
    '<link rel="prefetch" href="/a.png">',
    '<iframe srcdoc="<img src=/a.png>"></iframe>',
    '<iframe srcdoc=\'&lt;style&gt;p{b:url("/a.png")}&lt;/style&gt;\'></iframe>',
    '<astro-island component-url="/a.png"></astro-island>',
    '<astro-island renderer-url="/a.png"></astro-island>',
    '<div style="background: image-set(\'/a.png\' 1x)"></div>',
    '<meta http-equiv="refresh" content="0; url=/b/">',
    '<meta http-equiv="Refresh" content="0;URL=\'/b/\'">',
    '<a href="/b/">b</a>',
    '<area href="/b/">',
    '<form action="/b/"></form>',
    '<div style="background: url(/a.png)"></div>',
    '<div title="x" STYLE="background: url(&quot;/a.png&quot;)"></div>',
    '<style>p { background: url(/a.png) }</style>',
    '<style>@import "/a.png";</style>',
    '<script type="importmap">{"imports":{"a":"/a.png"}}</script>',
    '<script type="importmap">{"scopes":{"/x/":{"a":"/a.png"}}}</script>',
    '<script>import("/a.png")</script>',
    '<script type="text/javascript">import("/a.png")</script>',
    '<script type="module">import a from "/a.png";</script>',
    '<img src="/a.png?v=1#x">',
    '<img src="/%61.png">',
    '<img src="&#47;a.png">',
    '<img src="\n/a.png\n">',
    '<img src="\\a.png">',
    '<img src="/x/../a.png">',
    '<img a=">" src="/a.png">',
    '<img src="/a.png" =">',
    '<img/src="/a.png">',
    '<title><b></title><img src="/a.png">',
    '<!-- > --><img src="/a.png">',
    '<!--><img src="/a.png">',
    '<!-- x --!><img src="/a.png">',
    '<?xml ?><img src="/a.png">',
    '<img src="/a.png" src="c.png">',
    '<script>"<!-- <script>"</script><img src="/a.png">',
  ])('%s', async (html) => {
    expect(await kindsOf(html)).toEqual(['subdomain-only']);
  });

  it.each([
    '<img src="../a.png">',
    '<a href="../b">b</a>',
    '<a href="../b/#x">b</a>',
    '<a href="#x">x</a>',
    '<a href="?x">x</a>',
    '<a href="">x</a>',
    '<a href="mailto:a@b.example">x</a>',
    '<a href="javascript:void 0">x</a>',
    '<a href="https://b.example/">x</a>',
    '<img src="data:image/png;base64,AAAA">',
    '<img src="blob:x">',
    '<img src="ipfs://bafy/x.png">',
    '<img src="{{ image }}">',
    '<link rel="canonical" href="https://b.example/">',
    '<link rel="alternate" href="/feed.xml">',
    '<link rel="preconnect" href="https://b.example/">',
    '<link href="/a.png">',
    '<link rel="dns-prefetch" href="/a.png">',
    '<iframe srcdoc="&lt;iframe srcdoc=&quot;<img src=/a.png>&quot;>"></iframe>',
    '<p background="/a.png">',
    '<iframe srcdoc="<base href=/b/><img src=/a.png>"></iframe><img src="../a.png">',
    '<meta property="og:image" content="/a.png">',
    '<meta http-equiv="refresh" content="30">',
    '<meta name="x" content="0; url=/b/">',
    '<input src="/a.png">',
    '<p data-src="/a.png">',
    '<p title="<img src=/a.png>">',
    '<!-- <img src="/a.png"> -->',
    '<textarea><img src="/a.png"></textarea>',
    '<title><img src="/a.png"></title>',
    '<plaintext><img src="/a.png">',
    '<script>"<img src=\'/a.png\'>"</script>',
    '<script type="importmap">{</script>',
    '<script type="application/ld+json">{"image":"/a.png"}</script>',
    '<style>/* url(/a.png) */ p::after { content: "url(/a.png)" }</style>',
    '<img src="/a.png',
    '<img src="c.png" src="/a.png" src="../a.png"',
    '<svg><path fill="url(#x)" style="fill:url(#x)"/></svg>',
    '<style>@namespace svg url(http://www.w3.org/2000/svg);</style>',
  ])('not %s', async (html) => {
    expect(await kindsOf(html)).toEqual([]);
  });

  it('takes every candidate of a srcset, commas in their URLs included', async () => {
    const html = '<img srcset="a,b.png 1x, c.png 2x,d.png, e.png 100w,x.png 3x">';
    expect(
      (await look({ files: { 'sub/index.html': html }, others: ['sub/x.png'] })).map(({ message }) => message),
    ).toEqual(['a,b.png', 'c.png', 'd.png', 'e.png'].map((path) => `\`${path}\` is loaded but is not in the build`));
  });

  it('says the line of the tag, and in a style sheet the line of the url', async () => {
    const html = '<p>\n<img\n src="/a.png">\n<style>\n\np { background: url(/b.png) }</style>\n<img src="/c.png">';
    const files = { 'index.html': html, 'a.css': '/*\n*/\n\n@import "/d.css";' };
    const found = await look({ files, others: ['a.png', 'b.png', 'c.png', 'd.css'] });
    expect(found.map(({ path, line }) => `${path}:${line}`)).toEqual([
      'a.css:4',
      'index.html:2',
      'index.html:6',
      'index.html:7',
    ]);
    // The place of those that are not named is that of the first.
    expect(found[0]?.message).toBe(`1 more file is loaded by an absolute path, which ${works}`);
  });
});

describe('pages that are hardly pages', () => {
  it.each([
    '',
    '/about',
    '<',
    '</',
    '</a',
    '<a',
    '<a href',
    '<a href="',
    '<!',
    '<!-',
    '<!--',
    '<style>',
    '<script>"/',
    '>',
  ])('%s', async (html) => {
    expect(await kindsOf(html)).toEqual([]);
  });
});

describe('style sheets', () => {
  it.each([
    'a{b:url(/a.png)}',
    'a{b:URL( "/a.png" )}',
    "a{b:url('/a.png')}",
    'a{b:url(\\2f a.png)}',
    'a{b:url("\\2f a.png")}',
    'a{b:image-set(url(/a.png) 1x)}',
    'a{b:image-set("/a.png" 1x, "a.png" 2x)}',
    'a{b:-webkit-image-set("a.png" type("image/png"),\'/a.png\' 2x)}',
    'a{b:image-set(\n"/a.png" type("a/b") 1x)}',
    '@Import "/a.png";',
    '@import "/a.png";',
    "@IMPORT '/a.png' screen;",
    '@import url(/a.png);',
    '.a\\"b{} a{b:url(/a.png)} .c\\"d{}',
    '/* " */ a{b:url(/a.png)}',
    'a{content:"\\""; b:url(/a.png)}',
    'a{content:"broken\n; b:url(/a.png)}',
    'a{b:url(data:image/png;base64,AA==)} c{d:url(/a.png)}',
  ])('%s', async (css) => {
    expect((await look({ files: { 'x.css': css }, others: ['a.png'] })).map(({ kind }) => kind)).toEqual([
      'subdomain-only',
    ]);
  });

  it.each([
    'a{b:url(a.png)}',
    '/* url(/a.png) */',
    '/* @import "/a.png" */',
    'a{content:"url(/a.png)"}',
    'a{content:"/a.png"}',
    'a{b:image-set(linear-gradient(red,blue) 1x)}c{content: "/a.png"}',
    'a{b:image-set("a.png" type("/a.png") 1x)}',
    '@include "/a.png";',
    '@i "/a.png";',
    "a{content:'url(/a.png)'}",
    'a{b:url(#x)}',
    'a{b:url()}',
    'a{b:curl(/a.png)}',
    'a{b:url(/a.png',
    '@namespace "http://www.w3.org/1999/xhtml";',
    '/* unclosed url(/a.png)',
  ])('not %s', async (css) => {
    expect(await look({ files: { 'x.css': css }, others: ['a.png'] })).toEqual([]);
  });

  it('and vector images load from where they are', async () => {
    const svg =
      '<?xml version="1.0"?><svg xmlns="http://www.w3.org/2000/svg"><style><![CDATA[a{b:url(/a.png)}]]></style>\n' +
      '<image xlink:href="gone.png"/><use href="#x"/><a href="https://b.example/">b</a></svg>';
    expect(await say({ files: { 'img/x.svg': svg }, others: ['a.png'] })).toEqual([
      `warn subdomain-only img/x.svg:1 \`/a.png\` is loaded by an absolute path, which ${works}`,
      'warn missing-target img/x.svg:2 `gone.png` is loaded but is not in the build',
    ]);
  });

  it('resolve what they load against their own directory', async () => {
    const files = { 'css/x.css': 'a{b:url(font.woff2)} c{d:url(../a.png)} e{f:url(a.png)} g{h:url(../../a.png)}' };
    expect(await say({ files, others: ['css/font.woff2', 'a.png'] })).toEqual([
      'warn missing-target css/x.css:1 `a.png` leads to a file from pages at the root only',
      'warn outside css/x.css:1 `../../a.png` points out of the build',
    ]);
  });
});

describe('what a reference leads to', () => {
  it('tells apart what works on subdomains, what is missing, what is outside and what is elsewhere', async () => {
    const html =
      '<img src="/a.png"><img src="/b.png"><img src="c.png"><img src="../../d.png"><img src="//cdn.example/e.png">' +
      '<script src="https://CDN.example/f.js"></script>';
    expect(await say({ files: { 'sub/index.html': html }, others: ['a.png'] })).toEqual([
      `warn subdomain-only sub/index.html:1 \`/a.png\` is loaded by an absolute path, which ${works}`,
      'warn missing-target sub/index.html:1 `/b.png` is loaded but is not in the build',
      'warn missing-target sub/index.html:1 `c.png` is loaded but is not in the build',
      'warn outside sub/index.html:1 `../../d.png` points out of the build',
      'note external sub/index.html:1 Loads from `cdn.example`, which is not part of the CID: images, scripts',
    ]);
  });

  it('names the base that a site was built for, once, with what was found below it', async () => {
    const html =
      '<link rel="stylesheet" href="/repo/a.css"><script src="/repo/js/b.js"></script><a href="/repo/about/">a</a>';
    const found = await look({ files: { 'index.html': html }, others: ['a.css', 'js/b.js', 'about/index.html'] });
    const message = 'The site was built for `/repo/`, and finds nothing at the root of a CID';
    expect(found).toMatchObject([{ kind: 'wrong-base', times: 3, message }]);
  });

  it('takes no missing directory for a base', async () => {
    const files = { 'index.html': '<iframe src="/widget/"></iframe>' };
    expect((await look({ files })).map(({ kind }) => kind)).toEqual(['missing-target']);
  });

  it('takes the public path of webpack for a base', async () => {
    const files = { 'index.html': '', 'main.js': 'self.webpackChunk=[];r.p="/repo/";' };
    expect((await look({ files })).map(({ kind }) => kind)).toEqual(['wrong-base']);
  });

  it('takes no directory of the site for a base', async () => {
    const files = { 'index.html': '<img src="/de/logo.png">' };
    const found = await look({ files, others: ['de/index.html', 'logo.png'] });
    expect(found.map(({ kind }) => kind)).toEqual(['missing-target']);
  });

  it('takes no link alone for a base', async () => {
    const files = { 'index.html': '<a href="/de/about/">a</a>' };
    expect(await look({ files, others: ['about/index.html'] })).toMatchObject([
      { kind: 'missing-target', severity: 'warn' },
    ]);
  });

  it('says that names differ in capital letters', async () => {
    const found = await say({ files: { 'index.html': '<img src="Logo.PNG">' }, others: ['logo.png'] });
    expect(found).toEqual(['warn missing-target index.html:1 `Logo.PNG` is loaded but the build has only `logo.png`']);
  });

  it('says that a link needs the .html of its page, also when a directory of that name hides it', async () => {
    const files = { 'index.html': '<a href="about">a</a><a href="/team">b</a>', 'about.html': '' };
    const found = await say({ files, others: ['team.html', 'team/data.json'] });
    expect(found).toEqual([
      'warn missing-target index.html:1 `about` is linked but the build has it only with `.html`, which gateways do not add',
      'warn missing-target index.html:1 `/team` is linked but the build has it only with `.html`, which gateways do not add',
    ]);
  });

  it('names a page without the place in it', async () => {
    const files = { 'index.html': '<a href="gone.html#top">a</a><a href="gone.html#end">b</a>', 'b.html': '' };
    expect(await look({ files })).toMatchObject([
      { times: 2, message: '`gone.html` is linked but is not in the build' },
    ]);
  });

  it('leaves links of an app with one page to its router', async () => {
    const files = {
      'index.html': '<a href="/somewhere">a</a><a href="else">b</a>',
      '404.html': '<a href="/nowhere">c</a>',
    };
    expect(await look({ files })).toEqual([]);
  });

  it('misses files of an app with one page all the same', async () => {
    const files = { 'index.html': '<a href="p0.html">a</a><a href="/p1">b</a><a href="/user/a.b">c</a>' };
    expect((await look({ files })).map(({ message }) => message)).toEqual([
      '`p0.html` is linked but is not in the build',
    ]);
  });

  it('only mentions links into directories that the build does not have at all', async () => {
    const html =
      '<a href="/builds/acme/a.ts">a</a><a href="/cdn-cgi/l/email-protection">b</a><a href="/docs/gone.html">c</a>' +
      '<a href="/gone.html">d</a><a href="home/a.html">e</a><script src="/home/a.js"></script>';
    const found = await look({ files: { 'index.html': html, 'docs/index.html': '' } });
    expect(found.map(({ severity, kind, message }) => `${severity} ${kind} ${message.split(' ', 1)[0]}`)).toEqual([
      'warn missing-target `/docs/gone.html`',
      'warn missing-target `/gone.html`',
      'warn missing-target `home/a.html`',
      'warn missing-target `/home/a.js`',
      'note missing-target `/builds/acme/a.ts`',
      'note missing-target `/cdn-cgi/l/email-protection`',
    ]);
  });

  it('only mentions missing pages where redirects may lead to them', async () => {
    const files = { 'index.html': '<a href="gone">a</a>', 'b.html': '', _redirects: '/* /index.html 200' };
    expect((await look({ files })).map(({ severity, kind }) => `${severity} ${kind}`)).toEqual(['note missing-target']);
  });

  it('is one finding for a target, whatever the number of pages', async () => {
    const html = '<link rel="icon" href="/favicon.svg"><link rel="preload" href="/favicon.svg?x">';
    const files = Object.fromEntries(Array.from({ length: 30 }, (_, index) => [`p${index}/index.html`, html]));
    expect(await look({ files, others: ['favicon.svg'] })).toMatchObject([
      { times: 60, files: 30, path: 'p0/index.html' },
    ]);
  });

  it('names the first targets and counts the others', async () => {
    const names = Array.from({ length: 500 }, (_, index) => `a${index}.png`);
    const html = names.map((name) => `<img src="/${name}"><a href="/${name}">x</a><img src="x${name}">`).join('');
    const found = (await look({ files: { 'index.html': html + html, 'b.html': '' }, others: names })).map(
      ({ message }) => message,
    );
    expect(found).toHaveLength(3 + 3 + 20 + 3);
    expect(found).toEqual(
      expect.arrayContaining([
        `497 more files are loaded by absolute paths, which ${works}`,
        `497 more pages are linked by absolute paths, which ${works}`,
        '480 more files are loaded that are not in the build',
      ]),
    );
  });

  it('shows what nobody sees of an address, and what would end its quotes', async () => {
    const found = await look({ files: { 'index.html': '<img src="a`**b**`\u202e\u001b[31m\u{e0041}.png">' } });
    expect(found).toMatchObject([
      { message: '`a\\u0060**b**\\u0060\\u202e\\u001b[31m\\ue0041.png` is loaded but is not in the build' },
    ]);
  });

  it('counts one as one', async () => {
    const names = Array.from({ length: 21 }, (_, index) => `a${index}.png`);
    const html = (count: number, tag: (name: string) => string) => names.slice(0, count).map(tag).join('');
    const more = async (page: string) =>
      (await look({ files: { 'sub/index.html': page, 'b.html': '' }, others: [...names, 'p0.html'] }))
        .map(({ message }) => message)
        .filter((message) => message.includes(' more '));
    expect(await more(html(4, (name) => `<a href="/${name}">x</a>`))).toEqual([
      `1 more page is linked by an absolute path, which ${works}`,
    ]);
    expect(await more(html(21, (name) => `<img src="x${name}">`))).toEqual([
      '1 more file is loaded that is not in the build',
    ]);
    expect(await more(html(11, (name) => `<a href="x${name}">x</a>`))).toEqual([
      '1 more linked page is not in the build',
    ]);
    expect(await more(html(21, (name) => `<img src="${name}">`))).toEqual([
      '1 more reference fits pages at the root only',
    ]);
    expect(await more(html(21, (name) => `<img src="../../${name}">`))).toEqual([
      '1 more reference points out of the build',
    ]);
    expect(await more(html(21, (name) => `<img src="//${name}.example/">`))).toEqual([
      'Loads from 1 more host, which is not part of the CID',
    ]);
  });

  it('quotes long addresses in part, and no half of a character', async () => {
    const found = await look({ files: { 'index.html': `<img src="${'x'.repeat(79)}🖼${'y'.repeat(100)}.png">` } });
    expect(found[0]?.message).toMatch(/^`x{79}…y{26}\.png` is loaded/);
  });

  it('quotes long addresses in part', async () => {
    const found = await look({ files: { 'index.html': `<img src="/${'x'.repeat(5000)}.png">` } });
    expect(found[0]?.message.length).toBeLessThan(200);
    expect(found[0]?.message).toMatch(/^`\/x{79}…x{26}\.png` is loaded but is not in the build$/);
  });
});

describe('base', () => {
  it('makes what follows absolute, which is said once', async () => {
    const files = {
      'sub/index.html': '<base href="/"><script src="a.js"></script><img src="b.png"><img src="/c.png">',
    };
    expect(await say({ files, others: ['a.js', 'c.png'] })).toEqual([
      `warn subdomain-only sub/index.html:1 \`<base href="/">\` makes every relative path absolute, which ${works}`,
      'warn missing-target sub/index.html:1 `b.png` is loaded but is not in the build',
      `warn subdomain-only sub/index.html:1 \`/c.png\` is loaded by an absolute path, which ${works}`,
    ]);
  });

  it('may be relative', async () => {
    expect(
      await look({ files: { 'a/b/index.html': '<base href="../"><img src="x.png">' }, others: ['a/x.png'] }),
    ).toEqual([]);
  });

  it('counts from where it stands, and only the first', async () => {
    const files = {
      'a/index.html': '<img src="x.png"><base target="_top"><base href="b/"><base href="/"><img src="y.png">',
    };
    expect(await look({ files, others: ['a/x.png', 'a/b/y.png'] })).toEqual([]);
  });

  it('of another host takes all paths there, and is told with what they are', async () => {
    const html = '<base href="https://b.example/"><img src="x.png"><script src="/y.js"></script><a href="z">z</a>';
    expect(await say({ files: { 'index.html': html }, others: ['y.js'] })).toEqual([
      'note external index.html:1 Loads from `b.example`, which is not part of the CID: images, pages, scripts',
    ]);
    expect(await say({ files: { 'index.html': '<base href="//b.example">' } })).toEqual([
      'note external index.html:1 Loads from `b.example`, which is not part of the CID: pages',
    ]);
  });

  it('of another host means nothing for other pages', async () => {
    const files = { 'a.html': '<base href="https://b.example/"><img src="/x.png">', 'b.html': '<img src="/x.png">' };
    expect((await look({ files, others: ['x.png'] })).map(({ kind, path }) => `${kind} ${path}`)).toEqual([
      'subdomain-only b.html',
      'external a.html',
    ]);
  });

  it('of another directory is the wrong base', async () => {
    const files = { 'index.html': '<base href="/app/"><script src="a.js"></script>' };
    expect((await look({ files, others: ['a.js'] })).map(({ kind, times }) => `${kind} ${times}`)).toEqual([
      'wrong-base 2',
    ]);
  });
});

describe('scripts', () => {
  const others = ['a/x.js', 'sw.js', 'index.html'];
  const inScript = async (script: string, path = 'main.js') =>
    (await look({ files: { [path]: script }, others })).map(({ severity, kind }) => `${severity} ${kind}`);

  it.each([
    ['self.webpackChunk=[];r.p="/";', 'warn subdomain-only'],
    ['self.webpackChunk=[];r.p="/a/",', 'warn subdomain-only'],
    ['e.relList.supports("modulepreload");const n=function(e){return"/"+e}', 'warn subdomain-only'],
    ['e="modulepreload",n=function(e){return`/`+e}', 'warn subdomain-only'],
    ['navigator.serviceWorker.register("/sw.js")', 'warn subdomain-only'],
    ["navigator.serviceWorker.register('/gone.js', {})", 'warn missing-target'],
    ['import("/a/x.js")', 'warn subdomain-only'],
    ['import x from "/a/x.js"', 'warn subdomain-only'],
    ['const a="/a/x.js",b=1', 'note script-paths'],
    ['fetch(`/a/x.js?v=1`)', 'note script-paths'],
    ['return "/a/x.js"', 'note script-paths'],
  ])('%s is worth: %s', async (script, expected) => {
    expect(await inScript(script)).toEqual([expected]);
  });

  it.each([
    'r.p="/";',
    'self.webpackChunk=[];r.p="./";',
    'self.webpackChunk=[];r.p="";',
    'const a=base+"/a/x.js"',
    // biome-ignore lint/suspicious/noTemplateCurlyInString: a script's own
    'const a=`${base}/a/x.js`',
    '// see "/a/x.js"',
    '/* import("/a/x.js") */',
    ' * "/a/x.js"',
    'const a="<a href=\'/a/x.js\'>"',
    'const a="/a/x.js',
    'const a="/a/y.js"',
    'const a="//a/x.js"',
    'const a=/"\\/a/',
    'return "/"',
    'e="modulepreload";return"/"',
    'import("//cdn.example/a/x.js")',
  ])('%s is nothing', async (script) => {
    expect(await inScript(script)).toEqual([]);
  });

  it.each(['sw.js', 'firebase-messaging-sw.js', 'service-worker.js', 'app/serviceworker.mjs'])(
    'of a service worker such as %s load what they name',
    async (path) => {
      expect(await inScript('precacheAndRoute([{url:"/a/x.js",revision:null}])', path)).toEqual([
        'warn subdomain-only',
      ]);
    },
  );

  it('are advised on in the words of the generator, or of who wrote them', async () => {
    const files = { 'main.js': 'x="/a/x.js"' };
    expect(await look({ files, others })).toMatchObject([
      { advice: 'Build the path from `import.meta.url` or `document.baseURI`.' },
    ]);
    const built = [...others, 'assets/index-C8qQtK1h.js'];
    expect(await look({ files, others: built })).toMatchObject([{ advice: "Set `base: './'` in vite.config." }]);
  });

  it('are one note for all the paths that they only name', async () => {
    const files = { 'a.js': 'x=["/a/x.js","/sw.js"]', 'b.js': 'y=["/index.html","/sw.js"]' };
    expect(await say({ files, others })).toEqual([
      'note script-paths a.js:1 `/a/x.js` in a script names a file by an absolute path, as do 2 more',
    ]);
    expect(await say({ files: { 'a.js': files['a.js'] }, others })).toEqual([
      'note script-paths a.js:1 `/a/x.js` in a script names a file by an absolute path, as does 1 more',
    ]);
  });
});

describe('web manifests', () => {
  const manifest = (fields: object) => JSON.stringify({ name: 'x', ...fields }, null, 2);

  it('name their start, scope, icons, shortcuts and screenshots', async () => {
    const text = manifest({
      start_url: '/?source=pwa',
      scope: '/',
      icons: [{ src: '/icon.png' }, { src: 'icon.png' }, { src: 'gone.png' }],
      screenshots: [{ src: '/shot.png' }],
      shortcuts: [{ url: '/new/', icons: [{ src: '/new.png' }] }],
    });
    const others = ['icon.png', 'shot.png', 'new/index.html', 'new.png', ...pages];
    expect(await say({ files: { 'manifest.json': text }, others })).toEqual([
      `warn subdomain-only manifest.json:3 \`/\` is linked by an absolute path, which ${works}`,
      `warn subdomain-only manifest.json:7 \`/icon.png\` is loaded by an absolute path, which ${works}`,
      'warn missing-target manifest.json:13 `gone.png` is loaded but is not in the build',
      `warn subdomain-only manifest.json:18 \`/shot.png\` is loaded by an absolute path, which ${works}`,
      `warn subdomain-only manifest.json:23 \`/new/\` is linked by an absolute path, which ${works}`,
      `warn subdomain-only manifest.json:26 \`/new.png\` is loaded by an absolute path, which ${works}`,
    ]);
  });

  it.each([
    ['is no JSON', '{', 'A web manifest is no JSON: its references were not checked'],
    ['is too deep', `{"icons":${'['.repeat(200_000)}`, 'A web manifest is no JSON: its references were not checked'],
    ['is too long', `{"name":"${'x'.repeat(1_100_000)}"}`, 'A web manifest over 1 MiB was not checked'],
  ])('are noted when one %s', async (_, text, message) => {
    expect(await look({ files: { 'app.webmanifest': text } })).toMatchObject([
      { severity: 'note', kind: 'unchecked', message },
    ]);
  });

  it('of another kind are left alone', async () => {
    expect(
      await look({
        files: {
          'manifest.json': '{"screenshots":[{"src":"/a.png"}],"files":{"a":"/b.png"}}',
          'a/manifest.json': '[]',
        },
      }),
    ).toEqual([]);
  });
});
