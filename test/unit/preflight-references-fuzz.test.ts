import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import fc from 'fast-check';
import { Tokenizer } from 'htmlparser2';
import { describe, expect, it } from 'vitest';
import { readTag } from '../../src/domain/preflight/html-attributes.ts';
import { createHtmlScan, type PageReader } from '../../src/domain/preflight/html-references.ts';
import { createTagScan } from '../../src/domain/preflight/html-tags.ts';
import { readInWindows } from '../../src/domain/preflight/reference-window.ts';
import { cpuClock } from '../support/cpu-clock.ts';
import { look } from './preflight-references.ts';

const ROOT = join(import.meta.dirname, '../fixtures/generators');
const fixture = (path: string): string => readFileSync(join(ROOT, path), 'utf8');

const HTML = [
  fixture('next/default/about.html'),
  fixture('sveltekit/relative/index.html'),
  fixture('nuxt/default/index.html'),
  fixture('docusaurus/default/about/index.html'),
  '<base href="/x/"><img srcset="/a,b.png 1x, c.png 2x"><p style="a:url(&#47;b.png)"><!-- x --!><style>@import "/c"</style>',
  '<script type=importmap>{"imports":{"a":"/b.js"}}</script><meta http-equiv=refresh content="0;url=/b"><svg><use href=/a#b /></svg>',
];
/** With pages in pages. */
const PAGES = [
  ...HTML,
  '<iframe srcdoc="<style>a{b:url(/b.png)}</style>&lt;img src=/b.png>"></iframe><astro-island component-url=/a.js><body background=/b.png>',
];
const CSS = [
  fixture('vite/default/assets/index-CyJ1jqcF.css'),
  fixture('docusaurus/default/assets/css/styles.aadb28cb.css').slice(0, 4000),
  '@import "/a.css" layer(x); /* url(/b) */ a{b:url( "/c.png" )} d::after{content:"\\"url(/e)"} f\\"g{h:url(\\2f i)}\n@import url(/j);@Import "/k";l{m:image-set("/b.png" type("n/o") 1x, \'/p.png\' 2x)}',
];
const MANIFESTS = [
  fixture('cra/default/manifest.json'),
  fixture('next/default/manifest.webmanifest'),
  '{"start_url":"/","scope":"/a","shortcuts":[{"url":"/b","icons":[{"src":"/c.png"}]}],"screenshots":[{"src":"d"}]}',
];
const SCRIPTS = [
  fixture('vite/default/assets/index-C8qQtK1h.js'),
  fixture('docusaurus/default/assets/js/runtime~main.e19778b0.js'),
  fixture('cra/default/static/js/main.850199be.js').slice(-6000),
  'navigator.serviceWorker.register("/sw.js");import("/a.js");x=`/b.js`;// "/c.js"\nfrom\'/d.js\';self.webpackChunk;e.p="/"',
];

/** The same numbers for the same seed. */
function createRandom(seed: number): (below: number) => number {
  let state = seed;
  return (below) => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) % below;
  };
}

const BITS = [
  '<',
  '>',
  '"',
  "'",
  '=',
  '/',
  '\\',
  '*/',
  '/*',
  '<!--',
  '-->',
  '--!>',
  '</',
  '<script',
  '</style>',
  '(',
  ')',
];
const MORE_BITS = [
  'url(',
  '@import',
  '`',
  '{',
  '}',
  '[',
  '&',
  '&amp;',
  '\0',
  '\n',
  ' ',
  'style=',
  '\ufffd',
  '\ud800',
  '<a href=/x>',
  '${',
];

/** A sample with a few things wrong. */
function mutate(samples: readonly string[], random: (below: number) => number): string {
  const pick = (): string => samples[random(samples.length)] ?? '';
  let text = pick();
  for (let left = 1 + random(6); left > 0; left -= 1) {
    const at = random(text.length + 1);
    const to = Math.min(text.length, at + random(200));
    const bits = [...BITS, ...MORE_BITS];
    const changes = [
      () => text.slice(0, at) + (bits[random(bits.length)] ?? '') + text.slice(at),
      () => text.slice(0, at) + text.slice(to),
      () => text.slice(0, at),
      () => text.slice(0, to) + text.slice(at, to).repeat(random(20)) + text.slice(to),
      () => text.slice(0, at) + pick().slice(random(2000)),
      () => text.slice(0, at) + String.fromCharCode(text.charCodeAt(at) ^ (1 << random(8))) + text.slice(at + 1),
    ];
    text = changes[random(changes.length)]?.() ?? text;
  }
  return text.slice(0, 50_000);
}

const others = ['a.css', 'b.png', 'a/index.html', 'sw.js', 'a.js', 'b.js', 'logo.png'];

describe('ten thousand broken files', () => {
  it.each([
    ['pages', 'x/index.html', PAGES],
    ['vector images', 'x/a.svg', PAGES.slice(-2)],
    ['style sheets', 'x/a.css', CSS],
    ['web manifests', 'x/manifest.json', MANIFESTS],
    ['scripts', 'x/main.js', SCRIPTS],
  ])(
    'of %s are read, each in less than a second, in little memory',
    async (_, path, samples) => {
      const random = createRandom(1);
      const before = process.memoryUsage().rss;
      let slowest = 0;
      for (let count = 0; count < 10_000; count += 1) {
        const text = mutate(samples, random);
        const start = cpuClock();
        const found = await look({ files: { [path]: text }, others });
        slowest = Math.max(slowest, cpuClock() - start);
        for (const { message } of found) if (message.length > 400 || message.includes('\n')) expect.fail(message);
      }
      expect(slowest).toBeLessThan(1000);
      expect(process.memoryUsage().rss - before).toBeLessThan(200 * 2 ** 20);
    },
    60_000,
  );
});

/** What a whole tokenizer makes of a page: its tags, and the text of scripts and styles. */
function tokenize(html: string): readonly string[] {
  const seen: string[] = [];
  let open = 0;
  let name = '';
  let raw = '';
  let text = '';
  const flush = (): void => {
    if (raw !== '' && text !== '') seen.push(`${raw}: ${text}`);
    raw = '';
    text = '';
  };
  const endOfTag = (end: number): void => {
    seen.push(html.slice(open, end + 1));
    raw = name === 'script' || name === 'style' ? name : '';
  };
  const none = (): void => undefined;
  const tokenizer = new Tokenizer(
    { decodeEntities: false },
    {
      onopentagname: (start, end) => {
        flush();
        open = start - 1;
        name = html.slice(start, end).toLowerCase();
      },
      onopentagend: endOfTag,
      onselfclosingtag: endOfTag,
      onclosetag: flush,
      ontext: (start, end) => {
        text += html.slice(start, end);
        if (raw === '') text = '';
      },
      onend: flush,
      onattribdata: none,
      onattribend: none,
      onattribentity: none,
      onattribname: none,
      oncdata: none,
      oncomment: none,
      ondeclaration: none,
      onprocessinginstruction: none,
      ontextentity: none,
    },
  );
  tokenizer.write(html);
  tokenizer.end();
  return seen;
}

function scan(html: string, piece = html.length + 1): readonly string[] {
  const seen: string[] = [];
  const reader = readInWindows(
    createTagScan({
      wants: () => true,
      tag: (source) => seen.push(source),
      raw: (element, text) => seen.push(`${element}: ${text}`),
      tooLong: () => seen.push('too long'),
    }),
  );
  if (reader.kind === 'text') for (let at = 0; at < html.length; at += piece) reader.take(html.slice(at, at + piece));
  reader.end();
  return seen;
}

describe('the ends of tags', () => {
  it('are where a tokenizer finds them', () => {
    const random = createRandom(2);
    for (let count = 0; count < 10_000; count += 1) {
      // In HTML a CDATA section is a comment up to the next `>`; the tokenizer leaves that to its parser.
      const html = mutate(HTML, random).replaceAll('<![', '<');
      expect(scan(html)).toEqual(tokenize(html));
    }
  });

  it('are the same however a page is cut', () => {
    const random = createRandom(3);
    for (let count = 0; count < 300; count += 1) {
      const html = mutate(HTML, random).slice(0, 5000);
      expect(scan(html, 1 + random(50))).toEqual(scan(html));
    }
  });
});

describe('cutting a file anywhere changes nothing', () => {
  const files = {
    'index.html': PAGES.join('\n'),
    'x/a.css': CSS.join('\n'),
    'x/manifest.json': MANIFESTS[2] ?? '',
    'main.js': SCRIPTS.join('\n'),
  };

  it('in small files', async () => {
    const whole = await look({ files, others, piece: 1_000_000 });
    expect(whole.length).toBeGreaterThan(20);
    await fc.assert(
      fc.asyncProperty(fc.integer({ min: 1, max: 3000 }), async (piece) => {
        expect(await look({ files, others, piece })).toEqual(whole);
      }),
      { numRuns: 20 },
    );
  });

  it('in files of many windows', async () => {
    const long = Object.fromEntries(
      Object.entries({ 'index.html': PAGES, 'x/a.css': CSS, 'main.js': SCRIPTS }).map(([path, parts]) => {
        const unit = parts.join('\n/**/\n');
        return [path, `${unit}\n`.repeat(Math.ceil(700_000 / unit.length))];
      }),
    );
    const whole = await look({ files: long, others, piece: 10_000_000 });
    expect(whole.length).toBeGreaterThan(20);
    for (const piece of [999, 65_536, 131_072, 131_073])
      expect(await look({ files: long, others, piece })).toEqual(whole);
  });
});

describe('the order of files', () => {
  const files = {
    'a/index.html':
      '<meta name=generator content="Jekyll v4"><a href="/repo/b.html">b</a><a href="/repo/a/">a</a><iframe src="/repo/"></iframe>',
    'b.html': '<script src="https://a.example/x.js"></script><a href="/builds/acme/x.ts">x</a><a href="gone">y</a>',
    'google0123.html': 'google-site-verification',
    'index.html': '<meta name=generator content="Hugo 1"><img src="https://a.example/y.png"><img src="/logo.png">',
    'main.js': 'self.webpackChunk=[];r.p="/repo/";x="/logo.png"',
    'x/a.css': 'a{b:url(/logo.png)}c{d:url(logo.png)}e{f:url(../../g.png)}',
  };
  const told = async (order: readonly (readonly [string, string])[]) =>
    (await look({ files: Object.fromEntries(order), others }))
      .map(({ severity, kind, message, advice, times, files: many }) =>
        [severity, kind, message, advice, times, many].join(' '),
      )
      .sort();

  it('changes nothing but the places that are named', async () => {
    const first = await told(Object.entries(files));
    expect(first).toHaveLength(8);
    expect(first.filter((text) => text.includes('wrong-base')).join()).toMatch(/Hugo.* 4 2$/);
    await fc.assert(
      fc.asyncProperty(
        fc.shuffledSubarray(Object.entries(files), { minLength: Object.keys(files).length }),
        async (order) => {
          expect(await told(order)).toEqual(first);
        },
      ),
    );
  });
});

describe('large files', () => {
  it.each([
    ['index.html', '<img src="/logo.png"><style>a{b:url(/b.png)}</style>'],
    ['a.css', '/* " */a{b:url(/logo.png)}@import "/b.png";'],
    ['main.js', ';import("/logo.png");import(`/b.png`);'],
  ])('are read alike at the edges of windows, and their lines counted: %s', async (path, text) => {
    for (let before = 0; before < text.length + 2; before += 1) {
      const start = 131_072 - before;
      const filler = '\n'.repeat(start);
      const found = await look({ files: { [path]: `${filler}${text}${filler}${text}` }, others });
      expect(found.map(({ times, line }) => [times, line])).toEqual([
        [2, start + 1],
        [2, start + 1],
      ]);
    }
    const lines = `\n`.repeat(500_000);
    const found = await look({ files: { [path]: `${lines}${text}` }, others });
    expect(found.map(({ line }) => line)).toEqual([500_001, 500_001]);
  });

  it('are not kept in memory for a part of them', async () => {
    const filler = '<p>text of a page, and more of it</p>\n'.repeat(3000);
    const page = (index: number): string =>
      `<a href="/a/index.html?${index}" title="a page of ${index}"><script>x="/logo.png?number-${index}"</script>${filler}`;
    const before = process.memoryUsage().rss;
    const files = Object.fromEntries(Array.from({ length: 3000 }, (_, index) => [`p${index}.html`, () => page(index)]));
    await look({ files, others });
    expect(process.memoryUsage().rss - before).toBeLessThan(200 * 2 ** 20);
  });
});

describe('hostile files', () => {
  const time = async (path: string, text: string) => {
    const start = cpuClock();
    const found = await look({ files: { [path]: text }, others, piece: 65_536 });
    expect(cpuClock() - start).toBeLessThan(1500);
    return found.map(({ kind }) => kind);
  };
  const end = '<img src="/logo.png">';

  it.each([
    ['an attribute of 5 MB', `<img alt="${'x'.repeat(5e6)}">${end}`, ['subdomain-only', 'unchecked']],
    ['an image of 5 MB in its own tag', `<img src="data:${'x'.repeat(5e6)}" alt='>'>${end}`, ['subdomain-only']],
    ['a tag of 5 MB that nobody asks for', `<p title="${'<'.repeat(5e6)}">${end}`, ['subdomain-only']],
    ['100,000 tags in each other', `${'<div>'.repeat(100_000)}${end}`, ['subdomain-only']],
    ['100,000 tags in one', `${'<a '.repeat(100_000)}>${end}`, ['subdomain-only', 'unchecked']],
    ['a million <', `${'<'.repeat(1e6)}p>${end}`, ['subdomain-only']],
    ['a million </', `<title>${'</'.repeat(1e6)}</title>${end}`, ['subdomain-only']],
    ['a million dashes', `<!--${'-'.repeat(1e6)}>${end}`, ['subdomain-only']],
    ['a million comments', `${'<!---->'.repeat(1e6)}${end}`, ['subdomain-only']],
    ['a script of 5 MB', `<script>${'x="/a";\n'.repeat(625_000)}</script>${end}`, ['subdomain-only']],
    ['a style of 5 MB', `<style>${'a{}\n'.repeat(1_250_000)}</style>${end}`, ['subdomain-only']],
    ['a srcset of a million commas', `<img srcset="${','.repeat(200_000)}">${end}`, ['subdomain-only']],
    [
      'a srcset of brackets',
      `<img srcset="a ${'('.repeat(200_000)}">${end}`,
      expect.arrayContaining(['subdomain-only']),
    ],
    ['a name of 5 MB', `<${'a'.repeat(5e6)}>${end}`, ['subdomain-only']],
    ['many `..`', `<img src="${'../'.repeat(2000)}x">`, ['outside']],
    ['a refresh of spaces', `<meta http-equiv=refresh content="${' '.repeat(200_000)}">${end}`, ['subdomain-only']],
  ])('%s', async (_, html, kinds) => {
    expect(await time('index.html', html)).toEqual(kinds);
  });

  const load = 'a{b:url(/logo.png)}';

  it.each([
    ['a comment of 5 MB', `/*${'*'.repeat(5e6)}*/${load}`],
    ['a string of 5 MB', `a{b:"${'x'.repeat(5e6)}"}${load}`],
    ['an image of 5 MB', `a{b:url(data:${'x'.repeat(5e6)})}${load}`],
    ['an image of 5 MB in quotes', `a{b:url("data:${"x'".repeat(2.5e6)}")}${load}`],
    ['a million quotes', `${'"\n'.repeat(1e6)}${load}`],
    ['a million backslashes', `a{b:${'\\'.repeat(1e6)}}${load}`],
    ['a million escaped quotes', `${'\\"'.repeat(1e6)}${load}`],
    ['a million url(', `${'curl('.repeat(1e6)}${load}`],
    ['image sets in each other', `a{b:c}${'image-set( "#x" '.repeat(100_000)}\n)${load}`],
    ['a million @import', `${'@import '.repeat(500_000)};${load}`],
  ])('%s in a style sheet', async (_, css) => {
    expect(await time('a.css', css)).toEqual(['subdomain-only']);
  });

  it.each([
    ['a million strings', 'x="/a/b";'.repeat(500_000)],
    ['a million public paths', 'e.p="/";'.repeat(500_000)],
    ['a million paths in comments', `self.webpackChunk;//${'e.p="/",'.repeat(300_000)}`],
    ['a million slashes', `"${'/'.repeat(2e6)}`],
    ['a million openings', '"/'.repeat(1e6)],
  ])('%s in a script', async (_, script) => {
    expect(await time('main.js', script)).not.toContain('missing-target');
  });
});

describe('a page reader', () => {
  it('is told of a tag once, with what it says', () => {
    expect(readTag('<LINK Rel="Preload" imagesrcset="a 1x, b 2x" href=c>')).toMatchObject({
      references: [
        { url: 'c', use: 'file' },
        { url: 'a', use: 'image' },
        { url: 'b', use: 'image' },
      ],
    });
  });

  it('sees everything in order', () => {
    const seen: string[] = [];
    const page: PageReader = {
      see: ({ url, use, line }) => seen.push(`${line} ${use} ${url}`),
      base: (url, line) => seen.push(`${line} base ${url}`),
      generator: (name) => seen.push(`generator ${name}`),
      script: ({ path, role, line }) => seen.push(`${line} ${role} ${path}`),
      hasFile: () => true,
      tooLong: () => seen.push('too long'),
    };
    const reader = readInWindows(createHtmlScan(page, readTag));
    if (reader.kind !== 'text') return expect.fail('reads bytes');
    reader.take(
      '<base href="/b/">\n<meta name=generator content="Hugo 1">\n<style>\na{b:url(c.woff)}</style><script>\n\nx=',
    );
    reader.take('"/y.js"</script>\n<a href="d&amp;e">');
    reader.end();
    expect(seen).toEqual(['1 base /b/', 'generator Hugo 1', '4 font c.woff', '6 string /y.js', '7 page d&e']);
  });
});
