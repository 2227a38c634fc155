import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { parseStripHash, stripHash } from '../../src/domain/hashed-name.ts';
import { seededNumbers } from '../support/seeded.ts';

const LETTERS = 'ABCDEFGHIJKLMNOPQRSTUVWXYZ';
const DIGITS = '0123456789';
const ALPHABETS = {
  base64url: `${LETTERS}${LETTERS.toLowerCase()}${DIGITS}-_`,
  base32: `${LETTERS}234567`,
  hex: `${DIGITS}abcdef`,
};

/** 1,000 hashes that are always the same, each character as likely as any other. */
function hashes(alphabet: string, length: number): readonly string[] {
  const next = seededNumbers(17);
  const character = (): string => alphabet[Math.floor((next() / 2 ** 32) * alphabet.length)] ?? '';
  return Array.from({ length: 1000 }, () => Array.from({ length }, character).join(''));
}

describe('hashes in file names', () => {
  it.each([
    ['assets/index-DiwrgT9x.js', 'assets/index-*.js', 'Vite and Rollup'],
    ['assets/index-DiwrgT-_.js', 'assets/index-*.js', 'Vite and Rollup'],
    ['assets/index-EemiME-_.js', 'assets/index-*.js', 'Vite and Rollup'],
    ['assets/index--B1x9abC.css', 'assets/index-*.css', 'Vite and Rollup'],
    ['assets/index-BfGkLmNo.js.map', 'assets/index-*.js.map', 'Vite and Rollup'],
    ['assets/my-own-page-BfGkLmNo.js', 'assets/my-own-page-*.js', 'Vite and Rollup'],
    ['main.3f9a1b2c.js', 'main.*.js', 'webpack'],
    ['static/js/2.9c1e2d3f.chunk.js', 'static/js/2.*.chunk.js', 'webpack'],
    ['main.3f9a1b2c4d5e6f708192.chunk.js.map', 'main.*.chunk.js.map', 'webpack'],
    ['d41d8cd98f00b204e9800998ecf8427e.png', '*.png', 'webpack'],
    ['_next/static/chunks/123-0123456789abcdef.js', '_next/static/chunks/123-*.js', 'Next'],
    ['_next/static/chunks/app/page-0a1b2c3d4e5f6071.js', '_next/static/chunks/app/page-*.js', 'Next'],
    ['_next/static/css/0123456789abcdef.css', '_next/static/css/*.css', 'Next'],
    ['_next/static/media/e4af272ccee01ff0-s.p.woff2', '_next/static/media/*-s.p.woff2', 'Next'],
    ['_next/static/Vo1cDMGYxU3Wg7bYk2Ab_/_buildManifest.js', '_next/static/*/_buildManifest.js', 'Next'],
    ['docs/_next/static/my-build/_ssgManifest.js', 'docs/_next/static/*/_ssgManifest.js', 'Next'],
    ['_next/data/Vo1cDMGYxU3Wg7bYk2Ab_/index.json', '_next/data/*/index.json', 'Next'],
    ['index-A2B3CDEF.js', 'index-*.js', 'esbuild'],
    ['chunk-QWXZKJHG.js.map', 'chunk-*.js.map', 'esbuild'],
    ['index.3f9a1b2c.css', 'index.*.css', 'Parcel'],
    ['_astro/hoisted.CQs8sBdN.js', '_astro/hoisted.*.js', 'Astro'],
    ['_astro/_slug_.DFQ2xDsZ.css', '_astro/_slug_.*.css', 'Astro'],
    ['_app/immutable/entry/start.CQs8sBdN.js', '_app/immutable/entry/start.*.js', 'SvelteKit'],
    ['_app/immutable/nodes/0.DFQ2xDsZ.js', '_app/immutable/nodes/0.*.js', 'SvelteKit'],
    ['_app/immutable/chunks/kwQxUovQ.js', '_app/immutable/chunks/*.js', 'SvelteKit'],
    ['index-B1x9.js', 'index-*.js', 'short hashes'],
    ['my-app-Ck3d.d.ts', 'my-app-*.d.ts', 'short hashes'],
  ])('%s is %s, as of %s', (path, stripped) => {
    expect(stripHash(path, [])).toBe(stripped);
  });

  it.each(
    [
      'icon-dark.svg logo-Dashboard.svg app-2024.js report-20240101.pdf v1.2.3.js jquery-3.7.1.min.js photo-img1.jpg',
      'chapter-introduction.html token-00000001.json token-12345678.json photo-2024-01-01.jpg log-20240101T120000Z.txt hero-1920x1080.jpg',
      'icon-DarkMode.svg docs-XMLHttpRequest.html logo-PostgreSQL.svg logo-MySQL8.svg logo-LinkedIn.svg toObjMap.js',
      'roboto-Regular400.woff2 KaTeX_Main-BoldItalic.ttf setup-Win32.exe step-Part1.png iphone-iPhone12Pro.png',
      'IMG_2034.JPG DSC00042.jpg CHANGELOG.md my-DOCUMENT.pdf STRENGTH.md report-V2-Final.pdf user-my-icons.svg',
      'react-dom.production.min.js bootstrap.bundle.js index.d.ts site.webmanifest pt-BR.json facade2020.css LICENSE',
      'guide-Base64Url.html guide-Web3Modal.html video-1080p60.mp4 x-facade2020.js .htaccess .well-known bafybeigdyrzt',
      'd41d8cd98f00b204e9800998ecf8427e',
    ].flatMap((names) => names.split(' ')),
  )('%s has none: words, numbers, dates and versions', (name) => {
    expect(stripHash(`B1x9abCd/${name}`, [])).toBe(`B1x9abCd/${name}`);
  });

  it.each([
    ['base64url', 8, 'assets/index-', '.js', 0.88],
    ['base64url', 8, 'assets/index.', '.css', 0.88],
    ['base64url', 8, '_nuxt/', '.js', 0.85],
    ['base32', 8, 'index-', '.js', 0.9],
    ['hex', 8, 'main.', '.chunk.js.map', 0.95],
    ['hex', 16, 'page-', '.js', 0.99],
    ['hex', 32, '', '.png', 0.99],
  ] as const)(
    'random %s of %i characters after "%s" is found, nearly always',
    (alphabet, length, start, end, share) => {
      const found = hashes(ALPHABETS[alphabet], length).filter(
        (hash) => stripHash(`${start}${hash}${end}`, []) === `${start}*${end}`,
      );
      expect(found.length / 1000).toBeGreaterThan(share);
    },
  );

  it('a stripped path has no more hashes, and any path is answered', () => {
    const name = fc.string({
      unit: fc.constantFrom(...'aB1x9Ck3df.-_/*', 'index', '3f9a1b2c', '\n', 'é'),
      maxLength: 40,
    });
    fc.assert(
      fc.property(name, (path) => {
        const once = stripHash(path, []);
        expect(stripHash(once, [])).toBe(once);
        expect(once.split('/').length).toBe(path.split('/').length);
      }),
    );
  });

  it('a name longer than a file system takes is left as it is', () => {
    const long = `${'a'.repeat(250)}-B1x9abCd.js`;
    expect(stripHash(long, [])).toBe(long);
  });
});

describe('strip-hash', () => {
  it('takes out the capture groups of each match, or the whole match without any', () => {
    expect(stripHash('a/app.build17.js', [/build\d+/])).toBe('a/app.*.js');
    expect(stripHash('a/app.build17.js', [/build(\d+)\.(js)/])).toBe('a/app.build*.*');
    expect(stripHash('r1/r2/x.js', [/r(\d)/])).toBe('r*/r*/x.js');
    expect(stripHash('r1/x.js', [/r(\d)(y)?/])).toBe('r*/x.js');
    expect(stripHash('r1/x.v2.js', [/^r\d/, /v\d/])).toBe('*/x.*.js');
    expect(stripHash('x.js', [/(?=x)/])).toBe('x.js');
  });

  it('works along with the known hashes', () => {
    expect(stripHash('r1/index-B1x9abCd.js', [/r\d/])).toBe('*/index-*.js');
  });

  it('gives the same answer each time, though an expression remembers where it was', () => {
    const pattern = /v\d/dg;
    pattern.lastIndex = 5;
    expect([1, 2, 3].map(() => stripHash('v1.js', [pattern]))).toEqual(['*.js', '*.js', '*.js']);
  });

  it.each(['\\.(\\w{8,20})\\.(?:js|css)$', 'build-\\d+', '[(]a+[)]+', '(\\d+)-(?:x+)?y'])('%s is a pattern', (line) => {
    expect(parseStripHash(line)?.source).toBe(line);
  });

  it.each([
    ['', 'is empty'],
    ['(', 'is no expression'],
    ['x*', 'matches nothing at all'],
    ['a|', 'matches nothing at all'],
    ['(a+)+$', 'repeats a repetition'],
    ['((a+)b)*', 'repeats a repetition'],
    ['(?:a{2,})+', 'repeats a repetition'],
    ['(a|aa)+', 'repeats a choice'],
    ['a'.repeat(201), 'is too long'],
  ])('%j %s', (line) => {
    expect(parseStripHash(line)).toBeUndefined();
  });
});
