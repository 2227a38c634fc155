import { chmodSync, mkdirSync, mkdtempSync, realpathSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';

/** Text of a file; `{}` for an empty directory; `{ link }` for a link to exactly that target. */
export type Planted = string | { readonly link?: string };

/** An empty directory that ends with the block: its real path, readable by everybody. */
export function tempTree(planted: Readonly<Record<string, Planted>> = {}): Disposable & { readonly root: string } {
  const root = realpathSync(mkdtempSync(join(tmpdir(), 'tree-')));
  chmodSync(root, 0o755);
  plant(root, planted);
  return { root, [Symbol.dispose]: () => rmSync(root, { recursive: true, force: true }) };
}

/** Adds files, links and empty directories, with what is above them. */
export function plant(root: string, planted: Readonly<Record<string, Planted>>): void {
  for (const [path, what] of Object.entries(planted)) {
    const place = `${root}/${path}`;
    mkdirSync(dirname(place), { recursive: true });
    if (typeof what === 'string') writeFileSync(place, what);
    else if (what.link === undefined) mkdirSync(place, { recursive: true });
    else symlinkSync(what.link, place);
  }
}
