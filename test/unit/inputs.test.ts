import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { ActionError } from '../../src/domain/errors.ts';
import type { RunContext } from '../../src/domain/run.ts';
import type { InputName } from '../../src/input-fields.ts';
import { type Inputs, inputDefaults, parseInputs, SECRET_INPUTS, secretsIn } from '../../src/inputs.ts';
import { OUTPUT_NAMES } from '../../src/render/outputs.ts';
import { PUSH } from './run-context.ts';

const JWT = 'eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiJ0ZXN0In0.c2lnbmF0dXJl';
const GOOD = { path: 'site', 'pinata-jwt': JWT } as const;
const context: RunContext = PUSH;

type Given = Partial<Record<InputName, string>>;

function parsed(given: Given, event = 'push'): Inputs {
  return parseInputs((name) => given[name] ?? '', { ...context, event });
}

function refusal(given: Given): ActionError {
  try {
    parsed(given);
  } catch (error) {
    if (error instanceof ActionError) return error;
    throw error;
  }
  throw new Error('the inputs were accepted');
}

describe('parseInputs', () => {
  it('needs a path and a JWT to deploy, and nothing else', () => {
    const { values, mode } = parsed(GOOD);
    expect(mode).toEqual({ kind: 'deploy' });
    expect(values.include).toEqual(['**']);
    expect(values.timeout).toBe(1_800_000);
    expect(values['cid-profile']).toBe('unixfs-v1-2025');
    expect(values.gateways).toHaveLength(2);
  });

  it('needs neither where there is nothing to deploy', () => {
    expect(parsed({}, 'issues').mode.kind).toBe('skip');
  });

  it('reports all problems together, each with the name, what is accepted and what came', () => {
    const error = refusal({
      concurrency: '3 days',
      'reuse-pinned': 'yes',
      'expected-cid': 'bafy-not',
      include: 'a/[b',
      timeout: '5 minutes',
      'pinata-api-url': 'http://example.com',
      tags: 'Production',
      metadata: 'pd1.x=1',
    });
    expect(error.kind).toBe('input');
    const lines = error.message.split('\n');
    expect(lines[0]).toBe('10 inputs are wrong:');
    for (const name of [
      'path',
      'pinata-jwt',
      'concurrency',
      'reuse-pinned',
      'expected-cid',
      'include',
      'timeout',
      'pinata-api-url',
      'tags',
      'metadata',
    ]) {
      expect(
        lines.some((line) => line.startsWith(`- ${name} must be `)),
        name,
      ).toBe(true);
    }
    expect(error.message).toContain('concurrency must be a whole number from 1 to 32, got "3 days".');
    expect(error.message).toContain('reuse-pinned must be true or false, got "yes".');
  });

  it.each(['25d', '0s', '10'])('refuses the timeout %s', (timeout) => {
    expect(refusal({ ...GOOD, timeout }).message).toContain('timeout must be a duration from 1s to 24d');
  });

  it('needs tags where the event tells none, and a project outside of GitHub', () => {
    const given: Given = { ...GOOD, mode: 'deploy' };
    const attempt = (): unknown =>
      parseInputs((name) => given[name] ?? '', { ...context, event: 'workflow_run', repository: '' });
    expect(attempt).toThrow(/tags must be given, one a line, got nothing: none can be computed on workflow_run/);
    expect(attempt).toThrow(/project must be a name/);
  });

  it('never repeats a secret', () => {
    const error = refusal({ ...GOOD, 'pinata-jwt': 'abcdef0123456789', 'pinata-gateway-key': 'two words' });
    expect(error.message).not.toContain('abcdef');
    expect(error.message).not.toContain('two words');
    expect(error.message).toContain('got a value of 16 characters');
  });

  it.each([
    'http://example.com',
    'ftp://example.com',
    'http://127.0.0.1.evil.com',
    'https://user:pw@example.com',
    'https://api.pinata.cloud/v3',
    'no url',
  ])('refuses %s as a base URL', (url) => {
    expect(refusal({ ...GOOD, 'pinata-api-url': url }).message).toContain('pinata-api-url must be an https URL');
  });

  it.each([
    'auto',
    'none',
    'tag:production',
    'tag:production~2',
    'bafkreigh2akiscaildcqabsyg3dfr6chu3fgpregiymsck7e7aqa4s52zy',
  ])('takes %s as diff-base', (base) => {
    expect(parsed({ ...GOOD, 'diff-base': base }).values['diff-base']).not.toBeUndefined();
  });

  it.each(['production', 'tag:', 'tag:Not a tag', 'tag:production~', 'bafynot'])('refuses %s as diff-base', (base) => {
    expect(refusal({ ...GOOD, 'diff-base': base }).message).toContain(
      'diff-base must be "auto", "none", a tag such as',
    );
  });

  it('names each line of a budget or pattern that it cannot read', () => {
    const error = refusal({ ...GOOD, 'size-budget': 'total=5MB\nmuch\n**/*.js=lots', 'strip-hash': '(' });
    expect(error.message).toContain('("much", "**/*.js=lots" is not)');
    expect(error.message).toContain('strip-hash must be regular expressions');
  });

  it('takes none for block-gateways', () => {
    expect(parsed({ ...GOOD, 'block-gateways': 'none' }).values['block-gateways']).toEqual([]);
  });

  it('only compares where GitHub gives no secrets, unless they are asked for', () => {
    const fork: RunContext = {
      ...context,
      event: 'pull_request',
      activity: 'opened',
      withoutSecrets: true,
      pullRequest: 3,
    };
    const modeOf = (given: Given, at: RunContext) => parseInputs((name) => given[name] ?? '', at).mode;
    expect(modeOf({ path: 'site' }, fork)).toEqual({
      kind: 'diff',
      reason: 'there is no pinata-jwt; runs for forks and Dependabot get no secrets',
    });
    expect(modeOf(GOOD, fork)).toEqual({ kind: 'deploy' });
    expect(() => modeOf({ path: 'site', 'require-credentials': 'true' }, fork)).toThrow(/pinata-jwt must be/);
    expect(() => modeOf({ path: 'site', mode: 'deploy' }, fork)).toThrow(/pinata-jwt must be/);
    expect(() => modeOf({ path: 'site' }, { ...fork, withoutSecrets: false })).toThrow(/pinata-jwt must be/);
    expect(() => modeOf({}, fork)).toThrow(/path must be/);
    expect(modeOf({ path: 'site', mode: 'diff' }, context)).toEqual({ kind: 'diff', reason: undefined });
  });

  it.each(['https://api.example.com', 'http://127.0.0.1:8080', 'http://localhost:1', 'http://[::1]:99'])(
    'takes %s as a base URL',
    (url) => {
      expect(parsed({ ...GOOD, 'pinata-api-url': url }).values['pinata-api-url']).toBe(url);
    },
  );

  it.each([
    ['!dist/**', 'put it into exclude'],
    ['/etc/**', 'is absolute'],
    ['../secret', 'leaves path'],
    ['a/{b,c', 'unclosed'],
    ['a)b', 'unclosed'],
  ])('refuses the glob %s and says why', (glob, why) => {
    expect(refusal({ ...GOOD, exclude: glob }).message).toContain(why);
  });

  it.each(['**/*.map', 'a/{b,c}/**', 'a[0-9].js', 'x\\[1\\].js', '[[]literal'])('takes the glob %s', (glob) => {
    expect(parsed({ ...GOOD, exclude: glob }).values.exclude).toEqual([glob]);
  });

  it('reads the names of older actions, with a line that names the new one', () => {
    const { values, deprecations } = parsed({ 'path-to-deploy': 'site', 'pinata-jwt-token': JWT, pinName: 'mine' });
    expect(values.path).toBe('site');
    expect(values['pinata-jwt']).toBe(JWT);
    expect(values.name).toBe('mine');
    expect(deprecations).toHaveLength(3);
  });

  it('reads an old name although the runner filled in the default of the new one', () => {
    expect(parsed({ ...GOOD, name: '{project}@{sha7}', 'pin-name': 'mine' }).values.name).toBe('mine');
  });

  it('prefers the new name where both are given', () => {
    expect(parsed({ ...GOOD, 'path-to-deploy': 'old' }).values.path).toBe('site');
  });

  it('refuses key and secret inputs and says how to make a JWT', () => {
    const error = refusal({ ...GOOD, pinataKey: 'k', pinataSecret: 's' });
    expect(error.message).toContain('pinataKey is not supported. Make a JWT');
  });

  it('refuses a CAR on the private network', () => {
    expect(refusal({ ...GOOD, network: 'private', 'upload-method': 'car' }).message).toContain('upload-method');
  });

  it('accepts a CID in either version as the same value', () => {
    const v0 = 'QmUNLLsPACCz1vLxQVkXqqLX5R1X345qqfHbsf67hvA3Nn';
    const v1 = 'bafybeiczsscdsbs7ffqz55asqdf3smv6klcw3gofszvwlyarci47bgf354';
    expect(parsed({ ...GOOD, 'expected-cid': v0 }).values['expected-cid']).toBe(
      parsed({ ...GOOD, 'expected-cid': v1 }).values['expected-cid'],
    );
  });
});

describe('the inputs that say what is kept', () => {
  const DAY_MS = 86_400_000;
  const CID = 'bafybeiczsscdsbs7ffqz55asqdf3smv6klcw3gofszvwlyarci47bgf354';

  it('have defaults that keep much', () => {
    expect(parsed(GOOD).values).toMatchObject({
      unpin: true,
      'keep-last': 5,
      'keep-within': 7 * DAY_MS,
      'protect-tags': ['v*'],
      'protect-cids': new Set(),
      'max-removals': 20,
      'preview-expires': 30 * DAY_MS,
    });
  });

  it.each<[InputName, string, unknown]>([
    ['unpin', 'false', false],
    ['keep-last', '1', 1],
    ['keep-last', '1000', 1000],
    ['keep-within', '0s', 0],
    ['keep-within', '3650d', 3650 * DAY_MS],
    ['protect-tags', 'v*\n production \n\nbranch-?', ['v*', 'production', 'branch-?']],
    ['protect-cids', `${CID}\nQmUNLLsPACCz1vLxQVkXqqLX5R1X345qqfHbsf67hvA3Nn`, new Set([CID])],
    ['max-removals', '0', 0],
    ['max-removals', '10000', 10_000],
    ['preview-expires', 'never', undefined],
    ['preview-expires', '1h', 3_600_000],
    ['preview-expires', '3650d', 3650 * DAY_MS],
    ['github-token', 'ghs_abc', 'ghs_abc'],
  ])('takes %s: %j', (name, given, value) => {
    expect(parsed({ ...GOOD, [name]: given }).values).toMatchObject({ [name]: value });
  });

  it.each<[InputName, string, string]>([
    ['unpin', 'no', 'unpin must be true or false, got "no".'],
    ['keep-last', '0', 'keep-last must be a whole number from 1 to 1000, got "0".'],
    ['keep-last', '3 days', 'keep-last must be a whole number from 1 to 1000, got "3 days".'],
    ['keep-within', '3651d', 'keep-within must be a time from 0s to 3650d, such as 12h or 7d, got "3651d".'],
    ['keep-within', '-1d', 'keep-within must be a time from 0s to 3650d'],
    ['keep-within', 'never', 'keep-within must be a time from 0s to 3650d'],
    ['protect-tags', 'V*', 'protect-tags must be globs of tag names, one a line'],
    ['protect-tags', 'v[12]', 'protect-tags must be globs of tag names, one a line'],
    ['protect-tags', 'v*, production', 'protect-tags must be globs of tag names, one a line'],
    ['protect-cids', `${CID}\nbafy-not`, 'protect-cids must be CIDs, one a line'],
    ['max-removals', '-1', 'max-removals must be a whole number from 0 to 10000, got "-1".'],
    ['max-removals', '10001', 'max-removals must be a whole number from 0 to 10000'],
    ['preview-expires', '59m', 'preview-expires must be "never" or a time from 1h to 3650d, such as 30d, got "59m".'],
    ['preview-expires', '0', 'preview-expires must be "never" or a time'],
  ])('refuses %s: %j', (name, given, message) => {
    expect(refusal({ ...GOOD, [name]: given }).message).toContain(message);
  });

  it('never repeats the GitHub token', () => {
    const { message } = refusal({ ...GOOD, 'github-token': 'ghs_abc def' });
    expect(message).toContain('github-token must be one line of printable ASCII, got a value of 11 characters.');
    expect(message).not.toContain('ghs_');
    expect(SECRET_INPUTS).toContain('github-token');
  });

  it('have the names of older actions, with a line for each', () => {
    const { values, deprecations } = parsed({ ...GOOD, 'retention-count': '3', 'retention-max-removals': '7' });
    expect(values).toMatchObject({ 'keep-last': 3, 'max-removals': 7, unpin: true });
    expect(deprecations).toEqual([
      'The input retention-count is deprecated; use keep-last.',
      'The input retention-max-removals is deprecated; use max-removals.',
    ]);
  });

  it.each([
    ['true', false],
    ['false', true],
  ])('read retention-dry-run: %s as unpin: %s', (given, unpin) => {
    const { values, deprecations } = parsed({ ...GOOD, 'retention-dry-run': given });
    expect(values).toMatchObject({ unpin, 'dry-run': false });
    expect(deprecations).toEqual(['The input retention-dry-run is deprecated; use unpin.']);
  });

  it('refuse a retention-dry-run that is neither, so that nothing goes by mistake', () => {
    expect(refusal({ ...GOOD, 'retention-dry-run': 'yes' }).message).toContain(
      'unpin must be true or false, got "yes".',
    );
  });

  it('check an old name like the new one, and prefer the new one', () => {
    expect(refusal({ ...GOOD, 'retention-count': '0' }).message).toContain('keep-last must be a whole number');
    expect(parsed({ ...GOOD, unpin: 'false', 'retention-dry-run': 'false' }).values.unpin).toBe(false);
  });

  it.each(['previews', 'released', 'unpinning', 'pr-0'])('refuse the tag %s, which means something on a pin', (tag) => {
    expect(refusal({ ...GOOD, tags: tag }).message).toContain('tags must be tag names, one a line');
  });

  it('refuse a cleanup of tags that protect-tags protects, each with the glob', () => {
    const { message } = refusal({
      ...GOOD,
      mode: 'cleanup',
      tags: 'v1\nbranch-next\npr-5',
      'protect-tags': 'v*\npr-?',
    });
    expect(message).toContain('tags must not name what protect-tags protects in a cleanup, got "v1" (v*).');
    expect(message).toContain('got "pr-5" (pr-?).');
    expect(message).not.toContain('branch-next');
  });

  it('let a deploy put a protected tag there, and a cleanup take away any other', () => {
    expect(parsed({ ...GOOD, tags: 'v1' }).values.tags).toEqual(['v1']);
    expect(parsed({ 'pinata-jwt': JWT, mode: 'cleanup', tags: 'branch-next' }).mode.kind).toBe('cleanup');
  });
});

describe('the inputs of promotions', () => {
  const CID = 'bafybeiczsscdsbs7ffqz55asqdf3smv6klcw3gofszvwlyarci47bgf354';
  const keyed = { 'pinata-jwt': JWT };

  it.each([
    ['pr-12', { kind: 'tag', ref: { tag: 'pr-12', back: 0 } }],
    ['production~1', { kind: 'tag', ref: { tag: 'production', back: 1 } }],
    ['tag:staging', { kind: 'tag', ref: { tag: 'staging', back: 0 } }],
    [CID, { kind: 'cid', cid: CID }],
  ])('read %s as what is promoted', (from, source) => {
    const { values, mode } = parsed({ ...keyed, mode: 'promote', from });
    expect([values.from, values['to-tag'], mode.kind]).toEqual([source, 'production', 'promote']);
  });

  it('need a source for a promotion, and none for a rollback', () => {
    expect(refusal({ ...keyed, mode: 'promote' }).message).toMatch(/^from must be what mode "promote" puts the tag on/);
    expect(parsed({ ...keyed, mode: 'rollback' }).values.from).toBeUndefined();
    expect(refusal({ ...keyed, path: 'x', mode: 'deploy', from: 'pr-1' }).message).toMatch(/with mode "promote" or/);
  });

  it.each(['No Tag', 'production~x', '~1', 'a b', '../x'])('refuse to promote from %j', (from) => {
    for (const mode of ['promote', 'rollback'])
      expect(refusal({ ...keyed, mode, from }).message).toMatch(/^from must be a tag such as pr-12/);
  });

  it.each(['pr-1', 'pr-0', 'released', 'merged', 'moved', 'Production', ''.padEnd(25, 'x')])(
    'refuse to put the tag %j on content',
    (tag) => {
      expect(refusal({ ...keyed, mode: 'rollback', 'to-tag': tag }).message).toMatch(
        /^to-tag must be one tag that is no/,
      );
    },
  );
});

describe('the inputs of names and mirrors', () => {
  const keyed = { 'pinata-jwt': JWT, mode: 'rollback' };
  const mirrors = { mirrors: 'second=https://pins.example\nnode=kubo+http://127.0.0.1:5001' };

  it('need a token of Cloudflare where a name follows a tag that is moved, and only there', () => {
    const dnslink = 'app.example\nnext.example=staging';
    const error = refusal({ ...keyed, dnslink });
    expect(error.message).toMatch(
      /^cloudflare-token must be a token .* since dnslink names app\.example, got nothing\.$/,
    );
    expect(parsed({ ...keyed, dnslink, 'cloudflare-token': 'abc' }).values.dnslink).toHaveLength(2);
    expect(parsed({ ...keyed, dnslink, 'to-tag': 'other' }).mode.kind).toBe('rollback');
    expect(parsed({ ...keyed, dnslink, 'dry-run': 'true' }).mode.kind).toBe('rollback');
    expect(parsed({ ...keyed, dnslink, mode: 'verify' }).mode.kind).toBe('verify');
    expect(refusal({ ...GOOD, dnslink }).message).toMatch(/^cloudflare-token must be/);
    expect(parsed({ ...GOOD, dnslink: 'next.example=staging' }).mode.kind).toBe('deploy');
  });

  it('name each thing once', () => {
    expect(refusal({ ...keyed, dnslink: 'a.example\nA.example.=staging' }).message).toContain(
      'a.example stands there twice',
    );
    expect(refusal({ ...keyed, mirrors: 'a=https://x.example\na=https://y.example' }).message).toMatch(
      /^mirrors must be/,
    );
    expect(refusal({ ...keyed, ...mirrors, 'mirror-tokens': 'second=a\nsecond=b' }).message).toMatch(/^mirror-tokens/);
  });

  it('have tokens for mirrors that are there, and never repeat one', () => {
    const { values } = parsed({ ...keyed, ...mirrors, 'mirror-tokens': 'second=sesame' });
    expect(values['mirror-tokens']).toEqual(new Map([['second', 'sesame']]));
    const unread = refusal({ ...keyed, mirrors: 'second', 'mirror-tokens': 'second=sesame' }).message;
    expect(unread).toMatch(/^mirrors must be/);
    const stranger = refusal({ ...keyed, ...mirrors, 'mirror-tokens': 'third=sesame' }).message;
    expect(stranger).toMatch(/^mirror-tokens must name mirrors; not among them: "third"\.$/);
    expect(refusal({ ...keyed, ...mirrors, 'mirror-tokens': 'sesame open' }).message).not.toContain('sesame');
  });

  it('mask of a mirror the token, and a password by itself', () => {
    expect(secretsIn('mirror-tokens', 'second=sesame\r\nnode=ann:open\n')).toEqual(['sesame', 'ann:open', 'open']);
    expect([secretsIn('pinata-jwt', ''), secretsIn('cloudflare-token', 'abc')]).toEqual([[], ['abc']]);
  });

  it('are refused on the private network, each with its reason', () => {
    const cid = 'bafybeiczsscdsbs7ffqz55asqdf3smv6klcw3gofszvwlyarci47bgf354';
    const error = refusal({
      ...keyed,
      ...mirrors,
      network: 'private',
      dnslink: 'app.example',
      'cloudflare-token': 'abc',
      'hot-swap-cid': cid,
      verify: 'blocks',
    });
    for (const input of ['mirrors', 'dnslink', 'hot-swap-cid', 'verify'])
      expect(error.message).toMatch(new RegExp(`^- ${input} must be .* when network is "private"`, 'm'));
  });

  it('ask two resolvers at least', () => {
    expect(refusal({ ...keyed, 'dns-resolvers': 'https://dns.google/dns-query' }).message).toMatch(/two or more URLs/);
  });
});

describe('the closing of a pull request', () => {
  const closed = { number: 5, merged: false, at: undefined };
  const closing = (given: Given, withoutSecrets = false): Inputs =>
    parseInputs((name) => given[name] ?? '', {
      ...context,
      event: 'pull_request',
      activity: 'closed',
      pullRequest: 5,
      closed,
      withoutSecrets,
    });

  it('is skipped where there are no secrets: so there was no preview', () => {
    const skipped = { kind: 'skip', reason: 'there is no pinata-jwt; runs for forks and Dependabot get no secrets' };
    expect(closing({}, true).mode).toEqual(skipped);
    expect(closing({ mode: 'cleanup' }, true).mode).toEqual(skipped);
    expect(() => closing({})).toThrow(/pinata-jwt must be/);
  });

  it('is a cleanup with a key, by whatever name', () => {
    expect(closing({ 'pinata-jwt': JWT }).mode).toEqual({ kind: 'cleanup', closed });
    expect(closing({ 'pinata-jwt-token': JWT }).mode).toEqual({ kind: 'cleanup', closed });
  });

  it('needs no path', () => {
    expect(closing({ 'pinata-jwt': JWT }).values.path).toBe('');
  });

  it('has all its other inputs checked where it is skipped', () => {
    expect(() => closing({ 'keep-last': '0' })).toThrow(/keep-last must be/);
  });

  it('is the only thing that is skipped without a key', () => {
    const opened = { ...context, event: 'pull_request', activity: 'opened', pullRequest: 5 };
    const given = (name: string): string => (name === 'path' ? 'site' : '');
    expect(() => parseInputs(given, opened)).toThrow(/Runs for forks get no secrets/);
    expect(() => parseInputs(given, { ...context, event: 'schedule' })).toThrow(/pinata-jwt must be a Pinata JWT/);
  });
});

interface ActionYml {
  readonly inputs: Readonly<Record<string, { readonly default?: string; readonly deprecationMessage?: string }>>;
  readonly outputs: Readonly<Record<string, unknown>>;
  readonly runs: { readonly using: string; readonly main: string };
}

describe('action.yml, the code and README', () => {
  const root = join(import.meta.dirname, '..', '..');
  const action = parse(readFileSync(join(root, 'action.yml'), 'utf8')) as ActionYml;
  const readme = readFileSync(join(root, 'README.md'), 'utf8');

  it('declare the same inputs, in both directions', () => {
    expect(Object.keys(action.inputs).sort()).toEqual([...inputDefaults().keys()].sort());
  });

  it('have the same defaults', () => {
    for (const [name, fallback] of inputDefaults()) {
      // The runner evaluates expressions; the code takes the same value from the event.
      const declared = (action.inputs[name]?.default ?? '').replace(/^\$\{\{.*\}\}$/, '').trim();
      expect(declared, name).toBe(fallback);
    }
  });

  it('read every declared input', () => {
    const read = new Set<string>();
    parseInputs((name) => {
      read.add(name);
      return name === 'path' ? 'site' : name === 'pinata-jwt' ? JWT : '';
    }, context);
    expect([...read].sort()).toEqual(Object.keys(action.inputs).sort());
  });

  it('declare the same outputs, in both directions', () => {
    expect(Object.keys(action.outputs)).toEqual([...OUTPUT_NAMES]);
  });

  it('list in README every input that is not deprecated and every output, and no other', () => {
    const current = Object.entries(action.inputs).filter(([, field]) => field.deprecationMessage === undefined);
    const rows = (table: string): string[] =>
      [
        ...(readme.split(`<!-- ${table}:begin -->`)[1]?.split(`<!-- ${table}:end -->`)[0] ?? '').matchAll(
          /^\| `([^`]+)`/gm,
        ),
      ].map((row) => row[1] ?? '');
    expect(rows('inputs')).toEqual(current.map(([name]) => name));
    expect(rows('outputs')).toEqual(Object.keys(action.outputs));
  });

  it('run on Node 24 from the committed bundle', () => {
    expect(action.runs).toEqual({ using: 'node24', main: 'dist/index.js' });
  });
});

it('repeats no password that somebody put into an address', () => {
  const given = {
    mirrors: 'backup=https://user:hush-hush@mirror.example/psa',
    'pinata-api-url': 'https://me:s3cr3t@api.example',
  };
  const message = messageOf(() => parsed({ ...GOOD, ...given }));
  expect(message).toContain('backup=https://***@mirror.example/psa');
  expect(message).not.toMatch(/hush|s3cr3t/);
});

function messageOf(work: () => unknown): string {
  try {
    work();
    return '';
  } catch (error) {
    return error instanceof Error ? error.message : '';
  }
}
