import { statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { error as annotate, ExitCode, getInput, setOutput, setSecret, summary } from '@actions/core';
import { type ActionError, failedWhile } from '../../domain/errors.ts';
import { printable } from './printable.ts';

/** The runner gives up the whole summary of a step above 1 MiB. */
const MAX_SUMMARY_BYTES = 900 * 1024;

/** An input as the workflow gave it, without the space around it; '' when it is absent. */
export function readInput(name: string): string {
  return getInput(name);
}

/** Hides a value in every log line from here on; each line of it, since the runner masks line by line. */
export function mask(secret: string): void {
  for (const line of new Set([secret, ...secret.split(/\r?\n/)])) if (line.trim() !== '') setSecret(line);
}

/** Sets the outputs; false when the runner's file cannot be written. */
export function writeOutputs(outputs: Readonly<Record<string, string>>): boolean {
  try {
    for (const [name, value] of Object.entries(outputs)) setOutput(name, value);
    return true;
  } catch {
    return false;
  }
}

/** Bytes that the job summary has room for: what the step wrote before counts. */
export function summaryRoom(): number {
  const file = process.env.GITHUB_STEP_SUMMARY ?? '';
  const present = file === '' ? 0 : (statSync(file, { throwIfNoEntry: false })?.size ?? 0);
  return MAX_SUMMARY_BYTES - present;
}

/** Adds to the job summary; false when the runner offers none or it would not fit. */
export async function writeSummary(markdown: string): Promise<boolean> {
  const file = process.env.GITHUB_STEP_SUMMARY;
  if (file === undefined || file === '') return false;
  if (Buffer.byteLength(markdown) > summaryRoom()) return false;
  await summary.addRaw(markdown, true).write();
  return true;
}

/** Writes the machine-readable report where the runner keeps temporary files, and says where; undefined when it cannot. */
export function writeReport(json: string): string | undefined {
  const folder = process.env.RUNNER_TEMP ?? tmpdir();
  const path = join(
    folder,
    `pinata-deploy-${process.env.GITHUB_RUN_ID ?? process.pid}-${process.env.GITHUB_ACTION ?? 'step'}.json`.replace(
      /[^\w./\\:-]/g,
      '_',
    ),
  );
  try {
    writeFileSync(path, json);
    return path;
  } catch {
    return undefined;
  }
}

/** Ends the step as failed: what happened, what to do, and the kind, which has a heading in README. */
export function fail(error: ActionError): void {
  const lines = [...error.message.split('\n'), ...(error.hint === undefined ? [] : [error.hint])];
  annotate(`${lines.map(printable).join('\n')}\n(${error.kind}: see Troubleshooting in README)`, {
    title: `pinata-deploy ${failedWhile(error)}: ${error.kind}`,
  });
  process.exitCode = ExitCode.Failure;
}
