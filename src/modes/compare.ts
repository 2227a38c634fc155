import type { Cid } from '../domain/cid.ts';
import type { Comparison, DiffBase, Effort, Rebuild } from '../domain/comparison.ts';
import { type Diff, diffTrees, isSameContent } from '../domain/diff.ts';
import type { BaseChoice } from '../domain/diff-base.ts';
import type { Build, CidProfile } from '../domain/listing.ts';
import { explainRebuild } from '../domain/rebuild.ts';
import type { BaseReading, GitHub, PublishedTree } from '../ports.ts';

export interface ComparePorts {
  /** Content that was published before. */
  readonly publishedTree: (root: Cid) => Promise<PublishedTree>;
  /** Hashes the content under a profile. */
  readonly build: (profile: CidProfile) => Promise<Build>;
  readonly commitTrees: GitHub['commitTrees'];
}

export interface CompareOptions {
  readonly base: BaseChoice;
  readonly stripHash: readonly RegExp[];
  /** The commit that was built, 7 hex digits; undefined where the event's commit is not what was built. */
  readonly builtCommit: string | undefined;
}

/** Compares a build with what was published before. Never fails: where nothing can be said, it says why. */
export async function compareWithBase(
  build: Build,
  { base: choice, stripHash, builtCommit }: CompareOptions,
  ports: ComparePorts,
): Promise<Comparison> {
  if (choice.kind === 'none') return choice;
  const { base } = choice;
  if (base.cid === build.root) return unchanged(build, base);
  try {
    return await compareTrees(build, { base, stripHash, builtCommit }, ports);
  } catch (error) {
    // Whatever it is: a deploy does not fail for want of a diff. What is wrong with the files, the upload will say.
    return { kind: 'unavailable', base, reason: reasonOf(error) };
  }
}

function reasonOf(error: unknown): string {
  return error instanceof Error ? error.message.replace(/\.$/, '') : String(error);
}

function whyUnread(reading: Exclude<BaseReading, { kind: 'read' }>): string {
  return reading.kind === 'unreadable' ? reading.reason : 'it follows the rules of another profile';
}

interface Compared extends Omit<CompareOptions, 'base'> {
  readonly base: DiffBase;
}

async function compareTrees(
  build: Build,
  { base, stripHash, builtCommit }: Compared,
  ports: ComparePorts,
): Promise<Comparison> {
  const tree = await ports.publishedTree(base.cid);
  const [{ reading, hashed }, evidence] = await Promise.all([
    readBase(tree, build, ports),
    sameSources(base, builtCommit, ports.commitTrees),
  ]);
  if (reading.kind !== 'read') return { kind: 'unavailable', base, reason: whyUnread(reading) };
  const diff = diffTrees(reading.pair, { stripHash });
  const encoding = remark(reading, { build, hashed, base });
  const isExplained = evidence !== undefined && diff.changes.length > 0;
  const rebuild = isExplained ? await explain(evidence, { build, diff, tree }) : undefined;
  return { kind: 'compared', base, diff, encoding, rebuild, effort: tree.effort() };
}

export interface CompareVersionsPorts {
  /** Compares two trees that were published before. Never fails. */
  readonly comparePublished: (
    before: Cid,
    after: Cid,
  ) => Promise<{ readonly reading: BaseReading; readonly effort: Effort }>;
  readonly showComparison: (comparison: Comparison) => void;
}

export interface Versions extends Pick<CompareOptions, 'stripHash'> {
  /** What the tag points to until now; without a CID there is nothing. */
  readonly base: { readonly cid: Cid | undefined; readonly label: string };
}

/** Compares content that was published before with what it is to replace. Never fails. */
export async function compareVersions(
  cid: Cid,
  { base: { cid: before, label }, stripHash }: Versions,
  ports: CompareVersionsPorts,
): Promise<Comparison> {
  if (before === undefined) return { kind: 'none', reason: `nothing has the tag ${label} yet`, first: true };
  const base: DiffBase = { cid: before, label, commit: undefined };
  if (before === cid) {
    return { kind: 'compared', base, diff: NO_DIFFERENCE, encoding: undefined, rebuild: undefined, effort: NO_EFFORT };
  }
  const { reading, effort } = await ports.comparePublished(before, cid).catch((error: unknown) => ({
    // Nobody is kept from rolling back for want of a diff.
    reading: { kind: 'unreadable' as const, reason: reasonOf(error) },
    effort: NO_EFFORT,
  }));
  if (reading.kind !== 'read') return { kind: 'unavailable', base, reason: whyUnread(reading) };
  const encoding = reading.strange
    ? 'The two are encoded by different rules, so a file may be listed as changed whose bytes are the same.'
    : undefined;
  return { kind: 'compared', base, diff: diffTrees(reading.pair, { stripHash }), encoding, rebuild: undefined, effort };
}

const NO_EFFORT: Effort = { requests: 0, cached: 0, bytes: 0, ms: 0 };
const NO_DIFFERENCE: Diff = { changes: [], unchanged: undefined, before: undefined, after: undefined };

function unchanged(build: Build, base: DiffBase): Comparison {
  const all = { files: build.listing.size, bytes: build.bytes };
  return {
    kind: 'compared',
    base,
    diff: { changes: [], unchanged: all, before: all, after: all },
    encoding: undefined,
    rebuild: undefined,
    effort: NO_EFFORT,
  };
}

interface Read {
  readonly reading: BaseReading;
  /** The build as it was compared: hashed by the rules of the base, where those are others and known. */
  readonly hashed: Build;
}

/** Contents can be compared by their CIDs only when both sides are hashed by the same rules. */
/** A second hash pass over more than this takes longer than a diff may. */
const MAX_HASHED_AGAIN_BYTES = 500_000_000;

async function readBase(tree: PublishedTree, build: Build, ports: ComparePorts): Promise<Read> {
  // What came as a CAR is not hashed again: its files are not at hand.
  if (build.readFile === undefined || build.bytes > MAX_HASHED_AGAIN_BYTES)
    return { reading: await tree.compare(build, 'known'), hashed: build };
  const tried = new Set([build.profile]);
  let hashed = build;
  for (;;) {
    const reading = await tree.compare(hashed, 'open');
    if (reading.kind !== 'foreign') return { reading, hashed };
    // A base that speaks for one profile here and for another there follows none.
    if (tried.has(reading.profile)) return { reading: await tree.compare(hashed, 'known'), hashed };
    tried.add(reading.profile);
    hashed = await ports.build(reading.profile);
  }
}

interface Sides {
  readonly build: Build;
  readonly hashed: Build;
  readonly base: DiffBase;
}

/** What is to be known where the roots differ for other reasons than files. */
function remark(
  { pair, emptyDirectories, strange }: Extract<BaseReading, { kind: 'read' }>,
  { build, hashed, base }: Sides,
): string | undefined {
  const isEqual = pair.before.size === 0 && pair.after.size === 0;
  if (hashed !== build) {
    const how = `${base.label} is encoded by cid-profile ${hashed.profile}`;
    if (hashed.root === base.cid)
      return `Only the encoding differs: ${how}, and by those rules this build has its CID.`;
    return `${how}; the build was hashed by those rules too, to compare contents.`;
  }
  if (isEqual && emptyDirectories.length > 0) {
    return `Only empty directories differ: ${listed(emptyDirectories)}.`;
  }
  if (strange) {
    return `${base.label} is encoded by other rules than the build, so a file may be listed as changed whose bytes are the same.`;
  }
  return isEqual ? 'Only the encoding of directories differs: every file has the same CID.' : undefined;
}

const SHOWN_DIRECTORIES = 5;

function listed(paths: readonly string[]): string {
  const more = paths.length - SHOWN_DIRECTORIES;
  return [...paths.slice(0, SHOWN_DIRECTORIES), ...(more > 0 ? [`and ${more} more`] : [])].join(', ');
}

/** How we know that the sources are the same as those of the base; undefined when they are not, or nobody can tell. */
async function sameSources(
  { commit, label }: DiffBase,
  builtCommit: string | undefined,
  commitTrees: GitHub['commitTrees'],
): Promise<string | undefined> {
  if (commit === undefined || builtCommit === undefined) return undefined;
  if (commit === builtCommit) return `both were built from commit ${commit}`;
  const trees = await commitTrees([commit, builtCommit]);
  if (trees.kind !== 'known') return undefined;
  const tree = trees.value.get(commit);
  return tree !== undefined && tree === trees.value.get(builtCommit)
    ? `commit ${builtCommit} has the same files as ${commit}, from which ${label} was built`
    : undefined;
}

const MAX_EXPLAINED = 20;
const MAX_EXPLAINED_BYTES = 256 * 1024;

interface Subject {
  readonly build: Build;
  readonly diff: Diff;
  readonly tree: PublishedTree;
}

/** Reads the small files among those that changed, on both sides, and looks for what makes them differ. */
async function explain(evidence: string, { build, diff, tree }: Subject): Promise<Rebuild> {
  if (build.readFile === undefined) return { evidence, files: [] };
  const rewritten = diff.changes
    .flatMap((change) =>
      (change.kind === 'changed' || change.kind === 'moved') && !isSameContent(change)
        ? [{ from: change.kind === 'moved' ? change.from : change.path, ...change }]
        : [],
    )
    .filter(({ before, after }) => Math.max(before.bytes, after.bytes) <= MAX_EXPLAINED_BYTES)
    .sort((a, b) => a.after.bytes - b.after.bytes)
    .slice(0, MAX_EXPLAINED);
  const texts = await Promise.all(
    rewritten.map(async ({ path, from, before }) => {
      const bytes = await tree.readFile(from, before.cid);
      return { path, before: bytes === undefined ? undefined : textOf(bytes), after: await readOwn(build, path) };
    }),
  );
  const files = texts.flatMap(({ path, before, after }) => (after === undefined ? [] : [{ path, before, after }]));
  return { evidence, files: explainRebuild(files, diff) };
}

async function readOwn({ readFile }: Build, path: string): Promise<string | undefined> {
  const decoder = new TextDecoder('utf-8', { fatal: true });
  let text = '';
  try {
    for await (const piece of readFile?.(path) ?? []) text += decoder.decode(piece, { stream: true });
    return text + decoder.decode();
  } catch {
    // No text, or a file that changed meanwhile: the upload will say so.
    return undefined;
  }
}

/** Undefined for what is no text. */
function textOf(bytes: Uint8Array): string | undefined {
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes);
  } catch {
    return undefined;
  }
}
