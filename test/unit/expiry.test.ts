import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type Expiry, type ExpiryRequest, planExpiry } from '../../src/domain/expiry.ts';
import type { Pin } from '../../src/domain/pin.ts';
import { isLasting, type KeyvalueChanges, type Keyvalues, projectOf } from '../../src/domain/tag.ts';
import { applyChanges } from '../../src/domain/tagging.ts';
import { cidNumber, pinOf } from './account.ts';

const project = projectOf('acme/app');
const other = projectOf('acme/docs');
const NOW = new Date(1_800_000_000_000);
const DAY_MS = 86_400_000;
const MARKED = { [project.key]: project.name };
const PREVIEW = { [`${project.key}.previews`]: '5@1800000000' };
const PRODUCTION = { [`${project.key}.production`]: '1800000000 4f2c9a1' };
const THEIR_PRODUCTION = { [`${other.key}.production`]: '1800000000 4f2c9a1' };
const THEIR_PREVIEW = { [`${other.key}.previews`]: '9@1800000000' };

/** `hidden`: the service does not tell. */
function pin(keyvalues: Keyvalues, expiresAt: Date | null | 'hidden'): Pin {
  const made = pinOf('1', cidNumber(1), keyvalues);
  return expiresAt === 'hidden' ? made : { ...made, expiresAt };
}

function request(more: Partial<ExpiryRequest> = {}): ExpiryRequest {
  return {
    project,
    protectedContent: false,
    wasPreview: true,
    previewsKeptMs: 30 * DAY_MS,
    now: NOW,
    written: undefined,
    ...more,
  };
}

const days = (count: number): Date => new Date(NOW.getTime() + count * DAY_MS);

describe('a preview', () => {
  const changes: KeyvalueChanges = PREVIEW;

  it('expires after preview-expires, whether the service tells what it has or not', () => {
    for (const known of ['hidden', null, days(1), days(29)] as const) {
      expect(planExpiry(pin(MARKED, known), changes, request())).toEqual(days(30));
    }
  });

  it('keeps an expiry that is as late or later', () => {
    expect(planExpiry(pin(MARKED, days(30)), changes, request())).toBeUndefined();
    expect(planExpiry(pin(MARKED, days(90)), changes, request())).toBeUndefined();
  });

  it('gets its expiry once in a run', () => {
    const written = days(30);
    expect(planExpiry(pin({ ...MARKED, ...PREVIEW }, 'hidden'), {}, request({ written }))).toBeUndefined();
    // The service may round what it was told.
    const rounded = new Date(written.getTime() - 1000);
    expect(planExpiry(pin({ ...MARKED, ...PREVIEW }, rounded), {}, request({ written }))).toBeUndefined();
  });

  it('is renewed by a push that changes no pair', () => {
    expect(planExpiry(pin({ ...MARKED, ...PREVIEW }, days(3)), {}, request())).toEqual(days(30));
  });

  it('whose number did not fit expires like the others', () => {
    const unknown = { ...MARKED, [`${project.key}.previews`]: '0@1800000000' };
    expect(planExpiry(pin(unknown, 'hidden'), {}, request())).toEqual(days(30));
  });

  it('of an adopted pin is left alone: the pin is somebody else’s', () => {
    for (const known of ['hidden', null, days(1)] as const) {
      expect(planExpiry(pin({ team: 'web' }, known), { ...MARKED, ...PREVIEW, 'pd1.adopted': '1' }, request())).toBe(
        undefined,
      );
      expect(planExpiry(pin({ ...MARKED, 'pd1.adopted': '1' }, known), PREVIEW, request())).toBeUndefined();
    }
  });
});

describe('a preview of what others need', () => {
  const MARKED_THEIRS = { [other.key]: other.name };

  it('gets no expiry: another project may keep its previews for ever', () => {
    for (const theirs of [MARKED_THEIRS, { ...MARKED_THEIRS, ...THEIR_PREVIEW }]) {
      expect(planExpiry(pin({ ...MARKED, ...theirs }, null), PREVIEW, request())).toBeUndefined();
    }
  });

  it('gets one once the other project has released the pin', () => {
    const released = { ...MARKED, ...MARKED_THEIRS, [`${other.key}.released`]: '5' };
    expect(planExpiry(pin(released, null), PREVIEW, request())).toEqual(days(30));
  });

  it('gets none, and loses the one it has, where the user protects the content', () => {
    const asked = request({ protectedContent: true });
    expect(planExpiry(pin(MARKED, null), PREVIEW, asked)).toBeUndefined();
    expect(planExpiry(pin({ ...MARKED, ...PREVIEW }, days(3)), {}, asked)).toBe('never');
    expect(planExpiry(pin({ ...MARKED, ...PREVIEW }, 'hidden'), {}, asked)).toBe('never');
  });
});

describe('a preview that is to stay for ever', () => {
  const never = request({ previewsKeptMs: undefined });

  it('loses an expiry that it has', () => {
    expect(planExpiry(pin({ ...MARKED, ...PREVIEW }, days(3)), {}, never)).toBe('never');
  });

  it('loses one that it may have had as a preview, where the service does not tell', () => {
    expect(planExpiry(pin({ ...MARKED, ...PREVIEW }, 'hidden'), {}, never)).toBe('never');
    expect(planExpiry(pin({ ...MARKED, ...PREVIEW }, 'hidden'), {}, { ...never, written: 'never' })).toBeUndefined();
  });

  it('needs nothing where none can be there', () => {
    expect(planExpiry(pin(MARKED, null), PREVIEW, never)).toBeUndefined();
    expect(planExpiry(pin(MARKED, 'hidden'), PREVIEW, never)).toBeUndefined();
  });
});

describe('what carries a lasting tag', () => {
  it('does not expire when a preview becomes production', () => {
    const before = { ...MARKED, ...PREVIEW };
    expect(planExpiry(pin(before, days(30)), PRODUCTION, request())).toBe('never');
    expect(planExpiry(pin(before, 'hidden'), PRODUCTION, request())).toBe('never');
  });

  it('does not expire when it was a preview whose pull request is closed', () => {
    const before = { ...MARKED, [`${project.key}.released`]: '1800000000' };
    const changes = { ...PRODUCTION, [`${project.key}.released`]: null };
    expect(planExpiry(pin(before, days(2)), changes, request())).toBe('never');
    expect(planExpiry(pin(before, 'hidden'), changes, request())).toBe('never');
  });

  it('gets none from a preview that comes to it', () => {
    const before = { ...MARKED, ...PRODUCTION };
    for (const known of ['hidden', null] as const) {
      expect(planExpiry(pin(before, known), PREVIEW, request())).toBeUndefined();
    }
  });

  it('loses one that is on it, whoever set it', () => {
    expect(planExpiry(pin({ ...MARKED, ...PRODUCTION }, days(3)), {}, request())).toBe('never');
    expect(planExpiry(pin({ ...MARKED, ...PREVIEW }, days(3)), THEIR_PRODUCTION, request())).toBe('never');
  });

  it('is of another project as well as of ours, and of a later version', () => {
    expect(planExpiry(pin({ ...MARKED, ...THEIR_PRODUCTION }, null), PREVIEW, request())).toBeUndefined();
    expect(planExpiry(pin({ ...MARKED, ...THEIR_PRODUCTION }, 'hidden'), PREVIEW, request())).toBeUndefined();
    const next = { ...MARKED, [`${project.key}.next`]: 'of a later version' };
    expect(planExpiry(pin(next, null), PREVIEW, request())).toBeUndefined();
  });

  it('loses the expiry of another project’s preview', () => {
    expect(planExpiry(pin({ ...MARKED, ...THEIR_PREVIEW }, 'hidden'), PRODUCTION, request())).toBe('never');
  });

  it('loses what a pin that is not ours may have, and no more than that', () => {
    const changes = { ...MARKED, ...PRODUCTION, 'pd1.adopted': '1' };
    expect(planExpiry(pin({ team: 'web' }, 'hidden'), changes, request())).toBe('never');
    expect(planExpiry(pin({ team: 'web' }, days(3)), changes, request())).toBe('never');
    expect(planExpiry(pin({ team: 'web' }, null), changes, request())).toBeUndefined();
    expect(planExpiry(pin(MARKED, 'hidden'), PRODUCTION, request())).toBeUndefined();
  });

  it('loses the expiry that this very run set before it saw the tag', () => {
    const both = { ...MARKED, ...PREVIEW, ...PRODUCTION };
    for (const known of ['hidden', days(30)] as const) {
      expect(planExpiry(pin(both, known), {}, request({ written: days(30) }))).toBe('never');
    }
    // And once that is written there is nothing left to do.
    expect(planExpiry(pin(both, 'hidden'), {}, request({ written: 'never' }))).toBeUndefined();
    expect(planExpiry(pin(both, null), {}, request({ written: 'never' }))).toBeUndefined();
  });

  it('takes the far future, which stands in where the service cannot clear an expiry, for never', () => {
    expect(planExpiry(pin({ ...MARKED, ...PRODUCTION }, days(365 * 73)), {}, request())).toBeUndefined();
    expect(planExpiry(pin({ ...MARKED, ...PRODUCTION }, days(365 * 19)), {}, request())).toBe('never');
  });
});

describe('the expiry', () => {
  it('is left alone where there is neither a preview nor a lasting tag', () => {
    for (const known of ['hidden', null, days(3)] as const) {
      expect(planExpiry(pin(MARKED, known), {}, request())).toBeUndefined();
      expect(planExpiry(pin({}, known), THEIR_PREVIEW, request())).toBeUndefined();
    }
  });

  const someOf = (...parts: readonly Keyvalues[]): fc.Arbitrary<Keyvalues> =>
    fc.subarray([...parts]).map((some) => Object.fromEntries(some.flatMap((part) => Object.entries(part))));
  const ADOPTED = { 'pd1.adopted': '1' };
  const cases = fc.record({
    before: someOf(MARKED, PREVIEW, PRODUCTION, THEIR_PREVIEW, THEIR_PRODUCTION, ADOPTED),
    changes: someOf(MARKED, PREVIEW, PRODUCTION, ADOPTED),
    known: fc.constantFrom<Date | null | 'hidden'>('hidden', null, days(3), days(40), days(365 * 73)),
    previewsKeptMs: fc.constantFrom(30 * DAY_MS, undefined),
  });
  const RUNS = { numRuns: 1000 };

  it('is never set on what has a lasting tag, nor left there where the service tells', () => {
    fc.assert(
      fc.property(cases, ({ before, changes, known, previewsKeptMs }) => {
        fc.pre(isLasting(applyChanges(before, changes)));
        const planned = planExpiry(pin(before, known), changes, request({ previewsKeptMs }));
        const isNear = known instanceof Date && known < days(365);
        expect(isNear ? ['never'] : ['never', undefined]).toContain(planned);
      }),
      RUNS,
    );
  });

  it('is settled with two writes at most, whatever was there', () => {
    fc.assert(
      fc.property(cases, ({ before, changes, known, previewsKeptMs }) => {
        let now = pin(before, known);
        let written: Expiry | undefined;
        for (const change of [changes, {}]) {
          const planned = planExpiry(now, change, request({ previewsKeptMs, written }));
          now = pin(applyChanges(now.keyvalues, change), known === 'hidden' ? known : shownAfter(planned, now));
          written = planned ?? written;
        }
        expect(planExpiry(now, {}, request({ previewsKeptMs, written }))).toBeUndefined();
      }),
      RUNS,
    );
  });

  function shownAfter(planned: Expiry | undefined, before: Pin): Date | null {
    return planned === 'never' ? null : (planned ?? before.expiresAt ?? null);
  }
});

describe('a preview on a pin that another project uses', () => {
  const shared = { ...THEIR_PREVIEW, [other.key]: other.name, [project.key]: project.name };
  const expiry = (expiresAt: Date | null | 'hidden', more: Partial<ExpiryRequest> = {}): unknown =>
    planExpiry(pin(shared, expiresAt), PREVIEW, request(more));

  it('moves a shown expiry on and never back', () => {
    expect(expiry(days(1))).toEqual(days(30));
    expect(expiry(days(90))).toBeUndefined();
    expect(expiry(null)).toBeUndefined();
  });

  it('ends a hidden one: it may be about to remove what is fresh', () => {
    expect(expiry('hidden')).toBe('never');
    expect(expiry('hidden', { written: 'never' })).toBeUndefined();
  });
});

it('leaves a fresh pin alone when previews never expire', () => {
  const fresh = pin({ [project.key]: project.name, ...PREVIEW }, 'hidden');
  expect(planExpiry(fresh, {}, request({ previewsKeptMs: undefined, wasPreview: false }))).toBeUndefined();
});
