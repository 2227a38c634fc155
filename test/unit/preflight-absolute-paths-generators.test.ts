import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import type { Finding } from '../../src/domain/preflight/finding.ts';
import { look } from './preflight-references.ts';

const ROOT = join(import.meta.dirname, '../fixtures/generators');

/** What the rule says of a build that a generator made. */
async function lookAt(build: string): Promise<readonly Finding[]> {
  const listing: unknown = JSON.parse(readFileSync(join(ROOT, `${build}.json`), 'utf8'));
  const paths = typeof listing === 'object' && listing !== null ? Object.keys(listing) : [];
  const files = Object.fromEntries(
    paths
      .filter((path) => existsSync(join(ROOT, build, path)))
      .map((path) => [path, readFileSync(join(ROOT, build, path))]),
  );
  return await look({ files, others: paths });
}

/** `kind what`, where what is the first that a message quotes, or `3 more files`. */
const brief = ({ kind, message }: Finding): string => {
  const quoted = /`([^`]*)`/.exec(message)?.[1] ?? message.replace(/^(\d+ more \w+).*$/, '$1');
  return message.startsWith('Scripts') ? `${kind} scripts from ${quoted}` : `${kind} ${quoted}`;
};

const faults = (findings: readonly Finding[]): readonly string[] =>
  findings.filter(({ severity }) => severity !== 'note').map(brief);

describe('sites as generators build them', () => {
  it.each([
    'vite/relative',
    'next/relative',
    'cra/relative',
    'sveltekit/relative',
    'astro/relative',
    'docusaurus/relative',
  ])('%s has no fault', async (build) => {
    expect(faults(await lookAt(build))).toEqual([]);
  });

  it.each([
    ['vite', "`base: './'` in vite.config"],
    [
      'next',
      'subdomain gateway, an ENS name or a domain of its own only, and set `preflight: absolute-paths=off`: Next.js',
    ],
    ['cra', '`"homepage": "."` in package.json'],
    ['sveltekit', '`paths.relative` at true'],
    ['astro', 'astro-relative-links'],
    [
      'nuxt',
      'subdomain gateway, an ENS name or a domain of its own only, and set `preflight: absolute-paths=off`: Nuxt',
    ],
    ['docusaurus', "`future.experimental_router: 'hash'`"],
  ])('%s is told its own setting', async (generator, setting) => {
    const found = (await lookAt(`${generator}/default`)).filter(({ kind }) => kind === 'subdomain-only');
    expect(found.length).toBeGreaterThan(3);
    expect(found.length).toBeLessThan(10);
    for (const { severity, advice } of found) {
      expect(severity).toBe('warn');
      expect(advice).toContain(setting);
    }
  });

  it('Vite: the page, its style sheet, and the preloads of the script', async () => {
    const found = await lookAt('vite/default');
    expect(found.map(brief)).toEqual([
      'subdomain-only scripts from /',
      'subdomain-only /assets/noise-D5pAZEeb.png',
      'subdomain-only /favicon.svg',
      'subdomain-only /manifest.webmanifest',
      'subdomain-only 2 more files',
      'script-paths /assets/noise-D5pAZEeb.png',
    ]);
    expect(found.map(({ path, line }) => `${path}:${line}`)).toEqual([
      'assets/index-C8qQtK1h.js:2',
      'assets/index-CyJ1jqcF.css:1',
      'index.html:5',
      'index.html:6',
      'index.html:9',
      'assets/index-C8qQtK1h.js:2',
    ]);
  });

  it('Vite for another base: one finding, with the setting', async () => {
    const found = await lookAt('vite/base');
    expect(found.map(brief)).toEqual(['wrong-base /my-repo/']);
    expect(found).toMatchObject([{ times: 6, files: 3, advice: "Set `base: './'` in vite.config." }]);
  });

  it('Create React App: webpack loads its chunks from the root', async () => {
    expect(faults(await lookAt('cra/default'))).toEqual([
      'subdomain-only /favicon.ico',
      'subdomain-only /logo.png',
      'subdomain-only /manifest.json',
      'subdomain-only 3 more files',
      'subdomain-only scripts from /',
    ]);
  });

  it('Next.js: a link without .html is broken, and a manifest and images are named by the root', async () => {
    const found = await lookAt('next/default');
    expect(faults(found)).toEqual([
      'subdomain-only /_next/static/chunks/08fyv0b1dotii.css',
      'subdomain-only /_next/static/chunks/310vm2bl3xxpt.js',
      'subdomain-only /_next/static/chunks/1wnov70f88xjy.js',
      // Among them the manifest and the images.
      'subdomain-only 10 more files',
      'subdomain-only scripts from /_next/',
      'subdomain-only /',
      'missing-target /about',
    ]);
    expect(found.find(({ kind }) => kind === 'missing-target')?.advice).toContain('trailingSlash: true');
  });

  it('SvelteKit: what the inline script imports, too', async () => {
    const start = (await lookAt('sveltekit/default')).find(({ message }) => message.includes('entry/start.'));
    // Preloaded and imported, on two pages.
    expect(start).toMatchObject({ kind: 'subdomain-only', times: 4, files: 2 });
  });

  it('Astro: every reference of two pages', async () => {
    expect(faults(await lookAt('astro/default'))).toEqual([
      'subdomain-only /_astro/back.D5pAZEeb.png',
      'subdomain-only /favicon.svg',
      'subdomain-only /_astro/Page.CWb4y44z.css',
      'subdomain-only /',
      'subdomain-only /about/',
      'subdomain-only 1 more file',
    ]);
  });

  it('Nuxt: import maps and inline styles', async () => {
    const found = await lookAt('nuxt/default');
    expect(faults(found)).toEqual([
      'subdomain-only /_nuxt/GXU6Vx_I.js',
      'subdomain-only /_nuxt/DWz_Mlky.js',
      'subdomain-only /_nuxt/BdV981jx.js',
      // Among them what is only prefetched.
      'subdomain-only 8 more files',
      'subdomain-only /',
      'subdomain-only /about/',
    ]);
    // Import map, preload and script on four pages.
    expect(found.find(({ message }) => message.includes('GXU6Vx_I'))).toMatchObject({ times: 12, files: 4 });
  });

  it('Docusaurus: links, icons and the chunks of webpack', async () => {
    expect(faults(await lookAt('docusaurus/default'))).toEqual([
      'subdomain-only /img/favicon.svg',
      'subdomain-only /assets/css/styles.aadb28cb.css',
      'subdomain-only /assets/js/runtime~main.e19778b0.js',
      'subdomain-only 1 more file',
      'subdomain-only /',
      'subdomain-only /about',
      'subdomain-only scripts from /',
    ]);
  });
});
