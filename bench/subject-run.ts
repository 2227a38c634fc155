import { spawnSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

/** What one process of a subject tells. */
export interface Measurement {
  readonly wallMs: number;
  readonly passes: readonly number[];
  readonly cpuMs: number;
  readonly rssMiB: number;
  readonly root: string | undefined;
}

const PROJECT = join(import.meta.dirname, '..');
const CACHE = join(PROJECT, 'node_modules', '.cache', 'bench');
const BUNDLE = join(CACHE, 'bundle');
/** Subjects run as they ship, compiled and bundled: stripping types and finding modules would count against them. */
export function bundleSubjects(): void {
  const flags =
    '--noEmit false --rootDir . --module nodenext --target es2024 --skipLibCheck --types node --strict --exactOptionalPropertyTypes';
  const sources = [
    '--rewriteRelativeImportExtensions',
    '--outDir',
    join(CACHE, 'compiled'),
    fileURLToPath(import.meta.resolve('./subjects.ts')),
  ];
  build('typescript/bin/tsc', ['--ignoreConfig', ...flags.split(' '), ...sources]);
  writeFileSync(join(CACHE, 'package.json'), '{"type":"module"}');
  build('@vercel/ncc/dist/ncc/cli.js', ['build', join(CACHE, 'compiled', 'bench', 'subjects.js'), '-o', BUNDLE]);
}

function build(tool: string, args: readonly string[]): void {
  const command = [join(PROJECT, 'node_modules', tool), ...args];
  const { status, stdout, stderr } = spawnSync(process.execPath, command, { cwd: PROJECT, encoding: 'utf8' });
  if (status !== 0) throw new Error(`${tool} could not build the subjects:\n${stdout}${stderr}`);
}

/** Runs one subject once, in a process of its own; `more` are further arguments. */
export function measure(subject: string, directory: string, ...more: readonly string[]): Measurement {
  const args = [join(BUNDLE, 'index.js'), subject, directory, ...more];
  const began = performance.now();
  const { status, stdout, stderr } = spawnSync(process.execPath, args, { encoding: 'utf8' });
  const wallMs = performance.now() - began;
  if (status !== 0) throw new Error(`${subject} failed on ${directory}:\n${stderr}`);
  const [passes = '', cpuMs, rssMiB, root] = stdout.trim().split('\t');
  return {
    wallMs,
    passes: passes.split(',').map(Number),
    cpuMs: Number(cpuMs),
    rssMiB: Number(rssMiB),
    root: root || undefined,
  };
}
