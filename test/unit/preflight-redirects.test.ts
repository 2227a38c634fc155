import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Preflight } from '../../src/domain/preflight/finding.ts';
import { createInspection } from '../../src/domain/preflight/inspection.ts';
import { createSinglePageRule } from '../../src/domain/preflight/single-page.ts';
import { cpuClock } from '../support/cpu-clock.ts';
import { mutations } from './preflight-mutations.ts';

/** The example of the specification, with the files that are beside it there. */
const EXAMPLE = `/redirect-one /one.html
/301-redirect-one /one.html 301
/302-redirect-two /two.html 302
/200-index /index.html 200
/posts/:year/:month/:day/:title /articles/:year/:month/:day/:title 301
/splat/* /redirected-splat/:splat 301
/not-found/* /404.html 404
/gone/* /410.html 410
/unavail/* /451.html 451
/* /index.html 200
`;
const FILES = [
  '404.html',
  '410.html',
  '451.html',
  'index.html',
  'one.html',
  'two.html',
  'articles/a.html',
  'docs/index.html',
];

function bytesOf(text: string): Uint8Array {
  return new TextEncoder().encode(text);
}

async function lookAt(bytes: Uint8Array, cuts: readonly number[] = [], files = FILES): Promise<Preflight> {
  const paths = new Map([...files, '_redirects'].map((path) => [path, 9]));
  const inspection = createInspection([
    { rule: createSinglePageRule({ files: paths, isSingleFile: false }), severity: 'warn' },
  ]);
  inspection.begin({ path: '_redirects', bytes: bytes.length });
  const ends = [...new Set(cuts)].filter((cut) => cut < bytes.length).sort((a, b) => a - b);
  for (const [index, end] of [...ends, bytes.length].entries())
    inspection.take(bytes.subarray(ends[index - 1] ?? 0, end));
  inspection.end();
  return inspection.finish();
}

/** What is said of the file itself. */
async function kinds(text: string): Promise<readonly string[]> {
  const { findings } = await lookAt(bytesOf(text));
  return findings
    .filter(({ path }) => path === '_redirects')
    .map(({ severity, kind, line }) => `${severity} ${kind} ${line}`);
}

describe('_redirects', () => {
  it.each([
    ['the example of the specification', EXAMPLE],
    ['its lines ended as on Windows', EXAMPLE.replaceAll('\n', '\r\n')],
    ['comments, blank lines and space around', '# a comment\n\n  \t/a\t/one.html   301  \n   # another\n/b /two.html'],
    ['every status', [301, 302, 303, 307, 308].map((status) => `/a${status} /one.html ${status}`).join('\n')],
    ['every status with content', '/a /404.html 404\n/b /410.html 410\n/c /451.html 451\n/d /docs/ 200\n/* / 200'],
    [
      'other sites',
      '/a https://example.net/x/:splat-less\n/b/* https://example.net:8080/:splat 302\n/c ipfs://bafy/x\n/d ipns://x.eth',
    ],
    [
      'static and dynamic queries',
      '/source1/* /one.html?static=1&x=:splat 301\n/s/:code/:name /one.html?code=:code&name=:name 301',
    ],
    ['a placeholder used twice in a target', '/a/:x /articles/:x/:x 301'],
    ['a fragment', '/faq /docs/#faq'],
    ['letters of other scripts', '/ą /one.html 301'],
    ['a sign and zeros before a status', '/a /404.html +0404'],
    ['the white space of unicode', '\u0085/a\u00a0/one.html\u3000301\u2003'],
    ['special before general', '/docs/old /one.html\n/docs/:page /two.html\n/docs/:page/* /two.html\n/* /404.html 404'],
    ['a chain', '/a /b\n/b /one.html'],
    ['no line at all', ''],
  ])('is fine with %s', async (_, text) => {
    // A placeholder that is set nowhere is the only fault, where a name was made up for it.
    expect(await kinds(text.replace(':splat-less', 'x'))).toEqual([]);
  });

  it.each([
    ['a target is missing', '/a', 'redirect-format'],
    ['there are too many fields', '/a /one.html 301 302', 'redirect-format'],
    ['a comment follows a rule', '/a /one.html 301 # moved', 'redirect-comment'],
    ['a comment follows without status', '/a /one.html # moved', 'redirect-comment'],
    ['a rule is forced', '/a /one.html 301!', 'redirect-forced'],
    ['a status is unknown', '/a /one.html 418', 'redirect-status'],
    ['a status is no number', '/a /one.html found', 'redirect-status'],
    ['a rule depends on a country', '/a /one.html 302 Country=au', 'redirect-condition'],
    ['a rule depends on a role', '/admin/* /one.html 200 Role=admin', 'redirect-condition'],
    ['a rule depends on a query', '/a id=:id /one.html 301', 'redirect-condition'],
    ['a source is a URL', 'https://example.net/* /one.html', 'redirect-from'],
    ['a source is relative', 'a /one.html', 'redirect-from'],
    ['an asterisk is in the middle', '/a/*/b /one.html', 'redirect-splat'],
    ['there are two asterisks', '/a/** /one.html', 'redirect-splat'],
    ['a placeholder is set twice', '/:a/:a /one.html', 'redirect-placeholder'],
    ['a target is relative', '/a one.html', 'redirect-to'],
    ['a target has another scheme', '/a ftp://example.net/', 'redirect-to'],
    ['a target is no URL', '/a https://[::1', 'redirect-to'],
    ['a percent sign encodes nothing', '/100% /one.html', 'redirect-url'],
    ['a control character is in it', '/a\u0001 /one.html', 'redirect-url'],
  ])('is told, with its line, when %s', async (_, line, kind) => {
    expect(await kinds(`# first\n${line}\n`)).toContain(`warn ${kind} 2`);
    const { findings } = await lookAt(bytesOf(line));
    expect(findings.find((finding) => finding.kind === kind)?.advice).toContain('500');
  });

  it.each([
    ['matches a file that exists', '/one.html /two.html', 'redirect-never'],
    ['matches a directory that exists', '/docs/ /two.html', 'redirect-never'],
    ['matches the root', '/ /docs/ 302', 'redirect-never'],
    ['has a query', '/a?id=1 /one.html', 'redirect-never'],
    ['is encoded', '/%C4%85 /one.html', 'redirect-never'],
    ['ends with an asterisk within a segment', '/blog* /one.html', 'redirect-never'],
    ['is there twice', '/a /one.html\n/a /two.html', 'redirect-shadowed'],
    ['is there twice but for a slash', '/a /one.html\n/a/ /two.html', 'redirect-shadowed'],
    ['comes after a catch-all', '/* /404.html 404\n/a /one.html', 'redirect-shadowed'],
    ['comes after a wider rule', '/a/:x /one.html\n/a/b /two.html', 'redirect-shadowed'],
    ['comes after a wider splat', '/a/* /one.html\n/a/b/* /two.html', 'redirect-shadowed'],
    ['leads to a page that is not there', '/a /nowhere.html 200', 'redirect-target'],
    ['shows an error page that is not there', '/* /not-found.html 404', 'redirect-target'],
    ['shows a directory as error page', '/* /docs 404', 'redirect-target'],
    ['redirects to what is not there', '/a /nowhere.html 301', 'redirect-target'],
    ['shows a page with a query', '/a /one.html?x=1 200', 'redirect-target'],
    ['shows another site', '/api/* https://example.net/:splat 200', 'redirect-proxy'],
    ['uses a name that is not set', '/a/:x /articles/:y 301', 'redirect-placeholder'],
    ['uses a splat that is not set', '/a /articles/:splat 301', 'redirect-placeholder'],
    ['leads to itself', '/a /a 301', 'redirect-loop'],
    ['leads below itself', '/blog/* /blog/archive/:splat 301', 'redirect-loop'],
    ['leads everything to one page that is not there', '/* /home 302', 'redirect-loop'],
  ])('is told when a rule %s', async (_, text, kind) => {
    expect(await kinds(text)).toEqual([`warn ${kind} ${text.split('\n').length}`]);
  });

  it('notes a rule that does nothing and means nothing else', async () => {
    expect(await kinds('/ /index.html 200')).toEqual(['note redirect-never 1']);
  });

  it('knows what a splat does not match: the directory itself', async () => {
    expect(await kinds('/a/* /one.html\n/a /two.html')).toEqual([]);
  });

  it('is told when it starts with a byte order mark, or has one before a rule', async () => {
    expect(await kinds('# first\n\ufeff/a /one.html')).toEqual(['warn redirect-from 2']);
    expect(await kinds(`\ufeff${EXAMPLE}`)).toEqual(['warn redirect-mark 1']);
  });

  it('may have 64 KiB and not a byte more', async () => {
    const comment = (length: number) => `#${'x'.repeat(length - 1)}`;
    expect(await kinds(comment(65_536))).toEqual([]);
    expect(await kinds(comment(65_537))).toEqual(['warn redirect-size undefined']);
  });

  it('merges lines with the same fault, and names the first', async () => {
    const { findings } = await lookAt(bytesOf('/b /two.html\n/a /one.html 301!\n/a /one.html 301!\n'));
    expect(findings[0]).toMatchObject({ kind: 'redirect-forced', line: 2, times: 2, files: 1 });
  });

  it('notes a file of that name which is not at the root', async () => {
    const { findings } = await lookAt(bytesOf(EXAMPLE), [], [...FILES, 'docs/_redirects']);
    expect(findings).toMatchObject([{ kind: 'redirect-place', path: 'docs/_redirects', severity: 'note' }]);
  });
});

const SAMPLES = [
  EXAMPLE,
  EXAMPLE.replaceAll('\n', '\r\n'),
  '/a /b 301!\n/ą /ę 301\n/%C4%85 /ę 301\n#/a \n\n/b\nhello\na b 2\nc   d 42\n/a/*/b blah\n',
  '/from https://example.com 200\n/a/:blah/yeah /b/:blah/yeah\n/:a/:b/:a /x\n/** /y\n',
].map(bytesOf);

describe('_redirects, whatever it is', () => {
  it('is read the same however it is cut', async () => {
    const text = `${EXAMPLE}/ą /ę 301!\n/b 日本\n`;
    const whole = await lookAt(bytesOf(text));
    await fc.assert(
      fc.asyncProperty(fc.array(fc.nat(bytesOf(text).length)), async (cuts) => {
        expect(await lookAt(bytesOf(text), cuts)).toEqual(whole);
      }),
    );
  });

  it('never throws and never takes long, in 10,000 mutations', async () => {
    const before = process.memoryUsage().heapUsed;
    let slowest = 0;
    for (const bytes of mutations(SAMPLES, 10_000)) {
      const start = cpuClock();
      const { findings } = await lookAt(bytes);
      slowest = Math.max(slowest, cpuClock() - start);
      for (const { message } of findings) if (/[\p{Cc}\u2028]/u.test(message)) throw new Error(message);
    }
    expect(slowest).toBeLessThan(1000);
    expect(process.memoryUsage().heapUsed - before).toBeLessThan(200e6);
  });

  it.each([
    ['of rules that match everything', '/:a/* /b\n'],
    ['of the shortest lines', '/ /\n'],
    ['of one long path', '/:a1'],
    ['of distinct exact rules', '/x /y 200!\n'],
    ['of asterisks', '*'],
    ['of percent signs', '%'],
    ['of spaces', ' '],
    ['of colons', '/a/:b/:c/:d :e'],
    ['of splats in a target', '/a/* /:splat'],
  ])('is read in under a second when it is full %s', async (_, unit) => {
    const start = cpuClock();
    await lookAt(bytesOf(`/${unit.repeat(Math.floor(65_000 / unit.length))}`));
    expect(cpuClock() - start).toBeLessThan(1000);
  });
});
