import { judgeFileType } from './limit-types.ts';
import type { Report, Rule, Site } from './rule.ts';

export interface Limits {
  /** The most files a folder of the account takes; undefined where no such limit applies. */
  readonly folderFiles: number | undefined;
  /** The most bytes of one upload. */
  readonly uploadBytes: number;
}

/** More than this in one upload is taken, and advised against. */
const ADVISED_BYTES = 15e9;
const LARGE_FILE_BYTES = 25e6;

/** What the service does not take, what gateways are slow with, and what is no part of a site. */
export function createLimitsRule(site: Site, limits: Limits): (report: Report) => Rule {
  return (report) => ({
    name: 'limits',
    open: () => undefined,
    finish: () => {
      reportUpload(site, limits, report);
      const isStream = [...site.files.keys()].some((path) => /\.m3u8$/i.test(path));
      for (const [path, bytes] of site.files) {
        reportSize(path, bytes, report);
        // Whoever publishes one file named that very file.
        const fault = site.isSingleFile ? undefined : judgeFileType(path, { isStream });
        if (fault !== undefined) report({ ...fault, path, line: undefined });
      }
    },
  });
}

function reportUpload(site: Site, limits: Limits, report: Report): void {
  const files = site.files.size;
  if (limits.folderFiles !== undefined && files > limits.folderFiles) {
    report({
      kind: 'folder-files',
      message: `The build has ${count(files)} files, and Pinata documents ${count(limits.folderFiles)} as the most that a folder of the account holds.`,
      advice:
        'Publish fewer files with exclude. No such number is documented for CARs: upload-method: car may take them.',
      path: '',
      line: undefined,
    });
  }
  const bytes = [...site.files.values()].reduce((sum, size) => sum + size, 0);
  if (bytes > limits.uploadBytes) {
    report({
      kind: 'upload-bytes',
      message: `The build has ${gigabytes(bytes)}, and one upload to Pinata has at most ${gigabytes(limits.uploadBytes)}.`,
      advice: 'Publish less with include and exclude, or in several deploys.',
      path: '',
      line: undefined,
      level: 'error',
    });
  } else if (bytes > ADVISED_BYTES) {
    report({
      kind: 'advised-bytes',
      message: `The build has ${gigabytes(bytes)}; Pinata takes it, and advises at most ${gigabytes(ADVISED_BYTES)} in one upload.`,
      advice: 'Publish less with include and exclude, or in several deploys.',
      path: '',
      line: undefined,
    });
  }
}

/** Files that mean nothing when they are empty. Style sheets are left out: tools write empty ones on purpose. */
const NEVER_EMPTY = /\.(?:html?|m?js|json|wasm|png|jpe?g|gif|webp|avif|ico|woff2?|ttf|otf|mp4|webm|mp3|pdf)$/i;

function reportSize(path: string, bytes: number, report: Report): void {
  if (bytes === 0 && NEVER_EMPTY.test(path)) {
    const kind = /[^.]+$/.exec(path)?.[0].toLowerCase() ?? '';
    report({
      kind: 'empty-file',
      message: `A \`.${kind}\` file is empty.`,
      advice: 'See why the build wrote nothing into it.',
      path,
      line: undefined,
    });
  }
  if (bytes > LARGE_FILE_BYTES) {
    report({
      kind: 'large-file',
      message: 'A file has more than 25 MB, which public gateways serve slowly or not at all.',
      advice: 'Make it smaller, cut it into parts, or leave it out with exclude.',
      path,
      line: undefined,
    });
  }
}

function count(value: number): string {
  return value.toLocaleString('en-US');
}

function gigabytes(bytes: number): string {
  return `${(bytes / 1e9).toLocaleString('en-US', { maximumFractionDigits: 3 })} GB`;
}
