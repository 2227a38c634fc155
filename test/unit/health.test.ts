import fc from 'fast-check';
import MarkdownIt from 'markdown-it';
import { describe, expect, it } from 'vitest';
import { type Findings, isHealthy, judgeHealth } from '../../src/domain/health.ts';
import { type HealthNews, type OwnIssue, planHealthIssue, renderHealthMarker } from '../../src/domain/health-issue.ts';
import type { Probe, TagHealth } from '../../src/domain/outcome.ts';
import { projectOf } from '../../src/domain/tag.ts';
import type { BlockCheck } from '../../src/domain/verification.ts';
import { renderHealthNews, renderHealthSection } from '../../src/render/health.ts';
import { cidNumber } from './account.ts';

const CID = cidNumber(1);
const project = projectOf('acme/app');
const live: Probe = {
  link: 'https://a.example/',
  host: 'a.example',
  state: 'live',
  note: 'bytes match',
  final: true,
  status: 200,
  firstByteMs: 1,
  bytes: 12,
};
const down: Probe = { ...live, host: 'b.example', state: 'down', note: 'answered 504' };
const whole: BlockCheck = {
  host: 'a.example',
  state: 'whole',
  blocks: 2,
  bytes: 9,
  totalBytes: 9,
  note: 'fine',
  ms: 1,
};
const broken: BlockCheck = { ...whole, host: 'b.example', state: 'broken', note: 'one is wrong' };
const fine: Findings = {
  tag: 'production',
  cid: CID,
  pinned: true,
  probes: [live],
  blocks: [whole],
  names: [],
  mirrors: [],
  deployed: undefined,
};
const name = { kind: 'dnslink', domain: 'app.example', tag: 'production' } as const;

describe('the health of a tag', () => {
  it.each<[string, Partial<Findings>]>([
    ['all is well', {}],
    ['nobody looked', { probes: [], blocks: [] }],
    ['links are there and were not opened', { probes: [{ ...live, state: 'unopened' }] }],
    ['one gateway of two serves it', { probes: [down, live], blocks: [broken, whole] }],
    ['a gateway serves its files only', { probes: [{ ...live, state: 'files' }] }],
    ['a page opens that shows nothing of it, and its blocks are right', { probes: [{ ...live, state: 'opens' }] }],
    ['a sample of its blocks is right', { blocks: [{ ...whole, state: 'sample' }] }],
    ['GitHub says the same', { deployed: CID }],
  ])('is good when %s', (_title, more) => {
    expect(judgeHealth({ ...fine, ...more })).toEqual({ problems: [], remarks: [] });
  });

  it.each<[string, Partial<Findings>, RegExp]>([
    ['it is not pinned', { pinned: false }, /^its content is not pinned any more$/],
    ['no gateway serves it', { probes: [down] }, /^no gateway serves it \(b\.example: answered 504\)$/],
    [
      'a page opens that shows nothing of it, and no block was read',
      { probes: [down, { ...live, state: 'opens', note: 'loads it' }], blocks: [] },
      /^no gateway has shown a byte of it \(b\.example: answered 504; a\.example: loads it\)$/,
    ],
    [
      'nobody gives out its blocks',
      { blocks: [{ ...broken, state: 'unread', note: 'answered 504' }] },
      /^no gateway gives out its blocks \(b\.example: answered 504\)$/,
    ],
    ['its blocks are wrong', { blocks: [broken] }, /^its blocks are not as its CID says \(b\.example: one is wrong\)$/],
    ['GitHub knows newer content', { deployed: cidNumber(2) }, /active deployment of it shows bafy/],
    [
      'a name says something else',
      { names: [{ name, state: 'failed', previous: undefined, note: 'says /ipns/x.' }] },
      /^app\.example: says \/ipns\/x$/,
    ],
  ])('is bad when %s', (_title, more, problem) => {
    const { problems } = judgeHealth({ ...fine, ...more });
    expect(problems).toHaveLength(1);
    expect(problems[0]).toMatch(problem);
  });

  it('remarks on a mirror, and is good all the same', () => {
    const mirrors = [
      { mirror: 'one', cid: CID, state: 'pinned', note: '' },
      { mirror: 'two', cid: CID, state: 'absent', note: '' },
      { mirror: 'three', cid: CID, state: 'trouble', note: 'answered 500' },
    ] as const;
    expect(judgeHealth({ ...fine, mirrors })).toEqual({
      problems: [],
      remarks: ['mirror two: absent', 'mirror three: answered 500'],
    });
  });
});

const BAD: TagHealth = { ...fine, since: new Date(0), problems: ['its content is not pinned any more'], remarks: [] };
const context = { project, runUrl: 'https://github.com/acme/app/actions/runs/7', now: new Date(1_800_000_000_000) };

function news(tags: readonly TagHealth[] = [BAD], at = context.now): HealthNews {
  return renderHealthNews(tags, { ...context, now: at });
}

function issue(number: number, body: string, title = news().title): OwnIssue {
  return { number, url: `https://github.com/acme/app/issues/${number}`, title, body };
}

describe('the issue of a project', () => {
  const good = news([{ ...BAD, problems: [] }]);
  const body = `${renderHealthMarker(project)}\n${news().body}`;

  it('is opened when something is wrong, and not when nothing is', () => {
    expect(planHealthIssue([], news())).toEqual({ kind: 'open', body });
    expect(planHealthIssue([], good)).toEqual({ kind: 'nothing' });
  });

  it('is kept when a later check finds the same, whatever GitHub did to its lines', () => {
    const later = news([BAD], new Date(1_800_003_600_000));
    for (const text of [body, body.replaceAll('\n', '\r\n'), `${body}\n`])
      expect(planHealthIssue([issue(3, text)], later).kind).toBe('keep');
  });

  it('is written anew when something else is wrong', () => {
    const other = news([{ ...BAD, problems: ['no gateway serves it'] }]);
    expect(planHealthIssue([issue(3, body)], other)).toMatchObject({ kind: 'update', issue: { number: 3 } });
    expect(planHealthIssue([issue(3, body, 'another title')], news()).kind).toBe('update');
  });

  it('has room in what GitHub takes, however many tags there are and whatever is said of them', () => {
    const many = Array.from({ length: 900 }, (_, nth): TagHealth => {
      const problems = nth % 2 === 0 ? [`it says ${'|`<'.repeat(700)}`] : [];
      return { ...BAD, tag: `branch-${nth}`, problems };
    });
    const text = news(many).body;
    expect(text.length).toBeLessThan(60_000);
    expect(text).toContain('branch-0');
    expect(text).toMatch(/- and \d+ more/);
  });

  it('says that all is served only where somebody looked', () => {
    expect(good.farewell).toMatch(/^All is well again: 1 tag pinned and served at /);
    const unopened = { ...BAD, problems: [], probes: [], blocks: [] };
    expect(news([unopened]).farewell).toMatch(/^All is well again: 1 tag pinned at /);
  });

  it('is closed when all is well again', () => {
    expect(planHealthIssue([issue(3, body)], good)).toMatchObject({ kind: 'close', issue: { number: 3 } });
  });

  it('is the oldest of several; the younger ones are too many', () => {
    const all = [issue(9, body), issue(3, body), issue(5, body)];
    for (const said of [news(), good])
      expect(planHealthIssue(all, said)).toMatchObject({
        issue: { number: 3 },
        superfluous: [{ number: 5 }, { number: 9 }],
      });
  });

  it('is none of another project, and none of a person who quotes it', () => {
    const others = [
      issue(1, body.replace(renderHealthMarker(project), renderHealthMarker(projectOf('acme/docs')))),
      issue(2, `> ${body}`),
      issue(3, `look:\n${body}`),
    ];
    expect(planHealthIssue(others, news()).kind).toBe('open');
    expect(planHealthIssue(others, good).kind).toBe('nothing');
  });
});

describe('what is said of health', () => {
  const markdown = new MarkdownIt({ html: true });
  const tags = (text: string): string =>
    [...markdown.render(text).matchAll(/<\/?([a-z0-9]+)/g)]
      .map(([tag]) => tag)
      .filter((tag) => tag !== '<wbr')
      .join('');
  const nasty = fc.oneof(
    fc.string({ unit: 'binary', maxLength: 60 }),
    fc.constantFrom(
      'a|b',
      '`',
      '<img src=x onerror=1>',
      '@octocat',
      '</details>',
      '\n# h',
      '**b**',
      '[x](y)',
      '\r\n- x',
    ),
  );

  it('keeps its structure whatever gateways, mirrors and names say', () => {
    const withNote = (note: string): readonly TagHealth[] => [
      {
        ...BAD,
        probes: [{ ...down, note: `x ${note}` }],
        blocks: [{ ...broken, note: `x ${note}` }],
        names: [{ name, state: 'failed', previous: { path: `/ipns/x${note}`, cid: undefined }, note: `x ${note}` }],
        mirrors: [{ mirror: 'one', cid: CID, state: 'trouble', note: `x ${note}` }],
        problems: [`x ${note}`],
        remarks: [`x ${note}`],
      },
    ];
    const shape = tags(renderHealthSection(withNote('plain')));
    const issueShape = tags(news(withNote('plain')).body);
    fc.assert(
      fc.property(nasty, (note) => {
        expect(tags(renderHealthSection(withNote(note)))).toBe(shape);
        expect(tags(news(withNote(note)).body)).toBe(issueShape);
      }),
    );
  });

  it('fits into a summary with thousands of tags, and shows the bad ones first', () => {
    const good: TagHealth = { ...BAD, problems: [] };
    const many = [
      ...Array.from({ length: 3000 }, (_, index) => ({ ...good, tag: `t${index}` })),
      { ...BAD, tag: 'bad' },
    ];
    const section = renderHealthSection(many);
    expect(section.length).toBeLessThan(500_000);
    expect(section.indexOf('<code>bad</code>')).toBeLessThan(section.indexOf('<code>t0</code>'));
    expect(section).toMatch(/^and 2,801 more tags: see the report\.$/m);
  });

  it('is healthy when no tag has a problem', () => {
    expect(isHealthy([])).toBe(true);
    expect(isHealthy([{ problems: [] }, BAD])).toBe(false);
  });
});
