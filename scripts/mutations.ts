/**
 * Breaks one rule of the retention at a time in a copy of the tree and tells which unit test notices. Exits with 1 when a
 * mutation survives. `node scripts/mutations.ts [part of a name]`; not part of `npm test`.
 */
import { spawnSync } from 'node:child_process';
import { cpSync, mkdtempSync, readFileSync, realpathSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, relative } from 'node:path';

interface Mutation {
  readonly name: string;
  readonly file: string;
  /** Must be in the file exactly once. */
  readonly from: string;
  readonly to: string;
}

const RETENTION = 'src/domain/retention.ts';
const GIVE_UP = 'src/modes/give-up.ts';
const TAG_PIN = 'src/modes/tag-pin.ts';

const MUTATIONS: readonly Mutation[] = [
  {
    name: 'forget shared content: one lost tag makes it stale',
    file: RETENTION,
    from: 'kept === undefined\n',
    to: 'kept === undefined || lost.length > 0\n',
  },
  {
    name: 'forget other projects',
    file: RETENTION,
    from: 'if (revision.others.some((pin) => isNeededOutside(pin, policy.project)) || tags.some((pin) => pin.shared))',
    to: 'if (tags.length === 0)',
  },
  {
    name: 'forget adopted pins',
    file: RETENTION,
    from: 'if (tags.some((pin) => pin.adopted))',
    to: 'if (tags.length === 0)',
  },
  {
    name: 'forget protect-tags',
    file: RETENTION,
    from: 'if (glob !== undefined) return',
    to: 'if (glob === null) return',
  },
  {
    name: 'keep-last off by one',
    file: RETENTION,
    from: 'rank < policy.keepLast)',
    to: 'rank < policy.keepLast - 1)',
  },
  {
    name: 'forget keep-within',
    file: RETENTION,
    from: 'isYounger(mark.at * 1000, policy.keepWithinMs, now)',
    to: 'isYounger(mark.at * 1000, 0, now)',
  },
  {
    name: 'ignore the scope of a run',
    file: RETENTION,
    from: "policy.scope !== 'all' && !policy.scope.has(mark.tag)",
    to: "policy.scope !== 'all' && policy.scope.has(mark.tag) !== policy.scope.has(mark.tag)",
  },
  {
    name: 'give up marks that are newer than the giving up',
    file: RETENTION,
    from: 'return at <= (givenUp.get(tag)?.at ?? -1);',
    to: 'return givenUp.has(tag) && at >= 0;',
  },
  {
    name: 'skip the hour after a release or an upload',
    file: RETENTION,
    from: "return since.some((at) => isYounger(at, UNTAGGED_GRACE_MS, now)) ? 'without a tag for less than an hour' : undefined;",
    to: 'return since.length < 0 ? String(now) : undefined;',
  },
  {
    name: 'skip the hour after a merge',
    file: RETENTION,
    from: 'merged.some((at) => isYounger(at, UNTAGGED_GRACE_MS, now))',
    to: 'merged.some((at) => isYounger(at, 0, now))',
  },
  {
    name: 'skip the second judgement',
    file: GIVE_UP,
    from: 'if (second?.fate !== row.fate) return',
    to: 'if (second === null) return',
  },
  {
    name: 'skip the confirmation of what is current',
    file: GIVE_UP,
    from: 'await confirmKept(ports, first)',
    to: 'await Promise.resolve(first)',
  },
  {
    name: 'do not see the announcement of a removal',
    file: TAG_PIN,
    from: 'if (progress.writes === outlivedAt || !isAnnounced(pin, ports.clock)) return pin;',
    to: 'return pin;',
  },
];

/** Everything that the unit tests read. */
const COPIED = [
  'src',
  'test',
  'examples',
  'action.yml',
  'README.md',
  'package.json',
  'tsconfig.json',
  'vitest.config.ts',
];
const ROOT = join(import.meta.dirname, '..');
const LIMIT_MS = 600_000;

interface JsonReport {
  readonly numTotalTests: number;
  readonly testResults: readonly {
    readonly name: string;
    readonly status: string;
    readonly message: string;
    readonly assertionResults: readonly { readonly status: string; readonly fullName: string }[];
  }[];
}

const folder = realpathSync(mkdtempSync(join(tmpdir(), 'pinata-deploy-mutations-')));
process.on('exit', () => rmSync(folder, { recursive: true, force: true }));
process.exitCode = main(process.argv[2] ?? '') ? 0 : 1;

/** True when every mutation was noticed. */
function main(part: string): boolean {
  const chosen = MUTATIONS.filter(({ name }) => name.includes(part));
  if (chosen.length === 0) throw new Error(`No mutation has "${part}" in its name.`);
  for (const entry of COPIED) cpSync(join(ROOT, entry), join(folder, entry), { recursive: true });
  symlinkSync(join(ROOT, 'node_modules'), join(folder, 'node_modules'));
  // All of them first: a string that is gone should not be found out after ten minutes.
  for (const mutation of chosen) mutated(mutation);
  const sound = firstFailure();
  if (sound !== undefined) throw new Error(`The unit tests fail without any mutation: ${sound}`);
  console.log('| mutation | caught by |\n| --- | --- |');
  const caught = chosen.map((mutation) => {
    const failure = withMutation(mutation, firstFailure);
    console.log(`| ${mutation.name} | ${failure ?? 'SURVIVED'} |`);
    return failure !== undefined;
  });
  console.log(`\n${caught.filter(Boolean).length} of ${caught.length} mutations were caught.`);
  return caught.every(Boolean);
}

/** The file with its rule broken. */
function mutated({ name, file, from, to }: Mutation): string {
  const pieces = readFileSync(join(folder, file), 'utf8').split(from);
  if (pieces.length === 2) return pieces.join(to);
  throw new Error(`${name}: ${file} has the text ${pieces.length - 1} times, not once: ${from}`);
}

function withMutation<T>(mutation: Mutation, work: () => T): T {
  const path = join(folder, mutation.file);
  const sound = readFileSync(path, 'utf8');
  writeFileSync(path, mutated(mutation));
  try {
    return work();
  } finally {
    writeFileSync(path, sound);
  }
}

/** The first test that fails, with its file; undefined when all pass. */
function firstFailure(): string | undefined {
  const report = join(folder, 'report.json');
  rmSync(report, { force: true });
  const vitest = join(ROOT, 'node_modules', 'vitest', 'vitest.mjs');
  const run = spawnSync(
    process.execPath,
    [vitest, 'run', 'test/unit', '--bail=1', '--reporter=json', `--outputFile.json=${report}`],
    { cwd: folder, encoding: 'utf8', timeout: LIMIT_MS, env: { ...process.env, CI: 'true' } },
  );
  if (run.error !== undefined) return `no end within ${LIMIT_MS / 60_000} minutes`;
  const { testResults, numTotalTests } = JSON.parse(readFileSync(report, 'utf8')) as JsonReport;
  for (const { name, assertionResults } of testResults) {
    const failed = assertionResults.find(({ status }) => status === 'failed');
    if (failed !== undefined) return `${relative(folder, name)}: ${failed.fullName}`;
  }
  // A file that does not load proves nothing about the rule.
  if (run.status !== 0 || numTotalTests === 0)
    throw new Error(`The unit tests did not run:\n${run.stdout}${run.stderr}`);
  return undefined;
}
