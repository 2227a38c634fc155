import { type ChildProcess, spawn } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { parse } from 'yaml';
import type { EmulatorAddress } from '../../emulator/server.ts';
import { pushTo, type RunEvent } from './events.ts';
import { type Annotation, readAnnotations } from './workflow-commands.ts';

/** The bundle that the runner starts. */
export const DIST = fileURLToPath(new URL('../../dist/index.js', import.meta.url));
const ACTION_YML = fileURLToPath(new URL('../../action.yml', import.meta.url));
const USAGE_HOOK = pathToFileURL(fileURLToPath(new URL('usage-hook.mjs', import.meta.url))).href;

export interface DistOptions {
  /** The `with:` block of the step. */
  readonly inputs: Readonly<Record<string, string>>;
  /** More environment; an empty text stays set. */
  readonly env?: Readonly<Record<string, string>>;
  /** The Actions cache that the runner offers; none when left out. */
  readonly cache?: Pick<EmulatorAddress, 'cacheUrl' | 'cacheToken'>;
  /** A push to the default branch when left out. */
  readonly event?: RunEvent;
  /** The workspace; an empty directory when left out. */
  readonly cwd?: string;
  /** Also tell what the process used; it then loads a small hook. */
  readonly usage?: 'measured';
}

/** What a process took until it exited. */
export interface Usage {
  readonly peakBytes: number;
  /** Bytes handed to write calls (files, sockets and pipes alike), and bytes that went to a disk. */
  readonly writtenBytes: number;
  readonly diskBytes: number;
}

export interface DistRun {
  /** Null when a signal ended it. */
  readonly exitCode: number | null;
  /** Both streams in the order of arrival, as the runner gets them. */
  readonly log: string;
  /** What the runner makes of the log: its errors, warnings and notices, decoded. */
  readonly annotations: readonly Annotation[];
  /** The messages of the error annotations, each as a person reads it. */
  readonly errors: readonly string[];
  readonly warnings: readonly string[];
  readonly notices: readonly string[];
  readonly outputs: Readonly<Record<string, string>>;
  /** Markdown; '' when none was written. */
  readonly summary: string;
  /** The JSON that `report-path` names. */
  readonly report: unknown;
  readonly usage: Usage | undefined;
  /** From the start to the first byte of the log, and to the end. */
  readonly firstLineMs: number;
  readonly ms: number;
}

/** A bundle that is running. */
export interface RunningDist {
  readonly child: ChildProcess;
  readonly done: Promise<DistRun>;
}

/** Runs the bundle to its end, as the GitHub runner does. Throws when a secret shows where people can read it. */
export async function runDist(options: DistOptions): Promise<DistRun> {
  return await startDist(options).done;
}

/** Starts the bundle in an environment that is built from nothing. */
export function startDist(options: DistOptions): RunningDist {
  const sandbox = createSandbox();
  const env = { ...environmentOf(sandbox, options), ...options.env };
  const hook = options.usage === 'measured' ? ['--import', USAGE_HOOK] : [];
  const began = performance.now();
  const child = spawn(process.execPath, [...hook, DIST], {
    cwd: options.cwd ?? sandbox.workspace,
    env: { ...env, ...(options.usage === 'measured' ? { USAGE_FILE: sandbox.usage } : {}) },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const collected = collect(child, began);
  const done = collected
    .then((end) => readRun(sandbox, end))
    .then((run) => {
      refuseLeaks(run, secretsOf(options));
      return run;
    })
    .finally(() => rmSync(sandbox.root, { recursive: true, force: true }));
  return { child, done };
}

interface Sandbox {
  readonly root: string;
  readonly workspace: string;
  readonly temp: string;
  readonly output: string;
  readonly summary: string;
  readonly event: string;
  readonly usage: string;
}

function createSandbox(): Sandbox {
  const root = mkdtempSync(join(tmpdir(), 'dist-run-'));
  const [workspace, temp] = [join(root, 'workspace'), join(root, 'temp')];
  for (const directory of [workspace, temp, join(root, 'home'), join(root, 'files')]) mkdirSync(directory);
  const file = (name: string): string => join(root, 'files', name);
  for (const name of ['output', 'summary', 'state', 'env', 'path']) writeFileSync(file(name), '');
  return {
    root,
    workspace,
    temp,
    output: file('output'),
    summary: file('summary'),
    event: file('event.json'),
    usage: join(root, 'usage.json'),
  };
}

function environmentOf(sandbox: Sandbox, options: DistOptions): Record<string, string> {
  const event = options.event ?? pushTo('main');
  writeFileSync(sandbox.event, JSON.stringify(event.payload));
  const env = {
    PATH: '/usr/local/bin:/usr/bin:/bin',
    HOME: join(sandbox.root, 'home'),
    CI: 'true',
    GITHUB_ACTIONS: 'true',
    GITHUB_ACTION: '__pinata-deploy',
    GITHUB_API_URL: 'https://api.github.com',
    GITHUB_SERVER_URL: 'https://github.com',
    GITHUB_REPOSITORY: 'acme/site',
    GITHUB_EVENT_NAME: event.name,
    GITHUB_EVENT_PATH: sandbox.event,
    GITHUB_REF: event.ref,
    GITHUB_SHA: event.sha,
    GITHUB_RUN_ID: '4711',
    GITHUB_WORKSPACE: options.cwd ?? sandbox.workspace,
    GITHUB_OUTPUT: sandbox.output,
    GITHUB_STEP_SUMMARY: sandbox.summary,
    GITHUB_STATE: join(sandbox.root, 'files', 'state'),
    GITHUB_ENV: join(sandbox.root, 'files', 'env'),
    GITHUB_PATH: join(sandbox.root, 'files', 'path'),
    RUNNER_TEMP: sandbox.temp,
    RUNNER_OS: 'Linux',
  };
  const repository = options.env?.GITHUB_REPOSITORY ?? env.GITHUB_REPOSITORY;
  return { ...env, ...cacheVariables(options), ...inputVariables(options.inputs, { 'github.repository': repository }) };
}

function cacheVariables({ cache }: DistOptions): Record<string, string> {
  if (cache === undefined) return {};
  return {
    ACTIONS_CACHE_SERVICE_V2: 'True',
    ACTIONS_RESULTS_URL: `${cache.cacheUrl}/`,
    ACTIONS_RUNTIME_TOKEN: cache.cacheToken,
  };
}

interface ActionYml {
  readonly inputs: Readonly<Record<string, { readonly default?: string }>>;
  readonly outputs: Readonly<Record<string, unknown>>;
}

function readActionYml(): ActionYml {
  return parse(readFileSync(ACTION_YML, 'utf8')) as ActionYml;
}

/** The outputs that action.yml declares. */
export function declaredOutputs(): readonly string[] {
  return Object.keys(readActionYml().outputs);
}

/** `INPUT_*` as the runner sets it: every declared input, its default evaluated; upper case, spaces as `_`, hyphens kept. */
function inputVariables(
  given: Readonly<Record<string, string>>,
  contexts: Readonly<Record<string, string>>,
): Record<string, string> {
  const declared = Object.entries(readActionYml().inputs);
  const defaults = declared.map(([name, input]) => [name, evaluate(input.default ?? '', contexts)] as const);
  return Object.fromEntries(
    [...defaults, ...Object.entries(given)].map(([name, value]) => [inputVariable(name), value]),
  );
}

function inputVariable(name: string): string {
  return `INPUT_${name.replaceAll(' ', '_').toUpperCase()}`;
}

function evaluate(text: string, contexts: Readonly<Record<string, string>>): string {
  return text.replace(/\$\{\{\s*([\w.]+)\s*\}\}/g, (_whole, name: string) => contexts[name] ?? '');
}

interface ProcessEnd {
  readonly exitCode: number | null;
  readonly log: string;
  readonly firstLineMs: number;
  readonly ms: number;
}

function collect(child: ChildProcess, began: number): Promise<ProcessEnd> {
  const chunks: Buffer[] = [];
  let firstLineMs = Number.NaN;
  const onData = (chunk: Buffer): void => {
    if (chunks.length === 0) firstLineMs = performance.now() - began;
    chunks.push(chunk);
  };
  child.stdout?.on('data', onData);
  child.stderr?.on('data', onData);
  return new Promise((resolve, reject) => {
    child.once('error', reject);
    child.once('close', (exitCode) => {
      const log = Buffer.concat(chunks).toString('utf8');
      resolve({ exitCode, log, firstLineMs, ms: performance.now() - began });
    });
  });
}

function readRun(sandbox: Sandbox, end: ProcessEnd): DistRun {
  const outputs = parseFileCommands(readFileSync(sandbox.output, 'utf8'));
  const annotations = readAnnotations(end.log);
  const messages = (level: Annotation['level']): readonly string[] =>
    annotations.filter((annotation) => annotation.level === level).map(({ message }) => message);
  return {
    ...end,
    annotations,
    errors: messages('error'),
    warnings: messages('warning'),
    notices: messages('notice'),
    outputs,
    summary: readFileSync(sandbox.summary, 'utf8'),
    report: readReport(outputs['report-path'] ?? ''),
    usage: existsSync(sandbox.usage) ? (JSON.parse(readFileSync(sandbox.usage, 'utf8')) as Usage) : undefined,
  };
}

function readReport(path: string): unknown {
  return path === '' ? undefined : JSON.parse(readFileSync(path, 'utf8'));
}

/** `name=value` and `name<<DELIMITER` … `DELIMITER`, with the runner's strictness about what is neither. */
function parseFileCommands(text: string): Record<string, string> {
  const lines = text.split(/\r?\n/);
  const values: Record<string, string> = {};
  for (let line = lines.shift(); line !== undefined; line = lines.shift()) {
    const { name, delimiter, value } = /^(?<name>[^=]+?)(?:<<(?<delimiter>.+)|=(?<value>.*))$/.exec(line)?.groups ?? {};
    if (name !== undefined) values[name] = delimiter === undefined ? (value ?? '') : takeUntil(lines, delimiter);
    else if (line !== '') throw new Error(`The runner refuses the line ${JSON.stringify(line)}`);
  }
  return values;
}

function takeUntil(lines: string[], delimiter: string): string {
  const end = lines.indexOf(delimiter);
  if (end < 0) throw new Error(`The runner finds no end ${delimiter}`);
  return lines
    .splice(0, end + 1)
    .slice(0, -1)
    .join('\n');
}

const SECRET_INPUTS =
  /^(pinata-jwt|pinata-jwt-token|pinata-gateway-key|github-token|cloudflare-token|pinata-(secret-)?api-key|pinataKey|pinataSecret)$/;

function secretsOf({ inputs, cache, env = {} }: DistOptions): readonly string[] {
  const given = Object.entries(inputs).filter(([name]) => SECRET_INPUTS.test(name));
  const { PINATA_JWT = '', ACTIONS_RUNTIME_TOKEN = '' } = env;
  const mirrorTokens = (inputs['mirror-tokens'] ?? '').split('\n').map((line) => line.slice(line.indexOf('=') + 1));
  return [
    ...given.map(([, value]) => value),
    ...mirrorTokens,
    cache?.cacheToken ?? '',
    PINATA_JWT,
    ACTIONS_RUNTIME_TOKEN,
  ]
    .flatMap((value) => [value, ...value.split('\n')])
    .map((value) => value.trim())
    .filter((value) => value.length >= 6);
}

function refuseLeaks(run: DistRun, secrets: readonly string[]): void {
  const shown = {
    log: run.log.replaceAll(/^::add-mask::.*$/gm, ''),
    summary: run.summary,
    outputs: JSON.stringify(run.outputs),
    report: JSON.stringify(run.report ?? ''),
  };
  for (const [place, text] of Object.entries(shown)) {
    for (const secret of secrets) if (text.includes(secret)) throw new Error(`A secret shows in the ${place}: ${text}`);
  }
}
