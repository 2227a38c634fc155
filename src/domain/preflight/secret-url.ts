import type { Secret } from './secret.ts';
import { isPlaceholder } from './secret-placeholder.ts';
import { countPlace, type Stretch, textOf } from './secret-stretches.ts';
import { lintToken } from './token-lint.ts';

const LONGEST_PART = 300;
const SHORTEST_PASSWORD = 4;
const DATABASES = /^(jdbc:)?(mongodb(\+srv)?|mysqlx?|postgres(ql)?)$/;
const OTHERS = /^(rediss?|amqps?|mariadb|mssql|sqlserver|clickhouse|nats|smtps?)$/;
const WEB = /^(https?|ftps?)$/;
/** Passwords of examples, and of machines that nobody reaches. */
const WEAK =
  /pass|secret|pwd|admin|test|demo|user|root|guest|foobar|token|key$|^(postgres|mysql|redis|mongo)|^[a-z]{1,10}$/i;
const LOCAL =
  /^(localhost|127\.|0\.0\.0\.0|\[::1|host(name)?\b|example\.|[^/]*\.(example|test|invalid|localhost)\b|[^/]*\bexample\.|[^/:]*sentry)/i;

/** A URL whose user and password end at an `@`; undefined for those of examples and of machines that nobody reaches. */
export function judgeUrl(stretch: Stretch, at: number): Secret | undefined {
  const start = userStart(stretch, at);
  if (start === undefined || !hasPassword(stretch, start, at) || !countPlace(stretch)) return undefined;
  const [, scheme = '', user = '', password = '', host = ''] =
    /^([a-z+:]{2,20}):\/\/([^:\s]{0,200}):([^\s]{4,250})@([^\s"'`<>\\]{1,200})/.exec(
      textOf(stretch, schemeStart(stretch, start), at + LONGEST_PART),
    ) ?? [];
  if (!isReal(user, password, host)) return undefined;
  const value = `${scheme}://${user}:${password}@${host}`;
  if (OTHERS.test(scheme) || (DATABASES.test(scheme) && lintToken('database-connection-string', value).length > 0)) {
    return { kind: 'database-url', what: 'A URL of a database with its password', value };
  }
  return WEB.test(scheme) && lintToken('basicauth', value).length > 0
    ? { kind: 'url-password', what: 'A URL with a password', value }
    : undefined;
}

function isReal(user: string, password: string, host: string): boolean {
  if (password === '' || password === user || WEAK.test(asWritten(password)) || LOCAL.test(host)) return false;
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
