import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { createDuplicates, hashOf, mixHashes } from '../../src/domain/preflight/nft-duplicates.ts';
import { gapsIn, renderNumbers, tokenIdOf } from '../../src/domain/preflight/nft-ids.ts';
import { quote } from '../../src/domain/preflight/quote.ts';

const HEX = '000000000000000000000000000000000000000000000000000000000004cce0';

describe('token ids in file names', () => {
  it.each([
    ['1.json', { form: 'decimal', number: 1, hasLeadingZeros: false, hasExtension: true }],
    ['0', { form: 'decimal', number: 0, hasLeadingZeros: false, hasExtension: false }],
    ['007.json', { form: 'decimal', number: 7, hasLeadingZeros: true }],
    ['10000.JSON', { form: 'decimal', number: 10_000 }],
    [`${HEX}.json`, { form: 'hex', number: 314_592, hasUpperCase: false, hasLeadingZeros: false }],
    [HEX.toUpperCase(), { form: 'hex', number: 314_592, hasUpperCase: true }],
    [`${'0'.repeat(63)}7`, { form: 'hex', number: 7 }],
    ['f'.repeat(64), { form: 'hex', number: undefined }],
    ['0x1f.json', { form: 'prefixed-hex', number: 31 }],
    ['9007199254740993', { form: 'decimal', number: undefined }],
    ['9'.repeat(40), { form: 'decimal', number: undefined }],
  ])('%s is one', (name, expected) => {
    expect(tokenIdOf(name)).toMatchObject(expected);
  });

  it.each([
    '',
    'a.json',
    '1.png',
    '-1.json',
    '1.5.json',
    '1.json.bak',
    '0x.json',
    `${HEX}0`,
    'deadbeef.json',
    '1 .json',
  ])('%s is none', (name) => {
    expect(tokenIdOf(name)).toBeUndefined();
  });

  it('come back from decimal and from 64 hexadecimal digits', () => {
    fc.assert(
      fc.property(fc.nat(2 ** 31 - 1), (number) => {
        expect(tokenIdOf(`${number}.json`)).toMatchObject({ form: 'decimal', number });
        expect(tokenIdOf(number.toString(16).padStart(64, '0'))).toMatchObject({ form: 'hex', number });
      }),
    );
  });
});

/** What is missing, counted one by one. */
function naiveGaps(numbers: readonly number[]): readonly number[] {
  const all: number[] = [];
  for (let number = Math.min(...numbers); number <= Math.max(...numbers); number += 1) {
    if (!numbers.includes(number)) all.push(number);
  }
  return all;
}

/** The numbers that a text names, if it names all. */
function numbersOf(text: string): readonly number[] {
  return text.split(', ').flatMap((part) => {
    const [first = 0, last = first] = part.split('–').map(Number);
    return Array.from({ length: last - first + 1 }, (_, index) => first + index);
  });
}

describe('gaps', () => {
  it('are those that counting one by one finds, and are named by their ranges', () => {
    fc.assert(
      fc.property(fc.array(fc.nat(40), { minLength: 1 }), (numbers) => {
        const missing = naiveGaps(numbers);
        const gaps = gapsIn(numbers.toSorted((a, b) => a - b));
        expect(gaps.missing).toBe(missing.length);
        if (missing.length === 0) expect(gaps.text).toBe('');
        else if (!gaps.text.endsWith('…')) expect(numbersOf(gaps.text)).toEqual(missing);
        else
          expect(missing.slice(0, 5)).toEqual(
            expect.arrayContaining([...numbersOf(gaps.text.slice(0, -3))].slice(0, 1)),
          );
        expect(gaps.text).toBe(missing.length === 0 ? '' : renderNumbers(missing));
      }),
    );
  });

  it('are named compactly, the first five of them', () => {
    expect(renderNumbers([9, 1, 2, 4, 5, 6, 9])).toBe('1, 2, 4–6, 9');
    expect(renderNumbers([1, 3, 5, 7, 9, 11])).toBe('1, 3, 5, 7, 9, …');
    expect(gapsIn([1, 2 ** 40])).toEqual({ missing: 2 ** 40 - 2, text: `2–${2 ** 40 - 1}` });
    expect(gapsIn([])).toEqual({ missing: 0, text: '' });
  });
});

describe('duplicates', () => {
  it('are those that comparing every text with every other finds', () => {
    fc.assert(
      fc.property(fc.array(fc.string({ maxLength: 2 })), (texts) => {
        const duplicates = createDuplicates();
        for (const [index, text] of texts.entries()) duplicates.add(hashOf(text), `${index}`);
        const repeated = texts.flatMap((text, index) => (texts.indexOf(text) < index ? [index] : []));
        const isFew = repeated.length > 0 && texts.length - repeated.length >= texts.length * 0.8;
        const index = repeated[0] ?? 0;
        const first = [`${texts.indexOf(texts[index] ?? '')}`, `${index}`];
        expect(duplicates.read()).toEqual(isFew ? { times: repeated.length, first } : undefined);
      }),
    );
  });

  it('are not seen among 9,000 lists of traits that differ, and are whatever the order of a list', () => {
    const words = Array.from({ length: 37 }, (_, index) => hashOf(`Trait\0Value ${index}`));
    const sums = new Set<number>();
    for (let list = 0; list < 37 ** 3; list += 1) {
      const [one, two, three] = [list % 37, Math.floor(list / 37) % 37, Math.floor(list / 1369)];
      if (one > two || two > three) continue;
      sums.add([one, two, three].reduce((sum, index) => mixHashes(sum, words[index] ?? 0), 0));
    }
    expect(sums.size).toBe((37 * 38 * 39) / 6);
    expect(mixHashes(mixHashes(1, 2), 3)).toBe(mixHashes(3, mixHashes(2, 1)));
  });

  it('are not seen among 200,000 texts that differ', () => {
    const hashes = new Set<number>();
    for (let index = 0; index < 200_000; index += 1) hashes.add(hashOf(`ipfs://x/${index}.png`));
    expect(hashes.size).toBe(200_000);
  });
});

describe('quotes', () => {
  it('are one line of at most 120 characters', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary', maxLength: 400 }), (text) => {
        const shown = quote(text);
        expect(shown.length).toBeLessThanOrEqual(120);
        expect(shown).not.toMatch(/[\p{Cc}\u2028-\u202e]/u);
      }),
    );
    expect(quote('\u0001'.repeat(100)).length).toBeLessThanOrEqual(120);
    expect(quote('a b')).toBe('`a b`');
    expect(quote('a\nb')).toBe('`a\\u000ab`');
  });
});
