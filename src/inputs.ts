import { ActionError } from './domain/errors.ts';
import { refusedFor } from './domain/input-value.ts';
import { chooseMode, MODES, type Mode, type RunContext } from './domain/run.ts';
import { withoutUserinfo } from './domain/safe-url.ts';
import { problemsBetween } from './input-checks.ts';
import { FIELDS, type Field, type InputName, REFUSED, RENAMED, type Values } from './input-fields.ts';

/** Answers the raw value of an input, '' when it is not given. */
export type ReadInput = (input: InputName) => string;

/** The inputs, parsed, with the mode the event stands for and one line for each deprecated name in use. */
export interface Inputs {
  readonly values: Values;
  readonly mode: Mode;
  readonly deprecations: readonly string[];
}

/** Every input with the default that the code uses; what README and action.yml are compared with. */
export function inputDefaults(): ReadonlyMap<InputName, string> {
  const current = Object.entries(FIELDS).map(([input, { fallback }]) => [input, fallback] as const);
  const old = [...Object.keys(RENAMED), ...REFUSED].map((input) => [input, ''] as const);
  return new Map([...current, ...old] as [InputName, string][]);
}

/** Inputs whose values must be masked before anything is printed. */
export const SECRET_INPUTS = [
  'pinata-jwt',
  'pinata-jwt-token',
  'pinata-gateway-key',
  'github-token',
  'cloudflare-token',
  'mirror-tokens',
  ...REFUSED,
] as const;

/** The secrets in the text of an input: of lines `name=token` only the tokens, and of `user:password` the password too. */
export function secretsIn(input: (typeof SECRET_INPUTS)[number], text: string): readonly string[] {
  if (input !== 'mirror-tokens') return [text].filter((secret) => secret !== '');
  const tokens = text.split(/\r?\n/).map((line) => line.slice(line.indexOf('=') + 1).trim());
  const passwords = tokens.filter((token) => token.includes(':')).map((token) => token.slice(token.indexOf(':') + 1));
  return [...tokens, ...passwords].filter((secret) => secret !== '');
}

/**
 * Parses all inputs.
 * @throws ActionError of kind `input` that lists every problem: the input's name, what it accepts, what it got.
 */
export function parseInputs(read: ReadInput, context: RunContext): Inputs {
  const problems: string[] = REFUSED.filter((input) => read(input) !== '').map(
    (input) =>
      `${input} is not supported. Make a JWT with the Files read and write permissions and pass it as pinata-jwt.`,
  );
  const { effective, deprecations } = readRenamed(read);
  const values: Record<string, unknown> = {};
  for (const input of Object.keys(FIELDS) as (keyof typeof FIELDS)[]) {
    const { fallback, parse, secret }: Field<unknown> = FIELDS[input];
    const given = effective(input);
    const parsed = parse(given === '' ? fallback : given);
    const accepted = refusedFor(parsed);
    if (accepted === undefined) values[input] = parsed;
    else problems.push(withoutUserinfo(`${input} must be ${accepted}, got ${shown(given, secret)}.`));
  }
  const chosen = chooseMode(MODES.find((name) => name === values.mode) ?? 'auto', context);
  const mode = effective('pinata-jwt') === '' ? withoutCredentials(chosen, values.mode, context) : chosen;
  problems.push(...problemsBetween(mode, { effective, values }, context));
  if (mode.kind === 'refuse') throw new ActionError('input', mode.reason, { hint: mode.hint });
  if (problems.length > 0) throw inputError(problems);
  return { values: values as Values, mode, deprecations };
}

function readRenamed(read: ReadInput): {
  effective: (input: keyof typeof FIELDS) => string;
  deprecations: readonly string[];
} {
  const used = (Object.keys(RENAMED) as (keyof typeof RENAMED)[]).filter((old) => read(old) !== '');
  return {
    effective: (input) => {
      // The runner fills in the default of action.yml, so a default counts as not given.
      const given = read(input).trim() === FIELDS[input].fallback ? '' : read(input);
      return (
        given || (used.filter((old) => RENAMED[old] === input).map((old) => renamedValue(old, read(old)))[0] ?? '')
      );
    },
    deprecations: used.map((old) => `The input ${old} is deprecated; use ${RENAMED[old]}.`),
  };
}

/** A dry run of removals is what `unpin: false` is now; every other value means what it meant. */
function renamedValue(old: keyof typeof RENAMED, given: string): string {
  if (old !== 'retention-dry-run') return given;
  return { true: 'false', false: 'true' }[given] ?? given;
}

const NO_SECRETS = 'there is no pinata-jwt; runs for forks and Dependabot get no secrets';

/** Where GitHub gives no secrets, what would be deployed is only compared; and a closing has no preview to give up. */
function withoutCredentials(mode: Mode, asked: unknown, { withoutSecrets }: RunContext): Mode {
  if (!withoutSecrets) return mode;
  if (mode.kind === 'cleanup' && mode.closed !== undefined) return { kind: 'skip', reason: NO_SECRETS };
  return mode.kind === 'deploy' && asked === 'auto' ? { kind: 'diff', reason: NO_SECRETS } : mode;
}

function shown(raw: string, secret: true | undefined): string {
  if (secret === true) return `a value of ${raw.length} characters`;
  return JSON.stringify(raw.length > 200 ? `${raw.slice(0, 200)}…` : raw);
}

function inputError(problems: readonly string[]): ActionError {
  const [only] = problems;
  const message =
    problems.length === 1 && only !== undefined
      ? only
      : `${problems.length} inputs are wrong:\n${problems.map((line) => `- ${line}`).join('\n')}`;
  return new ActionError('input', message, { hint: 'Correct the "with:" block of this step. Nothing was sent.' });
}
