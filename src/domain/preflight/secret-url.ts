import type { Secret } from './secret.ts';
import { isPlaceholder } from './secret-placeholder.ts';
import { countPlace, type Stretch, textOf } from './secret-stretches.ts';
import { lintToken } from './token-lint.ts';

const LONGEST_PART = 300;
const SHORTEST_PASSWORD = 4;
const DATABASES = /^(jdbc:)?(mongodb(\+srv)?|mysqlx?|postgres(ql)?)$/;
const OTHERS = /^(rediss?|amqps?|mariadb|mssql|sqlserver|clickhouse|nats|smtps?)$/;
const WEB = /^(https?|ftps?|wss?)$/;
/** Passwords of examples, and of machines that nobody reaches. */
const WEAK =
  /pass|secret|pwd|admin|test|demo|user|root|guest|foobar|token|key$|^(postgres|mysql|redis|mongo)|^[a-z]{1,10}$/i;
const LOCAL =
  /^(localhost|127\.|0\.0\.0\.0|\[::1|host(name)?\b|example\.|[^/]*\.(example|test|invalid|localhost)\b|[^/]*\bexample\.|[^/:]*sentry)/i;

/** What no host has in it: the path begins, or the text around the URL goes on. */
const AFTER_HOST: ReadonlySet<number> = new Set([...'/?#,;"\'`<>\\&|(){}'].map((letter) => letter.charCodeAt(0)));

/** A URL whose user and password end at an `@`; undefined for those of examples and of machines that nobody reaches. */
export function judgeUrl(stretch: Stretch, at: number): Secret | undefined {
  const start = userStart(stretch, at);
  if (start === undefined) return undefined;
  const end = passwordEnd(stretch, at);
  if (!hasPassword(stretch, start, end)) return undefined;
  const [, user = '', password = ''] = /^([^:]{0,200}):(.{4,250})$/.exec(textOf(stretch, start, end)) ?? [];
  if (!isDrawn(user, password) || !countPlace(stretch)) return undefined;
  const scheme = /^[a-z+:]{2,20}$/.exec(textOf(stretch, schemeStart(stretch, start), start - 3))?.[0] ?? '';
  const host = /^[^\s"'`<>\\]{1,200}/.exec(textOf(stretch, end + 1, end + LONGEST_PART))?.[0] ?? '';
  if (host === '' || LOCAL.test(host)) return undefined;
  return judgeScheme(scheme, `${scheme}://${user}:${password}@${host}`, password);
}

function judgeScheme(scheme: string, value: string, password: string): Secret | undefined {
  if (OTHERS.test(scheme) || (DATABASES.test(scheme) && lintToken('database-connection-string', value).length > 0)) {
    return { kind: 'database-url', what: 'A URL of a database with its password', value, hidden: password };
  }
  return WEB.test(scheme) && lintToken('basicauth', value.replace(/^ws/, 'http')).length > 0
    ? { kind: 'url-password', what: 'A URL with a password', value, hidden: password }
    : undefined;
}

/** The last `@` before the host: some passwords have one, though it ought to be escaped. */
function passwordEnd({ bytes, end }: Stretch, at: number): number {
  let last = at;
  for (let next = at + 1; next < Math.min(end, at + LONGEST_PART); next += 1) {
    const byte = bytes[next] ?? 0;
    if (byte === 0x40) last = next;
    else if (byte <= 0x20 || byte >= 0x80 || AFTER_HOST.has(byte)) break;
  }
  return last;
}

function isDrawn(user: string, password: string): boolean {
  if (password === '' || password === user || WEAK.test(asWritten(password))) return false;
  return !/[${}<>%*]/.test(password.replace(/%[0-9A-F]{2}/gi, '')) && !isPlaceholder(password);
}

/** `password` of `p4ssw0rd`. */
function asWritten(password: string): string {
  return password.replace(/[@4]/g, 'a').replaceAll('0', 'o').replaceAll('3', 'e').replace(/[$5]/g, 's');
}

/** After the `//` before the user; no other `/`, space or quote stands between. */
function userStart({ bytes }: Stretch, at: number): number | undefined {
  for (let start = at; start > 2 && at - start < LONGEST_PART; start -= 1) {
    const before = bytes[start - 1] ?? 0;
    if (before === 0x2f) return bytes[start - 2] === 0x2f && bytes[start - 3] === 0x3a ? start : undefined;
    if (before <= 0x20 || before === 0x22 || before === 0x27 || before === 0x60 || before === 0x40) return undefined;
  }
  return undefined;
}

function hasPassword({ bytes }: Stretch, start: number, at: number): boolean {
  const colon = bytes.subarray(start, at).indexOf(0x3a);
  return colon !== -1 && start + colon + SHORTEST_PASSWORD < at;
}

function schemeStart({ bytes }: Stretch, user: number): number {
  let start = user - 3;
  while (start > 0 && user - start < 20 && isScheme(bytes[start - 1] ?? 0)) start -= 1;
  return start;
}

function isScheme(byte: number): boolean {
  return (byte >= 0x61 && byte <= 0x7a) || byte === 0x2b;
}
