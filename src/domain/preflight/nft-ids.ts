/** The token that a file name stands for. */
export interface TokenId {
  readonly form: 'decimal' | 'hex' | 'prefixed-hex';
  /** Undefined beyond 2⁵², as random ids are: nothing is counted there. */
  readonly number: number | undefined;
  readonly hasLeadingZeros: boolean;
  readonly hasUpperCase: boolean;
  /** `1.json`, not `1`. */
  readonly hasExtension: boolean;
}

const NAME = /^(?:(\d{1,63})|(0x[0-9a-f]{1,64})|([0-9a-f]{64}))(\.json)?$/i;

/** ERC-721 appends decimal ids to a base, ERC-1155 has 64 hexadecimal digits for `{id}`; undefined for other names. */
export function tokenIdOf(name: string): TokenId | undefined {
  const [whole, decimal, prefixed, hex, extension] = NAME.exec(name) ?? [];
  if (whole === undefined) return undefined;
  const digits = decimal ?? prefixed?.slice(2) ?? hex ?? '';
  return {
    form: decimal !== undefined ? 'decimal' : hex !== undefined ? 'hex' : 'prefixed-hex',
    number: numberOf(digits, decimal === undefined ? 16 : 10),
    hasLeadingZeros: decimal !== undefined && /^0\d/.test(decimal),
    hasUpperCase: decimal === undefined && /[A-F]/.test(digits),
    hasExtension: extension !== undefined,
  };
}

function numberOf(digits: string, base: 10 | 16): number | undefined {
  const short = digits.replace(/^0+(?=.)/, '');
  const number = short.length > 16 ? Number.NaN : Number.parseInt(short, base);
  return number < 2 ** 52 ? number : undefined;
}

export interface Gaps {
  /** How many numbers are not there between the least and the greatest. */
  readonly missing: number;
  /** `5, 17–20`: the first of them. */
  readonly text: string;
}

/** What is missing among numbers, which come sorted and may come twice. */
export function gapsIn(sorted: readonly number[]): Gaps {
  const ranges: (readonly [number, number])[] = [];
  let missing = 0;
  let before = sorted[0] ?? 0;
  for (const number of sorted) {
    if (number > before + 1) {
      missing += number - before - 1;
      ranges.push([before + 1, number - 1]);
    }
    before = number;
  }
  return { missing, text: renderRanges(ranges) };
}

/** Numbers as `5, 17–20`, those beside each other together. */
export function renderNumbers(numbers: readonly number[]): string {
  const ranges: [number, number][] = [];
  for (const number of [...new Set(numbers)].sort((a, b) => a - b)) {
    const last = ranges.at(-1);
    if (last !== undefined && last[1] === number - 1) last[1] = number;
    else ranges.push([number, number]);
  }
  return renderRanges(ranges);
}

const MOST_RANGES = 5;

function renderRanges(ranges: readonly (readonly [number, number])[]): string {
  const texts = ranges.slice(0, MOST_RANGES).map(([first, last]) => {
    if (first === last) return `${first}`;
    return last === first + 1 ? `${first}, ${last}` : `${first}–${last}`;
  });
  return ranges.length > MOST_RANGES ? `${texts.join(', ')}, …` : texts.join(', ');
}
