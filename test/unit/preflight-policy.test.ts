import { describe, expect, it } from 'vitest';
import { RULES } from '../../src/domain/preflight/finding.ts';
import { isAsked, parsePreflight, RULE_NAMES } from '../../src/domain/preflight/policy.ts';

const severities = (...lines: readonly string[]) => parsePreflight(lines)?.severities;

describe('preflight', () => {
  it('leaves each rule at its own severity with warn, which refuses secrets', () => {
    expect(severities('warn')).toEqual(RULES);
    expect(RULES.secrets).toBe('error');
    expect(severities()).toEqual(RULES);
  });

  it('sets all rules with error and with off', () => {
    expect(new Set(Object.values(severities('error') ?? {}))).toEqual(new Set(['error']));
    expect(new Set(Object.values(severities('off') ?? {}))).toEqual(new Set(['off']));
  });

  it('sets one rule by a line of its own, whatever the rest is', () => {
    expect(severities('secrets=warn')).toEqual({ ...RULES, secrets: 'warn' });
    expect(severities('off', 'secrets = error')).toMatchObject({ secrets: 'error', nft: 'off' });
    expect(severities('nft=off', 'error')).toMatchObject({ nft: 'off', names: 'error' });
    expect(parsePreflight(['nft=error', 'warn'])?.named).toEqual(['nft']);
  });

  it.each([
    ['maybe'],
    ['secrets'],
    ['secrets=maybe'],
    ['nothing=error'],
    ['warn', 'error'],
    ['nft=off', 'nft=warn'],
    ['=warn'],
  ])('refuses %j', (...lines) => {
    expect(parsePreflight(lines)).toBeUndefined();
  });

  it('is asked for unless every rule is off', () => {
    const asked = (...lines: readonly string[]): boolean | undefined => {
      const policy = parsePreflight(lines);
      return policy && isAsked(policy);
    };
    expect(asked('off')).toBe(false);
    expect(asked(...RULE_NAMES.map((rule) => `${rule}=off`))).toBe(false);
    expect(asked('off', 'limits=warn')).toBe(true);
  });

  it('knows every rule by name', () => {
    expect([...RULE_NAMES]).toEqual(Object.keys(RULES));
  });
});
