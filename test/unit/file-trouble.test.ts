import { describe, expect, it } from 'vitest';
import { quoted, refuseTroubles } from '../../src/domain/file-trouble.ts';

describe('a refusal', () => {
  it('names what is wrong, by kind, with what helps', () => {
    const error = refuseTroubles('dist', [
      { kind: 'special', path: 'run.sock', detail: '(a socket)' },
      { kind: 'link-leaves', path: 'a', detail: '→ "/etc/passwd"' },
      { kind: 'link-leaves', path: 'b', detail: '→ "../x"' },
    ]);
    expect(error.kind).toBe('input');
    expect(error.message).toBe(
      'path "dist" cannot be published as it is: 2 links leave it ("a" → "/etc/passwd", "b" → "../x"); ' +
        '1 entry is neither a file nor a directory ("run.sock" (a socket)).',
    );
    expect(error.hint).toMatch(/^Replace links that leave path .* Remove or exclude sockets/);
  });

  it('names five of a kind and counts the rest', () => {
    const troubles = Array.from({ length: 7 }, (_, at) => ({ kind: 'unreadable', path: `f${at}` }) as const);
    expect(refuseTroubles('dist', troubles).message).toContain(
      '7 entries cannot be read ("f0", "f1", "f2", "f3", "f4" and 2 more)',
    );
  });

  it('shows the bytes of a name that is not UTF-8', () => {
    const { message } = refuseTroubles('dist', [{ kind: 'not-utf8', path: 'é/caf\u00e9\u0080\n' }]);
    expect(message).toContain('("é/caf\\xe9\\x80\\n")');
  });

  it('names the directory itself with a dot', () => {
    expect(refuseTroubles('dist', [{ kind: 'unreadable', path: '' }]).message).toContain('(".")');
  });
});

it('quotes a name as one line without control characters', () => {
  expect(quoted('a\n::warning::b\u001b[31m\u0085\u202e"\\')).toBe('"a\\n::warning::b\\u001b[31m\\u0085\\u202e\\"\\\\"');
});
