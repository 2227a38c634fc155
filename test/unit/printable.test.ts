import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { printable } from '../../src/adapters/runner/printable.ts';

describe('printable', () => {
  it('lets no foreign text become a command of the runner', () => {
    const parts = fc.array(
      fc.oneof(
        fc.string({ unit: 'binary' }),
        fc.constantFrom('::', '\n::error::x', '##[', '\r', '##[add-mask]', ' ::warning::y'),
      ),
    );
    fc.assert(
      fc.property(parts, (texts) => {
        const line = printable(texts.join(''));
        expect(line.includes('\n') || line.includes('\r')).toBe(false);
        expect(line.trimStart().startsWith('::')).toBe(false);
        expect(line).not.toContain('##[');
      }),
    );
  });

  it('shows what it escaped', () => {
    expect(printable('a\nb\tc\u0007\u202e')).toBe('a\\nb\\tc\\u0007\\u202e');
  });

  it('leaves ordinary text alone', () => {
    expect(printable('Uploaded 3 files, ünïcode 🌸 C:\\x')).toBe('Uploaded 3 files, ünïcode 🌸 C:\\x');
  });
});
