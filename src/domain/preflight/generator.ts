/** What made a site, with what to change in its configuration. */
export interface Generator {
  readonly name: string;
  /** Against absolute paths. */
  readonly absolute: string;
  /** Against a base path that is not the root. */
  readonly base: string;
  /** Against links to pages without their `.html`. */
  readonly pages: string;
  /** Against a relative base that pages in directories cannot use; undefined where none makes such. */
  readonly nested?: string;
}

const NESTED = 'Write the reference relative to the directory of the file that has it.';
const SUBDOMAIN =
  'share the site by a subdomain gateway, an ENS name or a domain of its own only, and set `preflight: absolute-paths=off`';
const SHARE = `S${SUBDOMAIN.slice(1)}`;

export const UNKNOWN: Generator = {
  name: 'unknown',
  absolute: `Build with a relative base path, or ${SUBDOMAIN}.`,
  base: 'Build for the root of a host, or with a relative base path.',
  pages: 'Build each page as a directory with an index.html, or link with the .html.',
};

/** In the order in which they are looked for: the first that fits made the site. */
const GENERATORS = {
  next: {
    name: 'Next.js',
    absolute: `${SHARE}: Next.js has no relative base, and \`assetPrefix: './'\` breaks every page below the root.`,
    base: 'Remove `basePath` and `assetPrefix` from next.config.',
    pages: 'Set `trailingSlash: true` in next.config.',
    nested: `Remove \`assetPrefix\` from next.config, as \`'./'\` fits pages at the root only, and ${SUBDOMAIN}.`,
  },
  sveltekit: {
    name: 'SvelteKit',
    absolute:
      'Leave `paths.relative` at true in the configuration of SvelteKit, prerender every page, and take links from `resolve()` of `$app/paths`.',
    base: 'Remove `paths.base` from the configuration of SvelteKit.',
    pages: "Export `trailingSlash = 'always'` from the root `+layout.js`.",
  },
  astro: {
    name: 'Astro',
    absolute: `Add the integration astro-relative-links, as Astro has no relative \`base\`, or ${SUBDOMAIN}.`,
    base: 'Remove `base` from astro.config.',
    pages: "Set `build.format: 'directory'` in astro.config.",
  },
  nuxt: {
    name: 'Nuxt',
    absolute: `${SHARE}: Nuxt has no relative base, and \`app.baseURL: './'\` breaks \`nuxt generate\`.`,
    base: 'Remove `app.baseURL` and `NUXT_APP_BASE_URL`.',
    pages: UNKNOWN.pages,
  },
  docusaurus: {
    name: 'Docusaurus',
    absolute: `Set \`future.experimental_router: 'hash'\` in docusaurus.config, or keep \`baseUrl: '/'\` and ${SUBDOMAIN}.`,
    base: "Set `baseUrl: '/'` in docusaurus.config.",
    pages: 'Set `trailingSlash: true` in docusaurus.config.',
  },
  vitepress: {
    name: 'VitePress',
    absolute: `${SHARE}: VitePress has no relative \`base\` that fits pages in directories.`,
    base: 'Remove `base` from the configuration of VitePress.',
    pages: 'Remove `cleanUrls` from the configuration of VitePress.',
    nested: `Remove the relative \`base\`, as it fits pages at the root only, and ${SUBDOMAIN}.`,
  },
  gatsby: {
    name: 'Gatsby',
    absolute: `${SHARE}: Gatsby has no relative \`pathPrefix\`.`,
    base: 'Remove `pathPrefix` from gatsby-config, or build without `--prefix-paths`.',
    pages: "Set `trailingSlash: 'always'` in gatsby-config.",
  },
  cra: {
    name: 'Create React App',
    absolute: 'Set `"homepage": "."` in package.json.',
    base: 'Set `"homepage": "."` in package.json.',
    pages: UNKNOWN.pages,
  },
  angular: {
    name: 'Angular',
    absolute: 'Build with `ng build --base-href ./`, and route with `withHashLocation()`.',
    base: 'Build with `ng build --base-href ./`, and route with `withHashLocation()`.',
    pages: UNKNOWN.pages,
  },
  hugo: {
    name: 'Hugo',
    absolute: 'Set `relativeURLs = true` and `baseURL = "/"` in the configuration of Hugo.',
    base: 'Set `relativeURLs = true` and `baseURL = "/"` in the configuration of Hugo.',
    pages: 'Set `uglyURLs = false` in the configuration of Hugo.',
  },
  jekyll: {
    name: 'Jekyll',
    absolute: `Link with relative paths in layouts, as Jekyll has no relative base, or ${SUBDOMAIN}.`,
    base: 'Set `baseurl: ""` in _config.yml.',
    pages: 'Set `permalink: pretty` in _config.yml.',
  },
  eleventy: {
    name: 'Eleventy',
    absolute: `Link with relative paths in layouts, as Eleventy has no relative \`pathPrefix\`, or ${SUBDOMAIN}.`,
    base: 'Remove `pathPrefix` from the configuration of Eleventy.',
    pages: UNKNOWN.pages,
  },
  vite: {
    name: 'Vite',
    absolute: "Set `base: './'` in vite.config.",
    base: "Set `base: './'` in vite.config.",
    pages: UNKNOWN.pages,
  },
} as const satisfies Readonly<Record<string, Generator>>;

type Key = keyof typeof GENERATORS;

export function nestedAdvice({ nested }: Generator): string {
  return nested ?? NESTED;
}

/** Files that only one generator writes. */
const FILES: readonly (readonly [Key, RegExp])[] = [
  ['next', /^_next\/static\//],
  ['sveltekit', /^_app\/(?:immutable\/|version\.json$)/],
  ['astro', /^_astro\//],
  ['nuxt', /^_nuxt\//],
  ['docusaurus', /^assets\/js\/runtime~main\.[0-9a-f]{8}\.js$/],
  ['vitepress', /^(?:vp-icons\.css|assets\/app\.[\w-]{8}\.js)$/],
  ['gatsby', /^page-data\/app-data\.json$/],
  ['cra', /^static\/js\/(?:main|runtime-main)\.[0-9a-f]{8}\.(?:chunk\.)?js$/],
  ['angular', /^(?:ngsw\.json|polyfills[-.][A-Za-z0-9]{8,20}\.js)$/],
  ['vite', /^assets\/[^/]+-[\w-]{8}\.(?:js|css)$/],
];

/** Of the patterns above: a build of a million other files is passed over fast. */
const FIRST_LETTERS = new Set('_aspnv');

/** By the names of the files. `isSure` is false where a page may say it better. */
export function generatorOfFiles(paths: Iterable<string>): { generator: Generator; isSure: boolean } {
  let best = FILES.length;
  for (const path of paths) {
    if (!FIRST_LETTERS.has(path.charAt(0))) continue;
    const found = FILES.findIndex(([, pattern], index) => index < best && pattern.test(path));
    if (found !== -1) best = found;
    if (best === 0) break;
  }
  const key = FILES[best]?.[0];
  return { generator: key === undefined ? UNKNOWN : GENERATORS[key], isSure: key !== undefined && key !== 'vite' };
}

const NAMES: readonly (readonly [Key, RegExp])[] = [
  ['hugo', /^hugo\b/i],
  ['astro', /^astro\b/i],
  ['docusaurus', /^docusaurus\b/i],
  ['gatsby', /^gatsby\b/i],
  ['jekyll', /^jekyll\b/i],
  ['eleventy', /^eleventy\b/i],
  ['vitepress', /^vitepress\b/i],
  ['next', /^next\.?js\b/i],
  ['nuxt', /^nuxt\b/i],
];

/** By `<meta name="generator">`; undefined for one that is not known. */
export function generatorOfMeta(content: string): Generator | undefined {
  const key = NAMES.find(([, pattern]) => pattern.test(content.slice(0, 100).trim()))?.[0];
  return key === undefined ? undefined : GENERATORS[key];
}
