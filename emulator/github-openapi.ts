import { Ajv, type ErrorObject, type ValidateFunction } from 'ajv';
import description from './openapi/github.json' with { type: 'json' };

interface Operation {
  /** Where GitHub explains it. */
  readonly docs: string;
  readonly parameters: object;
  readonly body?: object;
  /** By status; null for an answer without a body. */
  readonly answers: Readonly<Record<string, object | null | undefined>>;
}

const operations: Readonly<Record<string, Operation>> = description.operations;

/** A path has only texts; numbers in it and in the query are converted. */
const parameterSchemas = new Ajv({ strict: false, coerceTypes: true });
const schemas = new Ajv({ strict: false, allErrors: false });
for (const ajv of [parameterSchemas, schemas]) {
  // GitHub's own default for some is empty.
  ajv.addFormat('uri', (text) => text === '' || URL.canParse(text));
  ajv.addFormat('date-time', /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?(Z|[+-]\d\d:\d\d)$/);
  ajv.addFormat('int64', true);
  ajv.addFormat('email', true);
}
schemas.addSchema({ $defs: description.$defs }, 'github');

const compiled = new Map<string, ValidateFunction>();

function compile(key: string, schema: object, ajv: Ajv): ValidateFunction {
  const known = compiled.get(key);
  if (known !== undefined) return known;
  const check = ajv.compile({ $defs: description.$defs, ...schema });
  compiled.set(key, check);
  return check;
}

export function docsOf(operation: string): string {
  return operations[operation]?.docs ?? 'https://docs.github.com/rest';
}

/** What is wrong with the parameters, in GitHub's words; their numbers become numbers. */
export function checkParameters(operation: string, parameters: Record<string, unknown>): string | undefined {
  const schema = operations[operation]?.parameters ?? {};
  const check = compile(`${operation} parameters`, schema, parameterSchemas);
  return check(parameters) ? undefined : renderProblem(check.errors?.[0]);
}

/** What is wrong with the body of a request, in GitHub's words. */
export function checkBody(operation: string, body: unknown): string | undefined {
  const schema = operations[operation]?.body ?? { type: 'object', additionalProperties: false };
  const check = compile(`${operation} body`, schema, schemas);
  return check(body) ? undefined : renderProblem(check.errors?.[0]);
}

/** Why an answer is none of GitHub's. Failures may have more statuses than are described. */
export function checkAnswer(operation: string, status: number, body: unknown): string | undefined {
  const described = operations[operation]?.answers[status];
  if (described === null) return body === undefined || status >= 400 ? undefined : `${status} has a body`;
  if (described === undefined && status < 400) return `${status} is not described`;
  const schema = described ?? { $ref: `#/$defs/${status === 422 ? 'validation-error' : 'basic-error'}` };
  const check = compile(`${operation} ${status}`, status >= 400 ? openFailure(schema) : schema, schemas);
  if (check(body)) return undefined;
  const error = check.errors?.[0];
  return `${error?.instancePath ?? ''} ${error?.message ?? 'does not fit'} ${JSON.stringify(error?.params)}`.trim();
}

/** GitHub's failures have the status in them, also where the description forgets it. */
function openFailure(schema: object): object {
  const isValidation = JSON.stringify(schema).includes('validation-error');
  const { properties, required } = description.$defs['validation-error'];
  return isValidation
    ? {
        type: 'object',
        properties: { ...properties, status: { type: 'string' } },
        required,
        additionalProperties: false,
      }
    : schema;
}

const typeWords: Readonly<Record<string, string>> = { integer: 'an integer', object: 'an object', array: 'an array' };

function renderProblem(error: ErrorObject | undefined): string {
  if (error === undefined) return 'Invalid request.';
  const { keyword, instancePath, params } = error;
  const named = (key: string): string => String(params[key]);
  if (keyword === 'required') return `Invalid request.\n\n"${named('missingProperty')}" wasn't supplied.`;
  if (keyword === 'additionalProperties') {
    return `Invalid request.\n\n"${named('additionalProperty')}" is not a permitted key.`;
  }
  const where = `For 'properties${instancePath}'`;
  if (keyword === 'type') {
    const type = named('type');
    return `Invalid request.\n\n${where}, the value is not ${typeWords[type] ?? `a ${type}`}.`;
  }
  return `Invalid request.\n\n${where}, the value ${error.message ?? 'does not fit'}.`;
}
