import { own, quoted, type Reference, type Use } from './reference.ts';
import { BASES, HINTS, LINKS, LOADS, WORKS } from './reference-groups.ts';
import { createHosts } from './reference-hosts.ts';
import type { Tally } from './reference-tally.ts';
import { type Origin, originOf, type Target, type Targets } from './reference-target.ts';
import type { Site } from './rule.ts';

/** A file that names others. */
export interface Source {
  readonly path: string;
  readonly origin: Origin;
  readonly targetOf: (url: string) => Target;
}

export interface Judge {
  /** References start from the directory of the file, unless `<base>` says otherwise. */
  readonly source: (path: string, origin?: Origin) => Source;
  readonly reference: (reference: Reference, source: Source) => void;
  /** `<base href>`; returns where references start from then. */
  readonly base: (url: string, source: Source, line: number) => Origin;
  /** Where scripts load their chunks from. */
  readonly publicPath: (path: string, source: Source, line: number) => void;
  readonly finish: () => void;
}

/** Ends as a file does, which routes rarely do. */
const NO_ROUTE =
  /\.(?:x?html?|css|m?js|json|xml|txt|md|pdf|csv|zip|t?gz|png|jpe?g|gif|svg|webp|avif|ico|mp[34]|webm|wasm)$/i;
const ERROR_PAGES = /(?:^|\/)(?:404|200|_not-found|offline)(?:\.html|\/index\.html)$/;

export function createJudge(site: Site, targets: Targets, tally: Tally): Judge {
  const hosts = createHosts(tally);
  const inside = createInsideJudge(site, targets, tally);
  return {
    source: (path, origin = originOf(path)) => ({ path, origin, targetOf: targets.from(origin) }),
    reference: (reference, source) => {
      const target = source.targetOf(reference.url);
      if (target.kind === 'inside') inside.judge(reference, target, source);
      else if (target.kind === 'external' && reference.use !== 'page') hosts.see(target.host, reference, source.path);
    },
    base: (url, source, line) => {
      const target = source.targetOf(url);
      if (target.kind === 'external') {
        hosts.see(target.host, { url, use: 'page', line }, source.path);
        return { ...source.origin, base: 'external', host: target.host };
      }
      if (target.kind === 'none') return source.origin;
      const directory = target.path.slice(0, target.path.lastIndexOf('/') + 1);
      if (!target.isAbsolute) return { directory, base: 'none' };
      const what = `${quoted(`<base href="${url}">`)} makes every relative path absolute`;
      inside.absoluteBase(target, what, { path: source.path, line });
      return { directory, base: 'absolute' };
    },
    publicPath: (path, source, line) => {
      const target = source.targetOf(path);
      const what = `Scripts load their chunks and files from ${quoted(path)}`;
      if (target.kind === 'inside') inside.absoluteBase(target, what, { path: source.path, line });
    },
    finish: () => {
      inside.finish();
      hosts.finish();
    },
  };
}

interface Waiting {
  readonly base: string;
  readonly reference: Reference;
  readonly target: Inside;
  readonly spot: Spot;
}

const MOST_WAITING = 50_000;

interface Spot {
  readonly path: string;
  readonly line: number;
}

/** What is said of references that lead into the build. */
function createInsideJudge(site: Site, targets: Targets, tally: Tally) {
  const isOnePage = hasOnePage(site.files.keys());
  const pageGroups = site.files.has('_redirects') ? HINTS : LINKS;
  const bases = new Set<string>();
  const sayBase = (base: string, { path, line }: Spot): void => {
    bases.add(base);
    const message = `The site was built for ${quoted(base)}, and finds nothing at the root of a CID`;
    tally.say({ kind: 'wrong-base', message, advice: (generator) => generator.base, path, line });
  };
  /** `/builds/acme/x.ts` of a report, `/cdn-cgi/` of a host: no link between pages of the site. */
  const leadsElsewhere = ({ path, isAbsolute, found }: Inside): boolean =>
    isAbsolute &&
    found.kind === 'missing' &&
    path.includes('/') &&
    !targets.hasDirectory(path.slice(0, path.indexOf('/') + 1));
  const missingPage = ({ url }: Reference, target: Inside, spot: Spot): void => {
    const { path, found } = target;
    // Links of an app with one page are routes of its own.
    if (isOnePage && !NO_ROUTE.test(path)) return;
    const isBare = found.kind === 'html';
    const what = isBare ? 'the build has it only with `.html`, which gateways do not add' : 'is not in the build';
    const message = (): string => `${named(url)} is linked but ${what}`;
    const { missing } = leadsElsewhere(target) ? HINTS : pageGroups;
    tally.see(isBare ? pageGroups.bare : missing, path, { ...spot, message });
  };
  const missing = (reference: Reference, target: Inside, spot: Spot): void => {
    const { found, path } = target;
    if (found.kind === 'from-root') {
      const message = (): string => `${named(reference.url)} leads to a file from pages at the root only`;
      tally.see(LOADS.nested, path, { ...spot, message });
    } else if (reference.use === 'page') missingPage(reference, target, spot);
    else {
      const what = found.kind === 'other-case' ? `the build has only ${quoted(found.path)}` : 'is not in the build';
      tally.see(LOADS.missing, path, { ...spot, message: () => `${named(reference.url)} is loaded but ${what}` });
    }
  };
  /** What leads below a base only if something else says that there is one. */
  const waiting: Waiting[] = [];
  const belowBase = (base: string, { reference, target, spot }: Omit<Waiting, 'base'>): void => {
    // A link alone, or a directory that is missing whole, makes no base.
    const isSure = reference.use !== 'page' && base !== `/${target.path}`;
    if (isSure || bases.has(base)) sayBase(base, spot);
    else if (waiting.length >= MOST_WAITING) missing(reference, target, spot);
    else waiting.push({ base, reference: { ...reference, url: own(reference.url) }, target, spot });
  };
  const absolute = (use: Use, { path }: Inside, spot: Spot): void => {
    const group = use === 'page' ? LINKS.absolute : LOADS.absolute;
    const verb = use === 'page' ? 'linked' : 'loaded';
    tally.see(group, path, {
      ...spot,
      message: () => `${quoted(`/${path}`)} is ${verb} by an absolute path, which ${WORKS}`,
    });
  };
  return {
    judge(reference: Reference, target: Inside, { path }: Source): void {
      const { url, use, line } = reference;
      const spot = { path, line };
      if (target.isOutside) {
        tally.see(LOADS.outside, url, { ...spot, message: () => `${quoted(url)} points out of the build` });
      } else if (target.found.kind === 'below-base') belowBase(target.found.base, { reference, target, spot });
      else if (target.found.kind !== 'exists') missing(reference, target, spot);
      // What only `<base>` makes absolute is said of the base.
      else if (target.isAbsolute && isRooted(url)) absolute(use, target, spot);
    },
    absoluteBase(target: Inside, what: string, spot: Spot): void {
      if (target.found.kind === 'below-base') sayBase(target.found.base, spot);
      else if (target.found.kind === 'exists') {
        tally.see(BASES, what, { ...spot, message: () => `${what}, which ${WORKS}` });
      }
    },
    finish(): void {
      for (const { base, reference, target, spot } of waiting) {
        if (bases.has(base)) sayBase(base, spot);
        else missing(reference, target, spot);
      }
    },
  };
}

/** Without what a browser keeps for itself. */
function named(url: string): string {
  return quoted(url.split('#', 1)[0] ?? '');
}

function hasOnePage(paths: Iterable<string>): boolean {
  let count = 0;
  for (const path of paths) {
    if (isPage(path)) count += 1;
    if (count > 1) return false;
  }
  return true;
}

function isPage(path: string): boolean {
  return path.endsWith('.html') && !ERROR_PAGES.test(path);
}

function isRooted(url: string): boolean {
  return /^\s*[/\\]/.test(url);
}

type Inside = Extract<Target, { kind: 'inside' }>;
