/**
 * Breaks one rule at a time in a copy of the tree, of the retention and of what promotes, proves, names and mirrors, and
 * tells which test notices. Exits with 1 when a mutation survives. `node scripts/mutations.ts [part of a name]`; not part of
 * `npm test`.
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
  /** Where a test must notice; any unit test when left out. */
  readonly tests?: readonly string[];
}

const RETENTION = 'src/domain/retention.ts';
const GIVE_UP = 'src/modes/give-up.ts';
const TAG_PIN = 'src/modes/tag-pin.ts';
const DEPLOY = 'src/modes/deploy.ts';
const RETIRE = 'src/modes/retire.ts';
const PROMOTE = 'src/modes/promote.ts';
const PRESENCE = 'src/modes/presence.ts';
const NAMED = 'src/modes/named-content.ts';
const ACCESS_LINK = 'src/wiring/access-link.ts';
const UNIT = ['test/unit'];
const FOLLOWERS = ['test/unit/followers.test.ts'];
const NAMED_TESTS = ['test/unit/named-content.test.ts'];
const WALKS = ['test/integration/block-walk.test.ts', 'test/integration/block-walk-hostile.test.ts'];
const MASKED = ['test/integration/masked-link.test.ts'];

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
  {
    name: 'promote without a proof',
    file: PROMOTE,
    from: '    proveServed(plan.cid, { ...run, subject: subjectOf(plan) }, ports),',
    to: '    Promise.resolve({ probes: [], blocks: [] }),',
    tests: ['test/unit/promote.test.ts'],
  },
  {
    name: 'promote to what no gateway has shown',
    file: PRESENCE,
    from: 'if (isAsked && !isShown && !proof.blocks.some(isSound))',
    to: 'if (isAsked && !isShown && proof.blocks.some(isSound))',
    tests: ['test/unit/promote.test.ts'],
  },
  {
    name: 'promote to blocks that are not right',
    file: PRESENCE,
    from: "if (look.verify === 'blocks' && look.network === 'public' && !proof.blocks.some(isSound)) {",
    to: "if (look.verify === 'blocks' && look.network === 'private' && !proof.blocks.some(isSound)) {",
    tests: ['test/unit/promote.test.ts'],
  },
  {
    name: 'take a page that fetches in the browser for a proof',
    file: 'src/domain/outcome.ts',
    from: "state === 'live' || state === 'files');",
    to: "state === 'live' || state === 'files' || state === 'opens');",
    tests: FOLLOWERS,
  },
  {
    name: 'promote: move the names before the tag is settled',
    file: PROMOTE,
    from: `const pin = await inStep('tagging', () => putTag(plan, run, ports));
  return { ...told, pin, accessLink, ...(await follow(plan, run, ports)) };`,
    to: `const followed = await follow(plan, run, ports);
  const pin = await inStep('tagging', () => putTag(plan, run, ports));
  return { ...told, pin, accessLink, ...followed };`,
    tests: FOLLOWERS,
  },
  {
    name: 'deploy: move the names before the tag is settled',
    file: DEPLOY,
    from: `const pin = await inStep('tagging', tagger.settle);
  if (pin === undefined) return undefined;
  ports.log.line(\`Tagged it \${run.tags.join(', ')} (pin \${pin.id}).\`);
  const presence = { ...seen, ...(await follow(job, decision)) };`,
    to: `const presence = { ...seen, ...(await follow(job, decision)) };
  const pin = await inStep('tagging', tagger.settle);
  if (pin === undefined) return undefined;`,
    tests: FOLLOWERS,
  },
  {
    name: 'move a name whose tag another run has moved since',
    file: 'src/modes/follow-tags.ts',
    from: 'if (newer === undefined) return [];',
    to: 'if (newer !== null) return [];',
    tests: ['test/unit/follow-tags.test.ts'],
  },
  {
    name: 'give up old content though a name could not be moved',
    file: RETIRE,
    from: 'return failed === undefined ? undefined :',
    to: "return failed?.state !== 'moved' ? undefined :",
    tests: FOLLOWERS,
  },
  {
    name: 'give up what a name pointed to until now',
    file: RETIRE,
    from: 'return new Map([...inUse, ...former]);',
    to: 'return new Map([...inUse, ...former.slice(former.length)]);',
    tests: FOLLOWERS,
  },
  {
    name: 'deploy: unmirror what was only spared',
    file: RETIRE,
    from: 'const gone = retention.unpinned.map(',
    to: 'const gone = [...retention.unpinned, ...retention.spared.map(({ row }) => row)].map(',
    tests: FOLLOWERS,
  },
  {
    name: 'cleanup: unmirror what was only spared',
    file: 'src/modes/cleanup.ts',
    from: '      retention.unpinned.map(',
    to: '      [...retention.unpinned, ...retention.spared.map(({ row }) => row)].map(',
    tests: FOLLOWERS,
  },
  {
    name: 'roll back further when the same run is repeated',
    file: 'src/domain/promotion.ts',
    from: 'return pin.cid === cid && moved?.tag === toTag && moved.run === run;',
    to: 'return pin.cid === cid && moved?.tag === toTag && moved.run !== run;',
    tests: ['test/unit/promotion.test.ts'],
  },
  {
    name: 'do not note which run moved a tag',
    file: 'src/domain/promotion.ts',
    from: "move: promoted.relative && run !== '' ?",
    to: "move: promoted.relative && run === '' ?",
  },
  {
    name: 'believe one resolver alone',
    file: NAMED,
    from: '  const known = answers.filter(',
    to: '  const known = answers.slice(0, 1).filter(',
    tests: NAMED_TESTS,
  },
  {
    name: 'give up the address that is swapped',
    file: NAMED,
    from: "return [...originals.map((cid) => [cid, 'hot-swap-cid: people have its address'] as const), ...targets];",
    to: 'return targets;',
    tests: NAMED_TESTS,
  },
  {
    name: 'give up what an address is answered with',
    file: NAMED,
    from: "return [...originals.map((cid) => [cid, 'hot-swap-cid: people have its address'] as const), ...targets];",
    to: "return [...originals.map((cid) => [cid, 'hot-swap-cid: people have its address'] as const), ...targets.slice(targets.length)];",
    tests: NAMED_TESTS,
  },
  {
    name: 'take any bytes for a block of a CAR',
    file: 'src/adapters/gateway/block-walk-wants.ts',
    from: "if (!isBlockOf(cid, bytes)) return 'wrong';",
    to: "if (bytes.length < 0 && !isBlockOf(cid, bytes)) return 'wrong';",
    tests: WALKS,
  },
  {
    name: 'take any bytes for a single block',
    file: 'src/adapters/gateway/block-walk-answers.ts',
    from: 'if (whole && isBlockOf(cid, bytes))',
    to: 'if (whole)',
    tests: WALKS,
  },
  {
    name: 'blocks: send the key to where a redirect leads',
    file: 'src/adapters/gateway/block-walk-answers.ts',
    from: "redirect: key === undefined ? 'follow' : 'error',",
    to: "redirect: 'follow',",
    tests: WALKS,
  },
  {
    name: 'diff: send the key to where a redirect leads',
    file: 'src/adapters/gateway/block-source.ts',
    from: "redirect: key === undefined ? 'follow' : 'error',",
    to: "redirect: 'follow',",
    tests: ['test/integration/hostile-gateways.test.ts'],
  },
  {
    name: 'links: send the key to where a redirect leads',
    file: 'src/adapters/gateway/visit.ts',
    from: "redirect: key === undefined ? 'follow' : 'manual',",
    to: "redirect: 'follow',",
    tests: ['test/integration/probe.test.ts', 'test/integration/probe-routes.test.ts'],
  },
  {
    name: 'hide an access link after its use',
    file: ACCESS_LINK,
    from: '  mask(link.url);\n',
    to: '  setTimeout(() => mask(link.url), 5000);\n',
    tests: MASKED,
  },
  {
    name: 'hide the signature of an access link after its use',
    file: ACCESS_LINK,
    from: '  mask(signature);\n',
    to: '  setTimeout(() => mask(signature), 5000);\n',
    tests: MASKED,
  },
];

/** Everything that the tests read. */
const COPIED = [
  'src',
  'emulator',
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
  const sound = firstFailure([...new Set(chosen.flatMap(({ tests = UNIT }) => tests))]);
  if (sound !== undefined) throw new Error(`The tests fail without any mutation: ${sound}`);
  console.log('| mutation | caught by |\n| --- | --- |');
  const caught = chosen.map((mutation) => {
    const failure = withMutation(mutation, () => firstFailure(mutation.tests ?? UNIT));
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
function firstFailure(tests: readonly string[]): string | undefined {
  const report = join(folder, 'report.json');
  rmSync(report, { force: true });
  const vitest = join(ROOT, 'node_modules', 'vitest', 'vitest.mjs');
  const run = spawnSync(
    process.execPath,
    [vitest, 'run', ...tests, '--bail=1', '--reporter=json', `--outputFile.json=${report}`],
    { cwd: folder, encoding: 'utf8', timeout: LIMIT_MS, env: { ...process.env, CI: 'true' } },
  );
  if (run.error !== undefined) return `no end within ${LIMIT_MS / 60_000} minutes`;
  const { testResults, numTotalTests } = JSON.parse(readFileSync(report, 'utf8')) as JsonReport;
  for (const { name, assertionResults } of testResults) {
    const failed = assertionResults.find(({ status }) => status === 'failed');
    if (failed !== undefined) return `${relative(folder, name)}: ${failed.fullName}`;
  }
  // A file that does not load proves nothing about the rule.
  if (run.status !== 0 || numTotalTests === 0) throw new Error(`The tests did not run:\n${run.stdout}${run.stderr}`);
  return undefined;
}
