import { quote } from './quote.ts';
import { covers, exampleOf, isExact, namesOf, patternOf, type RedirectPattern } from './redirect-pattern.ts';
import type { RedirectFault, RedirectRule } from './redirect-rule.ts';

/** What of a build the rules can lead to. */
export interface Places {
  readonly files: ReadonlyMap<string, number>;
  /** Without a slash at the end; the root is ''. */
  readonly directories: ReadonlySet<string>;
}

export interface RedirectSighting extends RedirectFault {
  readonly level?: 'note';
}

interface Judged {
  readonly rule: RedirectRule;
  readonly pattern: RedirectPattern;
  readonly index: number;
}

/** A hostile file could have thousands of rules that match much, and every one is compared with every other. */
const MOST_WIDE_RULES = 100;

/** What rules that gateways understand do not do as they were meant, at most one sighting for each. */
export function judgeRedirects(rules: readonly RedirectRule[], places: Places): readonly RedirectSighting[] {
  const judged = rules.map((rule, index) => ({ rule, pattern: patternOf(rule.from), index }));
  const matcher = createMatcher(judged);
  return judged.flatMap((each) => {
    const found = neverApplies(each, places) ?? shadowed(each, matcher) ?? wrongTarget(each, places, matcher);
    return found === undefined ? [] : [{ ...found, line: each.rule.line }];
  });
}

type Said = Omit<RedirectSighting, 'line'>;

function neverApplies({ rule, pattern }: Judged, places: Places): Said | undefined {
  const { from, to, status } = rule;
  const never = (why: string, advice: string): Said => {
    return { kind: 'redirect-never', message: `${quote(from)} is never redirected: ${why}.`, advice };
  };
  if (/[?#]/.test(from))
    return never('rules match the path alone, without query and fragment', 'Remove what follows the path.');
  if (/%[0-9A-Fa-f]{2}/.test(from)) {
    return never('gateways compare with the decoded path', 'Write the character itself instead of `%…`.');
  }
  if (from.endsWith('*') && !pattern.hasSplat) {
    return never('gateways take an asterisk as such where it is not a segment of its own', 'Write `/*` at the end.');
  }
  if (!isExact(pattern) || !exists(from, places)) return undefined;
  const said = never(
    'it exists, and gateways ask the rules only for what does not',
    'Remove the rule, or what is there.',
  );
  return status === 200 && sameContent(from, to) ? { ...said, level: 'note' } : said;
}

/** `/ /index.html 200`: does nothing, and nothing else was meant. */
function sameContent(from: string, to: string): boolean {
  const bare = (path: string): string => path.replace(/(?:^|\/)index\.html$/, '').replace(/\/$/, '');
  return bare(from) === bare(to);
}

function shadowed({ rule, pattern, index }: Judged, matcher: Matcher): Said | undefined {
  const first = matcher.firstCovering(pattern);
  if (first === undefined || first.index >= index) return undefined;
  const isSame = first.rule.from === rule.from;
  const message = isSame
    ? `${quote(rule.from)} is there twice; the first rule that matches is the one that counts.`
    : `${quote(rule.from)} comes after ${quote(first.rule.from)}, which matches all of it first.`;
  return { kind: 'redirect-shadowed', message, advice: isSame ? 'Remove one.' : 'Move it up, or remove it.' };
}

function wrongTarget(each: Judged, places: Places, matcher: Matcher): Said | undefined {
  const unknown = unknownName(each);
  if (unknown !== undefined) {
    const message = `${quote(each.rule.to)} has ${quote(unknown)}, which ${quote(each.rule.from)} does not set.`;
    const advice = unknown === ':splat' ? 'End what is redirected with `/*`.' : 'Use the same name in both.';
    return { kind: 'redirect-placeholder', message, advice };
  }
  const { status } = each.rule;
  return status >= 300 && status < 400 ? wrongRedirect(each, places, matcher) : wrongContent(each, places);
}

function unknownName({ rule, pattern }: Judged): string | undefined {
  const names = new Set(namesOf(pattern));
  return rule.to.match(/:[A-Za-z_]\w*/g)?.find((found) => {
    // Gateways replace `:a` in `:ab`, too.
    return !prefixesOf(found.slice(1)).some((prefix) => names.has(prefix));
  });
}

function prefixesOf(name: string): readonly string[] {
  return Array.from({ length: Math.min(name.length, 64) }, (_, index) => name.slice(0, index + 1)).concat(name);
}

/** 200, 404, 410 and 451 answer with content of the site itself. */
function wrongContent({ rule, pattern }: Judged, places: Places): Said | undefined {
  const { to, status } = rule;
  if (!to.startsWith('/') || to.startsWith('//')) {
    const message = `${quote(to)} is another site; with status ${status} a gateway answers from this one only.`;
    return { kind: 'redirect-proxy', message, advice: 'Use status 301 or 302, or a path.' };
  }
  if (namesOf(pattern).some((name) => to.includes(`:${name}`))) return undefined;
  const path = to.replace(/^\/|\/$/g, '');
  if (places.files.has(path) || (status === 200 && places.directories.has(path))) return undefined;
  const isDirectory = places.directories.has(path);
  const what = isDirectory ? 'is a directory, not a page' : 'is not in the build';
  const message = `${quote(to)} ${what}, and status ${status} answers with its content.`;
  return { kind: 'redirect-target', message, advice: targetAdvice(to) };
}

function targetAdvice(to: string): string {
  return /[?#]/.test(to) ? 'Remove the query and the fragment.' : 'Name a file of the build as it is spelled there.';
}

function wrongRedirect({ rule, index }: Judged, places: Places, matcher: Matcher): Said | undefined {
  const { from, to } = rule;
  if (!to.startsWith('/') || to.startsWith('//')) return undefined;
  const { path: asked, values } = exampleOf(patternOf(from));
  const filled = to.replace(/:[A-Za-z_]\w*/g, (name) => values.get(name.slice(1)) ?? name);
  const path = decoded(filled.replace(/[?#].*$/s, ''));
  if (exists(path, places)) return undefined;
  const next = matcher.firstMatching(path);
  if (next?.index === index) {
    const message = `${quote(from)} leads to ${quote(to)}, which the same rule matches again: a loop.`;
    return { kind: 'redirect-loop', message, advice: 'Lead to a file of the build.' };
  }
  // What depends on the address cannot be known.
  if (next !== undefined || filled !== to || asked === path) return undefined;
  const message = `${quote(to)} is not in the build, and no rule matches it.`;
  return {
    kind: 'redirect-target',
    message,
    advice: 'Name a file or a directory of the build as it is spelled there.',
  };
}

function exists(path: string, { files, directories }: Places): boolean {
  const bare = path.replace(/^\/|\/$/g, '');
  return files.has(bare) || directories.has(bare);
}

function decoded(path: string): string {
  try {
    return decodeURIComponent(path);
  } catch {
    return path;
  }
}

interface Matcher {
  readonly firstCovering: (pattern: RedirectPattern) => Judged | undefined;
  readonly firstMatching: (path: string) => Judged | undefined;
}

function createMatcher(judged: readonly Judged[]): Matcher {
  const exact = new Map<string, Judged>();
  const wide: Judged[] = [];
  for (const each of judged) {
    if (!isExact(each.pattern)) wide.push(each);
    const key = each.pattern.segments.join('/');
    if (isExact(each.pattern) && !exact.has(key)) exact.set(key, each);
  }
  wide.length = Math.min(wide.length, MOST_WIDE_RULES);
  const firstCovering = (pattern: RedirectPattern): Judged | undefined => {
    const other = wide.find((each) => covers(each.pattern, pattern));
    const same = isExact(pattern) ? exact.get(pattern.segments.join('/')) : undefined;
    if (same === undefined || other === undefined) return same ?? other;
    return same.index < other.index ? same : other;
  };
  return {
    firstCovering,
    firstMatching: (path) => firstCovering({ segments: path.replace(/\/$/, '').split('/'), hasSplat: false }),
  };
}
