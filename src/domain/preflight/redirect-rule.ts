import { quote } from './quote.ts';

/** One line of `_redirects` that gateways understand. */
export interface RedirectRule {
  readonly from: string;
  readonly to: string;
  readonly status: number;
  /** Counts from 1. */
  readonly line: number;
}

/** A line for which gateways refuse the whole file. */
export interface RedirectFault {
  readonly kind: string;
  readonly message: string;
  readonly advice: string;
  readonly line: number;
}

export interface RedirectFile {
  readonly rules: readonly RedirectRule[];
  readonly faults: readonly RedirectFault[];
}

type Said = Omit<RedirectFault, 'line'>;

const STATUSES = new Set([200, 301, 302, 303, 307, 308, 404, 410, 451]);
const FORMAT = 'Write from, to and at most a status: `/old /new 301`.';
/** What separates fields: the white space of unicode, without the byte order mark. */
const SPACES = /[\t-\r \u0085\u00a0\u1680\u2000-\u200a\u2028\u2029\u202f\u205f\u3000]+/u;

/** Lines as the web redirects specification has them, and as the parser reads them that gateways have. */
export function parseRedirects(text: string): RedirectFile {
  const rules: RedirectRule[] = [];
  const faults: RedirectFault[] = [];
  let number = 0;
  for (const raw of text.split('\n')) {
    number += 1;
    const fields = raw.split(SPACES).filter((field) => field !== '');
    if (fields.length === 0 || fields[0]?.startsWith('#') === true) continue;
    const parsed = parseLine(fields);
    if ('kind' in parsed) faults.push({ ...parsed, line: number });
    else rules.push({ ...parsed, line: number });
  }
  return { rules, faults };
}

function parseLine(fields: readonly string[]): Omit<RedirectRule, 'line'> | Said {
  const [from = '', to = '', status] = fields;
  const fault = shapeFault(fields) ?? fromFault(from) ?? toFault(to);
  if (fault !== undefined) return fault;
  if (status === undefined) return { from, to, status: 301 };
  // The parser of the gateways takes a sign and leading zeros.
  const code = /^\+?\d{1,18}$/.test(status) ? Number(status) : undefined;
  return code !== undefined && STATUSES.has(code) ? { from, to, status: code } : statusFault(fields, status);
}

function shapeFault(fields: readonly string[]): Said | undefined {
  const line = quote(fields.join(' '));
  if (fields.length < 2) {
    return { kind: 'redirect-format', message: `${line} says from where, and not to where.`, advice: FORMAT };
  }
  const comment = fields.findIndex((field) => field.startsWith('#'));
  if (comment !== -1 && comment >= 2) {
    const message = `${line} has a comment after the rule; only a whole line can be one.`;
    return { kind: 'redirect-comment', message, advice: 'Move the comment to a line of its own.' };
  }
  // Netlify: `/a from=:x /b`, `/a /b 302 Country=us`.
  const condition = fields.slice(1).find((field) => /^[A-Za-z]+=/.test(field));
  if (condition !== undefined) {
    const message = `${line} depends on ${quote(condition)}; gateways know no conditions on query, country, language, role or cookie.`;
    return { kind: 'redirect-condition', message, advice: 'Remove the condition, or the rule.' };
  }
  if (fields.length > 3) {
    return { kind: 'redirect-format', message: `${line} has more than three fields.`, advice: FORMAT };
  }
  return undefined;
}

function fromFault(from: string): Said | undefined {
  if (!from.startsWith('/')) {
    const message = `${quote(from)} is no path of this site: what is redirected starts with a slash.`;
    return { kind: 'redirect-from', message, advice: FORMAT };
  }
  const stars = from.split('*').length - 1;
  if (stars > 1 || (stars === 1 && !from.endsWith('*'))) {
    const message = `${quote(from)} has an asterisk that is not its last character, or more than one.`;
    return { kind: 'redirect-splat', message, advice: 'Use one asterisk, at the end: `/old/*`.' };
  }
  const names = from.split('/').filter((segment) => segment.startsWith(':'));
  const known = new Set<string>();
  const twice = names.find((name) => known.size === known.add(name).size);
  if (twice !== undefined) {
    const message = `${quote(from)} has the placeholder ${quote(twice)} twice.`;
    return { kind: 'redirect-placeholder', message, advice: 'Give every placeholder of a path its own name.' };
  }
  return urlFault(from);
}

function toFault(to: string): Said | undefined {
  if (to.startsWith('/')) return urlFault(to);
  if (!/^(?:https?|ip[fn]s):/i.test(to)) {
    const message = `${quote(to)} is neither a path that starts with a slash nor a URL of http, https, ipfs or ipns.`;
    return { kind: 'redirect-to', message, advice: FORMAT };
  }
  const isBroken = /^https?:/i.test(to) && !URL.canParse(to.replaceAll(/:(?=[A-Za-z_])/g, ''));
  return (
    urlFault(to) ?? (isBroken ? { kind: 'redirect-to', message: `${quote(to)} is no URL.`, advice: FORMAT } : undefined)
  );
}

function urlFault(target: string): Said | undefined {
  if (/[^\P{Cc}\u0080-\u009f]/u.test(target)) {
    return { kind: 'redirect-url', message: `${quote(target)} has a control character.`, advice: 'Remove it.' };
  }
  // A query may have any percent sign; a fragment not.
  const [path = '', fragment = ''] = target.split('#', 2);
  const query = path.indexOf('?');
  if (!/%(?![0-9A-Fa-f]{2})/.test(`${query === -1 ? path : path.slice(0, query)}#${fragment}`)) return undefined;
  const message = `${quote(target)} has a percent sign that encodes nothing.`;
  return { kind: 'redirect-url', message, advice: 'Write `%25` for a percent sign.' };
}

function statusFault(fields: readonly string[], status: string): Said {
  const line = quote(fields.join(' '));
  if (status.endsWith('!')) {
    const message = `${line} forces the rule with \`!\`; a gateway asks the rules only for what the site does not have.`;
    return { kind: 'redirect-forced', message, advice: 'Remove the `!`.' };
  }
  const message = `${line} has ${quote(status)} where the status is; gateways know 200, 301, 302, 303, 307, 308, 404, 410 and 451.`;
  return { kind: 'redirect-status', message, advice: 'Use one of these.' };
}
