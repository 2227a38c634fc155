import type { DeepRoute, Sample } from './link.ts';
import { covers, exampleOf, isExact, patternOf, type RedirectPattern } from './preflight/redirect-pattern.ts';
import { parseRedirects, type RedirectRule } from './preflight/redirect-rule.ts';

/** Gateways refuse a larger `_redirects`. */
export const MAX_REDIRECTS_BYTES = 64 * 1024;

export interface Routes {
  /** The file that a visitor of the root is led to. */
  readonly landing: Sample | undefined;
  readonly deepRoute: DeepRoute | undefined;
}

/**
 * What can be tried of a `_redirects`. `fileAt` answers the file at a path of the content, without slashes at either end,
 * as far as it is known.
 */
export function readRoutes(redirects: string | undefined, fileAt: (path: string) => Sample | undefined): Routes {
  const rules = redirects === undefined ? [] : parseRedirects(redirects).rules;
  return { landing: landingOf(rules, fileAt), deepRoute: deepRouteOf(rules, fileAt) };
}

const ROOT: RedirectPattern = { segments: ['', ''], hasSplat: false };

function landingOf(rules: readonly RedirectRule[], fileAt: (path: string) => Sample | undefined): Sample | undefined {
  const rule = rules.find(({ from }) => from === '/' || covers(patternOf(from), ROOT));
  if (rule === undefined || rule.status >= 400) return undefined;
  return targetOf(rule, fileAt);
}

/** A hostile file could have thousands. */
const MOST_RULES = 100;

/** The first rule that answers any path at all with one file, where no rule before it takes the example. */
function deepRouteOf(
  rules: readonly RedirectRule[],
  fileAt: (path: string) => Sample | undefined,
): DeepRoute | undefined {
  for (const [index, rule] of rules.slice(0, MOST_RULES).entries()) {
    const pattern = patternOf(rule.from);
    const target = rule.status !== 200 || isExact(pattern) ? undefined : targetOf(rule, fileAt);
    if (target === undefined) continue;
    const path = exampleOf(pattern).path.slice(1);
    const example: RedirectPattern = { segments: `/${path}`.split('/'), hasSplat: false };
    const isTaken = rules.slice(0, index).some(({ from }) => covers(patternOf(from), example));
    if (!isTaken && fileAt(path) === undefined) return { path, target };
  }
  return undefined;
}

/** Undefined where the target depends on the path, is elsewhere, or is not known. */
function targetOf({ to }: RedirectRule, fileAt: (path: string) => Sample | undefined): Sample | undefined {
  if (!to.startsWith('/') || to.startsWith('//') || /:[a-z_]/i.test(to)) return undefined;
  const path = to.replace(/[?#].*$/s, '').replace(/^\/+|\/+$/g, '');
  return fileAt(path) ?? fileAt(path === '' ? 'index.html' : `${path}/index.html`);
}
