import { describe, expect, it } from 'vitest';
import { generatorOfFiles, generatorOfMeta, UNKNOWN } from '../../src/domain/preflight/generator.ts';
import { look } from './preflight-references.ts';

describe('the generator of a site', () => {
  it.each([
    ['Next.js', '_next/static/chunks/main.js'],
    ['SvelteKit', '_app/version.json'],
    ['Astro', '_astro/a.css'],
    ['Nuxt', '_nuxt/entry.js'],
    ['Docusaurus', 'assets/js/runtime~main.0a0e0090.js'],
    ['VitePress', 'assets/app.BGurNsW0.js'],
    ['Gatsby', 'page-data/app-data.json'],
    ['Create React App', 'static/js/main.850199be.js'],
    ['Angular', 'polyfills-FFHMD2TL.js'],
    ['Vite', 'assets/index-C8qQtK1h.js'],
    ['unknown', 'assets/app.js'],
  ])('is %s for %s', (name, path) => {
    expect(generatorOfFiles(['index.html', path, 'favicon.ico']).generator.name).toBe(name);
  });

  it('is what builds on the bundler, not the bundler', () => {
    expect(generatorOfFiles(['assets/index-C8qQtK1h.js', '_astro/a.css']).generator.name).toBe('Astro');
  });

  it.each([
    ['Hugo 0.140.0', 'Hugo'],
    ['Jekyll v4.3.3', 'Jekyll'],
    ['Eleventy v3.0.0', 'Eleventy'],
    ['Docusaurus v3.8.1', 'Docusaurus'],
    ['Hugoesque', undefined],
    ['', undefined],
  ])('is said by a page: %s', (content, name) => {
    expect(generatorOfMeta(content)?.name).toBe(name);
  });

  it('is known for findings that came before the page that says it', async () => {
    const page = '<meta name="generator" content="Hugo 0.140.0"><link rel="stylesheet" href="/a.css">';
    const files = { 'a.css': 'a{b:url(/c.png)}', 'index.html': page };
    const found = await look({ files, others: ['c.png'] });
    expect(found).toHaveLength(2);
    for (const { advice } of found) expect(advice).toContain('relativeURLs = true');
  });

  it('is what the first page says, whatever pages without it are read before', async () => {
    const files = {
      'a/index.html': '<meta name="generator" content="Jekyll v4.3.3"><img src="/c.png">',
      'google0123456789abcdef.html': 'google-site-verification: google0123456789abcdef.html',
      'index.html': '<meta name="generator" content="Hugo 0.140.0"><img src="/c.png">',
    };
    for (const entries of [Object.entries(files), Object.entries(files).toReversed()]) {
      const found = await look({ files: Object.fromEntries(entries), others: ['c.png'] });
      expect(found.map(({ advice }) => advice.includes('relativeURLs = true'))).toEqual([true]);
    }
  });

  it('may stay unknown', async () => {
    const found = await look({ files: { 'index.html': '<img src="/a.png">' }, others: ['a.png'] });
    expect(found).toMatchObject([{ advice: UNKNOWN.absolute }]);
  });
});
