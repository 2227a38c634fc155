import { createAbsolutePathsRule } from '../../src/domain/preflight/absolute-paths.ts';
import type { Finding } from '../../src/domain/preflight/finding.ts';
import { createInspection } from '../../src/domain/preflight/inspection.ts';

/** path → text, bytes, or a text to be made when its turn comes. */
export type Files = Readonly<Record<string, string | Uint8Array | (() => string)>>;

export interface Build {
  readonly files: Files;
  /** Files that are in the listing only. */
  readonly others?: readonly string[];
  /** The longest piece a file comes in. */
  readonly piece?: number;
}

/** What the rule says of a build. */
export async function look({ files, others = [], piece = 65_536 }: Build): Promise<readonly Finding[]> {
  const listed = new Map([...others, ...Object.keys(files)].map((path) => [path, 1] as const));
  const rule = createAbsolutePathsRule({ files: listed, isSingleFile: false });
  const inspection = createInspection([{ rule, severity: 'warn' }]);
  for (const [path, content] of Object.entries(files)) {
    const bytes = Buffer.from(typeof content === 'function' ? content() : content);
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
