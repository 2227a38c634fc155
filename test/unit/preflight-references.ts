import { createAbsolutePathsRule } from '../../src/domain/preflight/absolute-paths.ts';
import type { Finding } from '../../src/domain/preflight/finding.ts';
import { createInspection } from '../../src/domain/preflight/inspection.ts';

/** path → text or bytes. */
export type Files = Readonly<Record<string, string | Uint8Array>>;

export interface Build {
  readonly files: Files;
  /** Files that are in the listing only. */
  readonly others?: readonly string[];
  /** The longest piece a file comes in. */
  readonly piece?: number;
}

/** What the rule says of a build. */
export async function look({ files, others = [], piece = 65_536 }: Build): Promise<readonly Finding[]> {
  const contents = Object.entries(files).map(([path, content]) => [path, Buffer.from(content)] as const);
  const listed = new Map([
    ...others.map((path) => [path, 1] as const),
    ...contents.map(([path, { length }]) => [path, length] as const),
  ]);
  const rule = createAbsolutePathsRule({ files: listed, isSingleFile: false });
  const inspection = createInspection([{ rule, severity: 'warn' }]);
  for (const [path, bytes] of contents) {
    if (inspection.begin({ path, bytes: bytes.length })) {
      for (let at = 0; at < bytes.length; at += piece) inspection.take(bytes.subarray(at, at + piece));
    }
    inspection.end();
  }
  return (await inspection.finish()).findings;
}

/** `warn missing-target a.html:3 message` of every finding. */
export async function say(build: Build): Promise<readonly string[]> {
  const findings = await look(build);
  return findings.map(({ severity, kind, path, line, message }) => `${severity} ${kind} ${path}:${line} ${message}`);
}

/** The kinds of a page alone, beside files that are only listed. */
export async function kindsOf(html: string, others: readonly string[] = ['a.png', 'b/index.html']): Promise<string[]> {
  return (await look({ files: { 'sub/index.html': html }, others })).map(({ kind }) => kind);
}
