/**
 * The `_redirects` file of the IPFS web redirects specification
 * (https://specs.ipfs.tech/http-gateways/web-redirects-file/): `from to [status]` per line, first match wins.
 */
export interface RedirectRule {
  readonly from: RegExp;
  readonly to: string;
  readonly status: number;
}

export interface RedirectMatch {
  /** `rewrite`: answer with the file at `to`. `redirect`: send the client there. */
  readonly kind: 'rewrite' | 'redirect';
  readonly to: string;
  readonly status: number;
}

export const MAX_REDIRECTS_BYTES = 64 * 1024;

const REDIRECTS = new Set([301, 302, 303, 307, 308]);
const REWRITES = new Set([200, 404, 410, 451]);

/** Throws an Error that names the first line that is no rule. */
export function parseRedirects(text: string): readonly RedirectRule[] {
  const lines = text.split(/\r?\n/).map((line) => line.trim());
  return lines.filter((line) => line !== '' && !line.startsWith('#')).map(parseRule);
}

function parseRule(line: string): RedirectRule {
  const [from = '', to = '', code = '301', ...rest] = line.split(/\s+/);
  const status = Number(code);
  const toPath = to.startsWith('/');
  const known = (REDIRECTS.has(status) && (toPath || /^https?:\/\//.test(to))) || (REWRITES.has(status) && toPath);
  // Only one asterisk has a meaning, and only as the last character.
  if (!(from.startsWith('/') && known && rest.length === 0) || from.slice(0, -1).includes('*')) {
    throw new Error(`_redirects: "${line}" is not a rule.`);
  }
  return { from: compilePattern(from), to, status };
}

function compilePattern(from: string): RegExp {
  const parts = from.replace(/\*$/, '').split('/');
  const names = parts.filter((part) => part.startsWith(':'));
  if (names.some((name) => !/^:[a-z]\w*$/i.test(name)) || new Set(names).size < names.length) {
    throw new Error(`_redirects: "${from}" has a placeholder that is no name, or one twice.`);
  }
  const pattern = parts.map((part) => (part.startsWith(':') ? `(?<${part.slice(1)}>[^/]+)` : escapePattern(part)));
  return new RegExp(`^${pattern.join('/')}${from.endsWith('*') ? '(?<splat>.*)' : '/?'}$`, 'u');
}

function escapePattern(text: string): string {
  return text.replaceAll(/[.*+?^${}()|[\]\\]/g, '\\$&');
}

/** The first rule that matches a decoded path, with placeholders and `:splat` filled in. */
export function matchRedirect(rules: readonly RedirectRule[], path: string): RedirectMatch | undefined {
  for (const { from, to, status } of rules) {
    const match = from.exec(path);
    if (match !== null) {
      const filled = to.replaceAll(/:([a-z]\w*)/gi, (whole, name: string) => match.groups?.[name] ?? whole);
      return { kind: REDIRECTS.has(status) ? 'redirect' : 'rewrite', to: filled, status };
    }
  }
  return undefined;
}
