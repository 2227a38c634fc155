import { LONGEST_URL, own } from './reference.ts';
import type { Site } from './rule.ts';

/** Where the references of a file start from. */
export interface Origin {
  /** '' for the root, else with a slash at its end. */
  readonly directory: string;
  /** Set by `<base>`: what is relative is absolute then, or of another host. */
  readonly base: 'none' | 'absolute' | 'external';
  /** Of an external base. */
  readonly host?: string | undefined;
}

/** What a URL leads to. */
export type Target =
  /** Nothing that is fetched from anywhere: `data:`, `mailto:`, `#top`, a template's placeholder. */
  | { readonly kind: 'none' }
  | { readonly kind: 'external'; readonly host: string }
  | {
      readonly kind: 'inside';
      /** Decoded, without a slash before it. */
      readonly path: string;
      readonly isAbsolute: boolean;
      /** More `..` than directories. */
      readonly isOutside: boolean;
      readonly found: Found;
    };

/** What the build has for a path. */
export type Found =
  | { readonly kind: 'exists' }
  /** It is there without the first directories: the site was built for another place. */
  | { readonly kind: 'below-base'; readonly base: string }
  /** A page without its `.html`. */
  | { readonly kind: 'html' }
  /** It would be there from a page at the root: a relative base that is the same on every page. */
  | { readonly kind: 'from-root' }
  /** The same name in other letters, capital or small. */
  | { readonly kind: 'other-case'; readonly path: string }
  | { readonly kind: 'missing' };

export interface Targets {
  /** What URLs lead to that start from there. */
  readonly from: (origin: Origin) => (url: string) => Target;
  readonly hasFile: (path: string) => boolean;
  /** With a slash at its end; '' is the root. */
  readonly hasDirectory: (path: string) => boolean;
}

interface Sought {
  readonly path: string;
  readonly isAbsolute: boolean;
  /** Where a relative URL would lead from the root. */
  readonly fromRoot: string | undefined;
}

type Find = (sought: Sought) => Found;

const NONE: Target = { kind: 'none' };
const MOST_KNOWN = 20_000;
const MOST_ORIGINS = 1000;

/** Pages share their references: each is looked up once. */
export function createTargets(site: Site): Targets {
  const hasDirectory = createDirectories(site);
  const find = createFinder(site, hasDirectory);
  const rooted = new Map<string, Target>();
  const origins = new Map<string, Map<string, Target>>();
  const knownFrom = ({ base, directory, host = '' }: Origin): Map<string, Target> => {
    const key = `${base} ${host} ${directory}`;
    const known = origins.get(key) ?? new Map<string, Target>();
    if (origins.size >= MOST_ORIGINS) origins.clear();
    origins.set(key, known);
    return known;
  };
  return {
    hasFile: (path) => site.files.has(path),
    hasDirectory,
    from: (origin) => {
      const relative = knownFrom(origin);
      const absolute = origin.base === 'external' ? relative : rooted;
      return (url) => {
        const known = url.startsWith('/') ? absolute : relative;
        const before = known.get(url);
        if (before !== undefined) return before;
        const target = resolve(url, origin, find);
        if (known.size >= MOST_KNOWN) known.clear();
        if (url.length < 512) known.set(own(url), target);
        return target;
      };
    },
  };
}

/** The directory of a file. */
export function originOf(path: string): Origin {
  return { directory: path.slice(0, path.lastIndexOf('/') + 1), base: 'none' };
}

const SCHEME = /^([a-z][a-z0-9+.-]*):/i;
/** What templates leave for a browser or server to fill in. */
const PLACEHOLDER = /\{\{|\$\{|<%|%%|^\{|^%[A-Z_]+%/;

function resolve(raw: string, origin: Origin, find: Find): Target {
  const url = raw.length > LONGEST_URL ? '' : clean(raw);
  if (url === '' || /^[#?]/.test(url) || PLACEHOLDER.test(url)) return NONE;
  const scheme = SCHEME.exec(url)?.[1]?.toLowerCase();
  if (url.startsWith('//') || scheme === 'http' || scheme === 'https') return externalTarget(url);
  if (scheme !== undefined) return NONE;
  if (origin.base !== 'external') return insideTarget(url, origin, find);
  return origin.host === undefined ? NONE : { kind: 'external', host: origin.host };
}

function insideTarget(url: string, origin: Origin, find: Find): Target {
  const isRooted = url.startsWith('/');
  const path = decode(url.split(/[?#]/, 1)[0] ?? '');
  const { path: whole, isOutside } = join(isRooted ? '' : origin.directory, path);
  const isAbsolute = isRooted || origin.base === 'absolute';
  const fromRoot = isAbsolute ? undefined : join('', path).path;
  const found = find({ path: whole, isAbsolute, fromRoot });
  return { kind: 'inside', path: whole, isAbsolute, isOutside: isOutside && !isRooted, found };
}

/** As browsers read a URL: no line breaks, and a backslash is a slash. */
function clean(raw: string): string {
  return raw
    .trim()
    .replace(/[\t\n\r]/g, '')
    .replaceAll('\\', '/');
}

function externalTarget(url: string): Target {
  const host = /^(?:https?:)?\/{2,}(?:[^/?#@]*@)?([^/?#]+)/i.exec(url)?.[1]?.toLowerCase();
  return host === undefined ? NONE : { kind: 'external', host };
}

function decode(path: string): string {
  if (!path.includes('%')) return path;
  try {
    return decodeURIComponent(path);
  } catch {
    return path;
  }
}

function join(directory: string, path: string): { path: string; isOutside: boolean } {
  const parts: string[] = [];
  let isOutside = false;
  for (const part of `${directory}${path}`.split('/')) {
    if (part === '..') isOutside = parts.pop() === undefined || isOutside;
    else if (part !== '' && part !== '.') parts.push(part);
  }
  const isDirectory = path.endsWith('/') && parts.length > 0;
  return { path: `${parts.join('/')}${isDirectory ? '/' : ''}`, isOutside };
}

function createDirectories({ files }: Site): Targets['hasDirectory'] {
  let known: ReadonlySet<string> | undefined;
  return (path) => {
    known ??= directoriesOf(files.keys());
    return known.has(path);
  };
}

function createFinder({ files }: Site, isDirectory: Targets['hasDirectory']): Find {
  let folded: ReadonlyMap<string, string> | undefined;
  const exists = (path: string): boolean =>
    path.endsWith('/') || path === '' ? isDirectory(path) : files.has(path) || isDirectory(`${path}/`);
  const elsewhere = ({ path, isAbsolute, fromRoot }: Sought): Found => {
    const base = isAbsolute ? baseOf(path, exists) : undefined;
    if (base !== undefined) return { kind: 'below-base', base };
    if (fromRoot !== undefined && files.has(fromRoot)) return { kind: 'from-root' };
    folded ??= new Map([...files.keys()].map((name) => [name.toLowerCase(), name] as const));
    const other = folded.get(path.toLowerCase());
    return other === undefined ? { kind: 'missing' } : { kind: 'other-case', path: other };
  };
  return (sought) => {
    const { path } = sought;
    // A directory without an index hides the page beside it.
    if (hasOnlyPage(path.endsWith('/') ? path.slice(0, -1) : path, files)) return { kind: 'html' };
    return exists(path) ? { kind: 'exists' } : elsewhere(sought);
  };
}

function hasOnlyPage(path: string, files: Site['files']): boolean {
  return path !== '' && files.has(`${path}.html`) && !files.has(path) && !files.has(`${path}/index.html`);
}

function directoriesOf(paths: Iterable<string>): ReadonlySet<string> {
  const found = new Set(['']);
  for (const path of paths) {
    for (let end = path.lastIndexOf('/'); end > 0; end = path.lastIndexOf('/', end - 1)) {
      const directory = path.slice(0, end + 1);
      if (found.has(directory)) break;
      found.add(directory);
    }
  }
  return found;
}

/** The directories that a site was built for, where what follows them is there: `/repo/` of GitHub Pages. */
function baseOf(path: string, exists: (path: string) => boolean): string | undefined {
  let end = path.indexOf('/');
  if (end < 1 || exists(path.slice(0, end + 1))) return undefined;
  for (let depth = 0; depth < 3 && end !== -1; depth += 1) {
    if (exists(path.slice(end + 1))) return `/${path.slice(0, end + 1)}`;
    end = path.indexOf('/', end + 1);
  }
  return undefined;
}
