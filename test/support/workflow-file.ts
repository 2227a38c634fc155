import './json-imports.ts';
import type { FunctionDefinition } from '@actions/expressions/funcs/info';
import type { WorkflowTemplate } from '@actions/workflow-parser/model/workflow-template';
import type { TemplateToken } from '@actions/workflow-parser/templates/tokens/template-token';

const { data, Evaluator, Lexer, Parser } = await import('@actions/expressions');
const {
  convertWorkflowTemplate,
  isBasicExpression,
  isMapping,
  isScalar,
  isSequence,
  NoOperationTraceWriter,
  parseWorkflow,
} = await import('@actions/workflow-parser');

/** What expressions may read: `github`, `secrets`, `vars`, `steps`, … */
export type Contexts = Readonly<Record<string, unknown>>;

export interface WorkflowFile {
  readonly template: WorkflowTemplate;
  /** What stands somewhere in a job: the parser checks `permissions` and `with`, and then leaves them out. */
  inJob(job: string, ...path: readonly (string | number)[]): TemplateToken | undefined;
}

/** Reads a workflow with GitHub's own parser. Throws with all it has against the file. */
export async function parseWorkflowFile(name: string, content: string): Promise<WorkflowFile> {
  const { context, value } = parseWorkflow({ name, content }, new NoOperationTraceWriter());
  const template = value && (await convertWorkflowTemplate(context, value));
  const problems = context.errors.getErrors().map(({ message }) => message);
  if (value === undefined || template === undefined || problems.length > 0) {
    throw new Error(`GitHub refuses ${name}: ${problems.join('; ') || 'it is empty'}`);
  }
  return {
    template,
    inJob: (job, ...path) => [job, ...path].reduce(find, find(value, 'jobs')),
  };
}

function find(token: TemplateToken | undefined, key: string | number): TemplateToken | undefined {
  if (token === undefined) return undefined;
  if (typeof key === 'number') return isSequence(token) ? token.get(key) : undefined;
  return isMapping(token) ? token.find(key) : undefined;
}

/** A scalar with its expressions evaluated, as the text that a step gets; '' without one. */
export function evaluateText(token: TemplateToken | undefined, contexts: Contexts): string {
  if (token === undefined) return '';
  if (isBasicExpression(token)) return evaluate(token.expression, contexts).coerceString();
  if (isScalar(token)) return token.toString();
  throw new Error(`No text, but ${token.typeName()}`);
}

/** A mapping such as `with` or `env`, evaluated; a single text has the key ''. */
export function evaluateMapping(token: TemplateToken | undefined, contexts: Contexts): Record<string, string> {
  if (token === undefined) return {};
  if (!isMapping(token)) return { '': evaluateText(token, contexts) };
  return Object.fromEntries([...token].map(({ key, value }) => [key.toString(), evaluateText(value, contexts)]));
}

/** A condition; GitHub's parser has already added `success()` where it has no status function. */
export function evaluateCondition(token: TemplateToken | undefined, contexts: Contexts): boolean {
  if (token === undefined) return true;
  const text = isBasicExpression(token) ? `!!(${token.expression})` : 'true';
  return evaluate(text, contexts).coerceString() === 'true';
}

/** A text with `${{ … }}` in it, such as a default of action.yml. */
export function evaluateTemplate(text: string, contexts: Contexts): string {
  return text.replace(/\$\{\{(.+?)\}\}/g, (_whole, expression: string) =>
    evaluate(expression, contexts).coerceString(),
  );
}

/** So far every job and step went well. */
const STATUS_FUNCTIONS: readonly FunctionDefinition[] = [
  ...['success', 'always'].map((name) => ({ name, result: true })),
  ...['failure', 'cancelled'].map((name) => ({ name, result: false })),
].map(({ name, result }) => ({ name, minArgs: 0, maxArgs: 0, call: () => new data.BooleanData(result) }));

function evaluate(expression: string, contexts: Contexts): ReturnType<InstanceType<typeof Evaluator>['evaluate']> {
  const { tokens } = new Lexer(expression).lex();
  const parsed = new Parser(tokens, Object.keys(contexts), [...STATUS_FUNCTIONS]).parse();
  const known: unknown = JSON.parse(JSON.stringify(contexts), data.reviver);
  if (!(known instanceof data.Dictionary)) throw new Error('The contexts are no dictionary');
  return new Evaluator(parsed, known, new Map(STATUS_FUNCTIONS.map((one) => [one.name, one]))).evaluate();
}
