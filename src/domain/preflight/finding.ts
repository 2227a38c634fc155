/** What is looked for in a build before it is published, with what a finding means unless `preflight` says otherwise. */
export const RULES = {
  secrets: 'error',
  names: 'warn',
  'absolute-paths': 'warn',
  'single-page': 'warn',
  nft: 'warn',
  limits: 'warn',
} as const satisfies Readonly<Record<string, 'error' | 'warn'>>;

export type RuleName = keyof typeof RULES;

/** `error` refuses the build; a `note` is worth knowing and never a fault. */
export type Severity = 'error' | 'warn' | 'note';

/** One thing that a rule sees in one place. */
export interface Sighting {
  /** What it is, for machines: `env-file`, `missing-target`. */
  readonly kind: string;
  /** One sentence for people, without the place, and never with a secret. Equal sentences are one finding. */
  readonly message: string;
  /** What to change, imperative; the setting where there is one. '' where there is nothing to do. */
  readonly advice: string;
  /** The file, as it would be published; '' for the build as a whole. */
  readonly path: string;
  /** Counts from 1; undefined where no line says more than the file. */
  readonly line: number | undefined;
  /**
   * `note` where it is never a fault, `warn` where it is never an error, `error` where no setting but `off` makes it less;
   * undefined for the rule's own.
   */
  readonly level?: Severity | undefined;
}

/** What a rule found, in all the places where it is. */
export interface Finding extends Omit<Sighting, 'level'> {
  readonly rule: RuleName;
  readonly severity: Severity;
  /** How often it was seen, this place included. */
  readonly times: number;
  /** In how many files. */
  readonly files: number;
}

/** What came of the look at a build. */
export interface Preflight {
  /** Errors first, then warnings, then notes; each in the order of the rules. */
  readonly findings: readonly Finding[];
  /** How many different ones there are, up to a thousand of each rule; there may be more than `findings` has. */
  readonly counts: Readonly<Record<Severity, number>>;
}
