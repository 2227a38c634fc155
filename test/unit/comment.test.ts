import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  findOwn,
  type OwnComment,
  parseLastGood,
  planComment,
  renderLastGood,
  renderMarker,
} from '../../src/domain/comment.ts';
import { projectOf } from '../../src/domain/tag.ts';
import { cidNumber } from './account.ts';

const KEY = { project: projectOf('acme/site'), pullRequest: 7 };
const MARKER = renderMarker(KEY);

function comment(id: number, body: string): OwnComment {
  return { id, url: `https://github.example/acme/site/pull/7#issuecomment-${id}`, body };
}

const urls = fc.oneof(
  fc.webUrl({ withFragments: true, withQueryParameters: true }),
  fc.string({ unit: 'binary', maxLength: 80 }).map((rest) => `https://a.example/${rest.toWellFormed()}`),
  fc.constantFrom('http://127.0.0.1:1/', 'https://a.example/-->', 'https://a.example/%zz', "https://a.example/('*')"),
);

describe('the preview that worked last', () => {
  const goods = fc.record({
    cid: fc.integer({ min: 0, max: 255 }).map(cidNumber),
    url: urls,
    commit: fc.constantFrom('', '0000000', 'abcdef1'),
  });

  it('is read back as it was written, with any URL and either form of line ends', () => {
    fc.assert(
      fc.property(goods, fc.constantFrom('\n', '\r\n'), (good, eol) => {
        const body = [MARKER, renderLastGood(good), '', 'Deployed.'].join(eol);
        expect(parseLastGood(body)).toEqual(good);
      }),
    );
  });

  it('is a comment of HTML that ends where it ends', () => {
    fc.assert(
      fc.property(goods, (good) => {
        const line = renderLastGood(good);
        expect(line).toMatch(/^<!-- [^<>\s]+( [^<>\s]+)* -->$/);
      }),
    );
  });

  const good = { cid: cidNumber(1), url: 'https://a.example/', commit: 'abcdef1' };
  const line = renderLastGood(good);

  it.each([
    ['no second line', MARKER],
    ['another line before it, which may be the name of a file', [MARKER, '', line].join('\n')],
    ['text around it', [MARKER, `x ${line}`].join('\n')],
    ['a CID that is none', [MARKER, line.replace(good.cid, 'bafynothing')].join('\n')],
    ['a link that runs code', [MARKER, line.replace('https%3A%2F%2F', 'javascript%3A')].join('\n')],
    ['an escape that is none', [MARKER, line.replace('%3A', '%ZZ')].join('\n')],
    ['a commit that is none', [MARKER, line.replace('abcdef1', 'x-->')].join('\n')],
    ['nothing', ''],
  ])('is not known with %s', (_title, body) => {
    expect(parseLastGood(body)).toBeUndefined();
  });
});

describe('our comment', () => {
  it.each([
    ['alone', MARKER],
    ['before a line', `${MARKER}\nDeployed`],
    ['before a line with another end', `${MARKER}\r\nDeployed`],
  ])('has its marker on the first line, %s', (_title, body) => {
    expect(findOwn([comment(1, body)], KEY)).toHaveLength(1);
  });

  it.each([
    ['on the second line', `Deployed\n${MARKER}`],
    ['quoted', `> ${MARKER}`],
    ['behind a space', ` ${MARKER}`],
    ['before more on its line', `${MARKER} x`],
    ['of another project', renderMarker({ ...KEY, project: projectOf('acme/site#docs') })],
    ['of another pull request', renderMarker({ ...KEY, pullRequest: 77 })],
    ['of another schema', MARKER.replace(':v1', ':v2')],
    ['nowhere', 'Looks good'],
    ['that is empty', ''],
  ])('is none with a marker %s', (_title, body) => {
    expect(findOwn([comment(1, body)], KEY)).toEqual([]);
  });

  it('is the oldest, in whatever order they come', () => {
    const found = findOwn([comment(30, MARKER), comment(4, MARKER), comment(200, MARKER)], KEY);
    expect(found.map(({ id }) => id)).toEqual([4, 30, 200]);
  });

  it('shows nothing of the project that a reader could mistake for markup', () => {
    const marker = renderMarker({ ...KEY, project: projectOf('a/b--> <img src=x>') });
    expect(marker).toMatch(/^<!-- pinata-deploy:v1 project=[0-9a-f]{8} pr=7 -->$/);
  });
});

describe('planComment', () => {
  it('creates where there is none', () => {
    expect(planComment([], 'new')).toEqual({ write: { kind: 'create' }, superfluous: [] });
  });

  it('edits the oldest, and says which others are too many', () => {
    const [first, second, third] = [comment(1, 'old'), comment(2, 'new'), comment(3, 'old')];
    expect(planComment([first, second, third], 'new')).toEqual({
      write: { kind: 'update', comment: first },
      superfluous: [second, third],
    });
  });

  it.each([
    ['the same', 'a\nb'],
    ['other line ends', 'a\r\nb'],
    ['space at its end', 'a\nb\n \n'],
  ])('keeps a text that is there with %s', (_title, body) => {
    expect(planComment([comment(1, body)], 'a\nb\n').write.kind).toBe('keep');
  });

  it('plans nothing again once it is done', () => {
    fc.assert(
      fc.property(fc.array(fc.string(), { maxLength: 4 }), fc.string(), (bodies, body) => {
        const own = bodies.map((text, index) => comment(index + 1, text));
        const { write } = planComment(own, body);
        const left = write.kind === 'create' ? comment(9, body) : { ...write.comment, body };
        expect(planComment([left], body)).toEqual({ write: { kind: 'keep', comment: left }, superfluous: [] });
      }),
    );
  });
});
