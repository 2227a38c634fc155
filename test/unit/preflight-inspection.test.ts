import { describe, expect, it } from 'vitest';
import type { Sighting } from '../../src/domain/preflight/finding.ts';
import { type AskedRule, createInspection } from '../../src/domain/preflight/inspection.ts';
import type { Reader, Rule } from '../../src/domain/preflight/rule.ts';

const sighting: Sighting = { kind: 'word', message: 'a word', advice: 'Remove it.', path: 'a', line: undefined };

/** A rule that reads files as `kind`, and keeps what it was given. */
function listener(kind: Reader['kind'], heard: string[], name: Rule['name'] = 'names'): AskedRule['rule'] {
  return () => ({
    name,
    open: ({ path }) => {
      if (path.endsWith('.skip')) return undefined;
      heard.push(`open ${path}`);
      const end = (): void => void heard.push('end');
      return kind === 'text'
        ? { kind, take: (piece) => void heard.push(piece), end }
        : { kind, take: (piece) => void heard.push([...piece].join(' ')), end };
    },
    finish: () => void heard.push('finish'),
  });
}

/** A rule that sees these things, all at the end. */
function seer(sightings: readonly Sighting[], name: Rule['name'] = 'names'): AskedRule['rule'] {
  return (report) => ({ name, open: () => undefined, finish: () => sightings.forEach(report) });
}

describe('an inspection', () => {
  it('gives bytes to who reads bytes, and text that is cut between characters to who reads text', async () => {
    const texts: string[] = [];
    const bytes: string[] = [];
    const inspection = createInspection([
      { rule: listener('text', texts), severity: 'warn' },
      { rule: listener('bytes', bytes), severity: 'warn' },
    ]);
    expect(inspection.begin({ path: 'x', bytes: 3 })).toBe(true);
    // `€` is E2 82 AC.
    inspection.take(Uint8Array.of(0xe2, 0x82));
    inspection.take(Uint8Array.of(0xac, 0x21, 0xff));
    inspection.end();
    expect(inspection.begin({ path: 'y.skip', bytes: 1 })).toBe(false);
    inspection.end();
    await inspection.finish();
    expect(texts).toEqual(['open x', '€!\ufffd', 'end', 'finish']);
    expect(bytes).toEqual(['open x', '226 130', '172 33 255', 'end', 'finish']);
  });

  it('merges what is the same, counting places and files, and keeps the first', async () => {
    const all = [
      { ...sighting, line: 2 },
      { ...sighting, line: 9 },
      { ...sighting, path: 'b' },
      { ...sighting, message: 'another' },
    ];
    const { findings } = await createInspection([{ rule: seer(all), severity: 'warn' }]).finish();
    expect(findings).toMatchObject([
      { message: 'another', times: 1, files: 1 },
      { message: 'a word', path: 'a', line: 2, times: 3, files: 2 },
    ]);
  });

  it('puts errors before warnings and notes, and lets a rule say which is which', async () => {
    const said = [
      { ...sighting, message: 'a note', level: 'note' as const },
      { ...sighting, message: 'its own severity' },
      { ...sighting, message: 'always wrong', level: 'error' as const },
    ];
    const { findings } = await createInspection([
      { rule: seer(said), severity: 'warn' },
      { rule: seer([{ ...sighting, message: 'a secret' }], 'secrets'), severity: 'error' },
    ]).finish();
    expect(findings.map(({ severity, message }) => [severity, message])).toEqual([
      ['error', 'a secret'],
      ['error', 'always wrong'],
      ['warn', 'its own severity'],
      ['note', 'a note'],
    ]);
  });

  it('counts what is too much to be listed, and never drops one rule for another, or an error for a warning', async () => {
    const many = Array.from({ length: 500 }, (_, index) => ({ ...sighting, message: `word ${index}` }));
    const { findings, counts } = await createInspection([
      { rule: seer([...many, { ...sighting, message: 'always wrong', level: 'error' }]), severity: 'warn' },
      { rule: seer([{ ...sighting, message: 'a path' }], 'absolute-paths'), severity: 'warn' },
      { rule: seer([{ ...sighting, message: 'a secret' }], 'secrets'), severity: 'error' },
    ]).finish();
    expect(counts).toEqual({ error: 2, warn: 501, note: 0 });
    expect(findings.map(({ message }) => message)).toEqual([
      'a secret',
      'always wrong',
      ...many.slice(0, 120).map(({ message }) => message),
      'a path',
    ]);
  });

  it('shows no secret in what any rule says, nor a part of one that was cut', async () => {
    const secret = 'a-value-that-nobody-may-see';
    const key = 'kkkkkabcdefghijklmnopqrstuvwxyz';
    const hiding: AskedRule['rule'] = () => ({
      name: 'secrets',
      open: () => undefined,
      finish: () => undefined,
      hidden: () => [secret],
    });
    const said = [
      { ...sighting, message: `\`/img.png?t=${secret}&x=1\` is missing`, path: `to/${secret}/a.txt` },
      { ...sighting, message: `\`${key.slice(0, 15)}…\` is long` },
      { ...sighting, message: 'nothing of it' },
    ];
    const asked: readonly AskedRule[] = [
      { rule: seer(said, 'absolute-paths'), severity: 'warn' },
      { rule: hiding, severity: 'error' },
    ];
    const { findings } = await createInspection(asked, [key]).finish();
    expect(findings.map(({ message, path }) => [message, path]).toSorted()).toEqual([
      ['`/img.png?t=[secret]&x=1` is missing', 'to/[secret]/a.txt'],
      ['`[secret]…` is long', 'a'],
      ['nothing of it', 'a'],
    ]);
  });
});
