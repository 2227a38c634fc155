import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type JsonDocument, readJson } from '../../src/domain/preflight/nft-document.ts';

function documentOf(text: string): JsonDocument {
  const read = readJson(text);
  if (!('value' in read)) throw new Error(`no JSON: ${text}`);
  return read;
}

/** Keys and texts with all that looks like structure. */
const texts = fc.string({ unit: fc.constantFrom('"', '\\', ':', '{', '}', ',', 'a', '\n'), maxLength: 6 });
const { value: values } = fc.letrec<{ value: unknown }>((tie) => ({
  value: fc.oneof(
    { maxDepth: 4 },
    texts,
    fc.integer(),
    fc.constant(null),
    fc.array(tie('value'), { maxLength: 4 }),
    fc.dictionary(texts, tie('value'), { maxKeys: 4 }),
  ),
}));

describe('JSON with positions on demand', () => {
  it('has no key twice where none was written twice', () => {
    fc.assert(
      fc.property(values, fc.constantFrom(0, 2), (value, indent) => {
        const read = documentOf(JSON.stringify(value, null, indent));
        expect(read.value).toEqual(value);
        expect(read.hasTwice()).toBe(false);
      }),
    );
  });

  it('has a key twice wherever one was written twice, and knows the line', () => {
    fc.assert(
      fc.property(values, texts, (value, key) => {
        const [name, inside] = [JSON.stringify(key), JSON.stringify(value)];
        const read = documentOf(`[${inside},\n{${name}:1,"-":${inside},\n${name}:2}]`);
        expect(read.hasTwice()).toBe(true);
        expect(read.lineOfTwice()).toBe(3);
      }),
    );
  });

  it('knows the line of a value, of the nearest above what is not there, and of the last of two', () => {
    const { lineOf } = documentOf('{\n"a": [\n1,\n{"b":\n2}],\n"c": 3,\n"c": 4}');
    expect([[], ['a'], ['a', 0], ['a', 1, 'b'], ['a', 1, 'x'], ['c'], ['x', 'y']].map(lineOf)).toEqual([
      1, 2, 3, 4, 4, 7, 1,
    ]);
  });

  it.each([
    ['{"a":1,}', 1],
    ['{\n"a": 1,\n}', 3],
    ["{\n'a': 1}", 2],
    ['{\n"a": 1 // one\n}', 2],
    ['{\n"a": tru}', 2],
    ['{"a":\n"b\nc"}', 2],
    ['', 1],
    [`[${'1,\n'.repeat(200_000)}1 2]`, 200_001],
  ])('knows where it is wrong', (text, line) => {
    expect(readJson(text)).toEqual({ line });
  });

  it('gives no lines for what is too long or too deep', () => {
    expect(documentOf(`{"a":"${'x'.repeat(300_000)}"}`).lineOf(['a'])).toBeUndefined();
    expect(documentOf(`${'['.repeat(100_000)}${']'.repeat(100_000)}`).lineOf([0])).toBeUndefined();
  });
});
