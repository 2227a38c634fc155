import { valueAt } from '../json.ts';
import type { FieldFault } from './nft-fault.ts';
import { quote } from './quote.ts';

const FORM = 'Write [{"trait_type": "Eyes", "value": "Big"}, …].';
const NUMERIC = new Set(['number', 'boost_number', 'boost_percentage', 'date']);
/** Seconds since 1970 have fewer digits for the next thousands of years. */
const LARGEST_SECONDS = 1e11;

/** Nobody looks at more, and each may be at fault. */
const MOST_ATTRIBUTES = 1000;

/** `attributes` as OpenSea documents them. */
export function* judgeAttributes(value: object): Generator<FieldFault> {
  const attributes = valueAt(value, 'attributes');
  if (attributes === undefined || attributes === null) return;
  if (!Array.isArray(attributes)) {
    const message = '`attributes` is no list, and marketplaces show none of it.';
    yield { kind: 'attributes', message, advice: FORM, at: ['attributes'] };
    return;
  }
  for (const [index, attribute] of attributes.slice(0, MOST_ATTRIBUTES).entries()) {
    if (!isPlain(attribute)) yield* judgeAttribute(attribute, index);
  }
}

/** Most are, in their tens of thousands. */
function isPlain(attribute: unknown): boolean {
  if (!isAttribute(attribute)) return false;
  const { trait_type: trait, value, display_type: display, max_value: most } = attribute;
  const isShown = typeof value === 'string' || typeof value === 'number';
  return isShown && typeof trait === 'string' && display === undefined && most === undefined;
}

/** What an entry of `attributes` may have; nothing of it is checked. */
export interface Attribute {
  readonly trait_type?: unknown;
  readonly value?: unknown;
  readonly display_type?: unknown;
  readonly max_value?: unknown;
}

export function isAttribute(entry: unknown): entry is Attribute {
  return typeof entry === 'object' && entry !== null && !Array.isArray(entry);
}

function* judgeAttribute(attribute: unknown, index: number): Generator<FieldFault> {
  const at = ['attributes', index] as const;
  if (!isAttribute(attribute)) {
    yield { kind: 'attributes', message: 'An entry of `attributes` is no object.', advice: FORM, at };
    return;
  }
  const { trait_type: trait, value, display_type: display } = attribute;
  if (trait !== undefined && trait !== null && typeof trait !== 'string') {
    const message = 'A `trait_type` in `attributes` is not a text.';
    yield { kind: 'attributes', message, advice: FORM, at: [...at, 'trait_type'] };
  }
  if (value === undefined || (typeof value === 'object' && value !== null)) {
    const message = 'An entry of `attributes` has no `value` that could be shown.';
    yield { kind: 'attributes', message, advice: FORM, at };
    return;
  }
  if (typeof display === 'string' && display !== '') yield* judgeDisplay(display, value, index);
  yield* judgeMost(attribute, index);
}

function* judgeDisplay(display: string, value: unknown, index: number): Generator<FieldFault> {
  const at = ['attributes', index, 'value'] as const;
  if (!NUMERIC.has(display)) {
    if (display === 'string' || display === 'None') return;
    const message = `${quote(display)} is no \`display_type\` that OpenSea documents.`;
    const advice = 'Use number, boost_number, boost_percentage or date, or leave it out.';
    yield { kind: 'display-type', message, advice, at: ['attributes', index, 'display_type'], level: 'note' };
  } else if (typeof value !== 'number') {
    const message = `A \`value\` is not a number, as its \`display_type\` ${quote(display)} needs.`;
    yield { kind: 'display-type', message, advice: 'Write the number without quotes.', at };
  } else if (display === 'date' && Math.abs(value) > LARGEST_SECONDS) {
    const message = 'A date is in milliseconds, and is read as seconds: thousands of years from now.';
    yield { kind: 'display-type', message, advice: 'Divide it by 1000.', at };
  }
}

function* judgeMost({ value, max_value: most }: Attribute, index: number): Generator<FieldFault> {
  if (most === undefined || most === null) return;
  const at = ['attributes', index, 'max_value'] as const;
  if (typeof most !== 'number') {
    yield {
      kind: 'max-value',
      message: 'A `max_value` is not a number.',
      advice: 'Write the number without quotes.',
      at,
    };
  } else if (typeof value === 'number' && value > most) {
    const message = 'A `value` is greater than its `max_value`.';
    yield { kind: 'max-value', message, advice: 'Correct one of them.', at };
  }
}
