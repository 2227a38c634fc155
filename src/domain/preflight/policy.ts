import { RULES, type RuleName } from './finding.ts';

const LEVELS = ['off', 'warn', 'error'] as const;
type Level = (typeof LEVELS)[number];

/** What the input `preflight` asks for. */
export interface PreflightPolicy {
  readonly severities: Readonly<Record<RuleName, Level>>;
  /** Rules that have a line of their own. */
  readonly named: readonly RuleName[];
}

/**
 * Reads `off`, `warn` or `error` for all rules, and `rule=level` for one, a line each. `warn` leaves every rule at its
 * own severity. Answers undefined for anything else.
 */
export function parsePreflight(lines: readonly string[]): PreflightPolicy | undefined {
  const levels = new Map<string, Level>();
  for (const line of lines) {
    const [, rule = '', word] = /^(?:([a-z-]+) *= *)?(off|warn|error)$/.exec(line) ?? [];
    const level = LEVELS.find((name) => name === word);
    if (level === undefined || levels.has(rule) || !(rule === '' || Object.hasOwn(RULES, rule))) return undefined;
    levels.set(rule, level);
  }
  const all = levels.get('') ?? 'warn';
  const of = (rule: RuleName): Level => levels.get(rule) ?? (all === 'warn' ? RULES[rule] : all);
  return {
    severities: {
      secrets: of('secrets'),
      names: of('names'),
      'absolute-paths': of('absolute-paths'),
      'single-page': of('single-page'),
      nft: of('nft'),
      limits: of('limits'),
    },
    named: RULE_NAMES.filter((rule) => levels.has(rule)),
  };
}

export const RULE_NAMES = [
  'secrets',
  'names',
  'absolute-paths',
  'single-page',
  'nft',
  'limits',
] as const satisfies readonly RuleName[];

/** False where nobody is to look. */
export function isAsked({ severities }: PreflightPolicy): boolean {
  return RULE_NAMES.some((rule) => severities[rule] !== 'off');
}
