import { quote } from './quote.ts';
import { patternOf } from './redirect-pattern.ts';
import { parseRedirects, type RedirectRule } from './redirect-rule.ts';
import { judgeRedirects, type Places } from './redirects.ts';
import type { Reader, Report, Rule, Site } from './rule.ts';
import { createRoutingReader, type RoutingReader } from './single-page-routing.ts';
import { createShellReader, type ShellReader } from './single-page-shell.ts';
import { readWhole, type SmallFile } from './small-file.ts';

const REDIRECTS = '_redirects';
const INDEX = 'index.html';
/** Of the specification: gateways refuse more. */
const LARGEST_REDIRECTS = 64 * 1024;
const REFUSED = 'Gateways refuse the whole file, and answer 500 to every path that the site does not have.';
const HONOURED =
  'Gateways with an origin for each site (subdomain gateways, DNSLink domains) follow it; path gateways (`/ipfs/<cid>/`) never do, and there only hash routing works.';

interface Readers {
  readonly shell: ShellReader;
  readonly routing: RoutingReader;
}

/** What the rules of a site are; undefined where it has no file for them, or none that gateways understand. */
type Redirects =
  | { readonly kind: 'none' | 'refused' }
  | { readonly kind: 'rules'; readonly rules: readonly RedirectRule[] };

/** Addresses that no file answers: pages that scripts make, error pages, and the rules of `_redirects`. */
export function createSinglePageRule(site: Site): (report: Report) => Rule {
  const isCandidate = couldBeSinglePage(site);
  return (report) => {
    const readers = { shell: createShellReader(), routing: createRoutingReader() };
    let redirects: Redirects = { kind: 'none' };
    const see = (file: SmallFile | undefined): void => {
      redirects = seeRedirects(file, site, report);
    };
    return {
      name: 'single-page',
      open: ({ path }) => {
        if (site.isSingleFile) return undefined;
        if (path === REDIRECTS) return readWhole(LARGEST_REDIRECTS, see);
        return isCandidate ? pageReader(path, readers) : undefined;
      },
      finish: () => {
        if (site.isSingleFile) return;
        reportIndex(site, report);
        if (isCandidate && isRouted(readers)) reportDeepLinks(redirects, report);
        else reportErrorPages(site, redirects, report);
        for (const path of site.files.keys()) reportForeign(path, report);
      },
    };
  };
}

/** Pages that are shown in place of others, or that nobody visits. */
const NO_PAGE = /(?:^|\/)(?:[45]\d\d|200|404\/index|ipfs-404|_error|error|offline|google[0-9a-f]+)\.html$/i;
/** Generators that write a page for every route, with a router in the scripts all the same. */
const WRITES_ALL_PAGES = /^(?:_next|page-data)\//;

function couldBeSinglePage(site: Site): boolean {
  if (site.isSingleFile || !site.files.has(INDEX)) return false;
  for (const path of site.files.keys()) {
    if (WRITES_ALL_PAGES.test(path)) return false;
    if (isHtml(path) && path !== INDEX && !NO_PAGE.test(path)) return false;
  }
  return true;
}

function isHtml(path: string): boolean {
  return /\.html?$/i.test(path);
}

function pageReader(path: string, { shell, routing }: Readers): Reader | undefined {
  const isPage = path === INDEX;
  if (!isPage && !/\.m?js$/i.test(path)) return undefined;
  routing.begin();
  return {
    kind: 'text',
    take: (piece) => {
      routing.take(piece);
      if (isPage) shell.take(piece);
    },
    end: () => undefined,
  };
}

function isRouted({ shell, routing }: Readers): boolean {
  return shell.isShell() === true && routing.read() === 'path';
}

function isCatchAll(rule: RedirectRule): boolean {
  const { segments, hasSplat } = patternOf(rule.from);
  return hasSplat && segments.length === 1;
}

function seeRedirects(file: SmallFile | undefined, site: Site, report: Report): Redirects {
  if (file === undefined) {
    const message = 'The file has more than 64 KiB, the most that the specification of `_redirects` allows.';
    const advice = `${REFUSED} Merge rules with placeholders and \`/*\`.`;
    report({ kind: 'redirect-size', message, advice, path: REDIRECTS, line: undefined });
    return { kind: 'refused' };
  }
  const hasMark = file.text.startsWith('\ufeff');
  if (hasMark) {
    const message = 'The file starts with a byte order mark, which gateways read as a part of the first rule.';
    report({
      kind: 'redirect-mark',
      message,
      advice: `${REFUSED} Save it as UTF-8 without BOM.`,
      path: REDIRECTS,
      line: 1,
    });
  }
  const { rules, faults } = parseRedirects(hasMark ? file.text.slice(1) : file.text);
  for (const fault of faults) report({ ...fault, advice: `${fault.advice} ${REFUSED}`, path: REDIRECTS });
  for (const sighting of judgeRedirects(rules, placesOf(site))) report({ ...sighting, path: REDIRECTS });
  return hasMark || faults.length > 0 ? { kind: 'refused' } : { kind: 'rules', rules };
}

function placesOf({ files }: Site): Places {
  const directories = new Set(['']);
  for (const path of files.keys()) {
    for (let end = path.lastIndexOf('/'); end > 0; end = path.lastIndexOf('/', end - 1)) {
      const directory = path.slice(0, end);
      if (directories.has(directory)) break;
      directories.add(directory);
    }
  }
  return { files, directories };
}

function reportIndex({ files }: Site, report: Report): void {
  if (files.has(INDEX)) return;
  const page = [...files.keys()].find(isHtml);
  if (page === undefined) return;
  report({
    kind: 'no-index',
    message: 'The build has pages, and no `index.html` at its root: visitors see a list of files.',
    advice: 'Set path to the directory that has index.html, or write one.',
    path: page,
    line: undefined,
  });
}

/** The pages are made by scripts; nothing answers for their addresses. */
function reportDeepLinks(redirects: Redirects, report: Report): void {
  if (redirects.kind === 'refused' || rulesOf(redirects).some(isCatchAll)) return;
  report({
    kind: 'deep-links',
    message: `\`${INDEX}\` is the only page, and its scripts route by path: any other address, opened or reloaded, is not found.`,
    advice: adviceToAdd(`/* /${INDEX} 200`, redirects),
    path: INDEX,
    line: undefined,
  });
}

/** Pages that other hosts show where the site has none. */
function reportErrorPages({ files }: Site, redirects: Redirects, report: Report): void {
  if (redirects.kind === 'refused') return;
  for (const [page, status] of [
    ['200.html', 200],
    ['404.html', 404],
  ] as const) {
    const isUsed = rulesOf(redirects).some((rule) => rule.to === `/${page}` || isCatchAll(rule));
    if (!files.has(page) || isUsed) continue;
    report({
      kind: `unused-${status}`,
      message: `\`${page}\` is what some hosts show for paths that a site does not have; IPFS gateways do where \`${REDIRECTS}\` says so.`,
      advice: adviceToAdd(`/* /${page} ${status}`, redirects),
      path: page,
      line: undefined,
      level: 'note',
    });
    return;
  }
}

function rulesOf(redirects: Redirects): readonly RedirectRule[] {
  return redirects.kind === 'rules' ? redirects.rules : [];
}

function adviceToAdd(line: string, redirects: Redirects): string {
  const where =
    redirects.kind === 'none' ? `a file \`${REDIRECTS}\` at the root with` : `to the end of \`${REDIRECTS}\``;
  return `Add ${where} the line \`${line}\`. ${HONOURED}`;
}

const OTHER_HOSTS =
  /^(?:_headers|_routes\.json|_worker\.js|netlify\.toml|vercel\.json|firebase\.json|staticwebapp\.config\.json|\.htaccess|web\.config)$/;

function reportForeign(path: string, report: Report): void {
  const note = { path, line: undefined, level: 'note' } as const;
  if (OTHER_HOSTS.test(path)) {
    const message = `${quote(path)} configures another host; IPFS gateways do not read it.`;
    report({
      ...note,
      kind: 'other-host',
      message,
      advice: 'Do not rely on what it sets, or leave it out with exclude.',
    });
  }
  if (path === 'ipfs-404.html') {
    const message = '`ipfs-404.html` was shown by old gateways only; support for it was removed.';
    report({ ...note, kind: 'old-404', message, advice: `Use \`${REDIRECTS}\` with the line \`/* /404.html 404\`.` });
  }
  if (path.endsWith(`/${REDIRECTS}`)) {
    const message = `Gateways read \`${REDIRECTS}\` at the root of a site only.`;
    report({ ...note, kind: 'redirect-place', message, advice: 'Move its rules into the one at the root.' });
  }
}
