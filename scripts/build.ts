/**
 * Builds `dist/` from `src/`: tsc to `build/`, bundles by ncc, and terser to drop what nobody calls. With `--check` it builds aside and
 * fails when the committed `dist/` differs in any byte.
 */
import { execFileSync } from 'node:child_process';
import { cpSync, existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { minify } from 'terser';

const root = join(import.meta.dirname, '..');

/** What runs: the action, and the thread that it starts to look at a build. */
const BUNDLES = [
  { entry: 'main.js', folder: '' },
  { entry: join('adapters', 'preflight', 'worker.js'), folder: 'preflight' },
] as const;

/** The bundles in `out`, each with index.js, package.json and licenses.txt. */
async function build(out: string): Promise<void> {
  const bin = (path: string): string => join(root, 'node_modules', path);
  rmSync(join(root, 'build'), { recursive: true, force: true });
  execFileSync(process.execPath, [bin('typescript/bin/tsc'), '-p', 'tsconfig.build.json'], {
    cwd: root,
    stdio: 'inherit',
  });
  rmSync(out, { recursive: true, force: true });
  const flags = ['--license', 'licenses.txt', '--no-cache', '--quiet'];
  for (const { entry, folder } of BUNDLES) {
    const into = join(out, folder);
    execFileSync(
      process.execPath,
      [bin('@vercel/ncc/dist/ncc/cli.js'), 'build', join('build', entry), '-o', into, ...flags],
      { cwd: root, stdio: 'inherit' },
    );
    await shake(join(into, 'index.js'));
  }
}

/** ncc keeps every function of every package. Names and line breaks stay, so that people can read what runs. */
async function shake(bundle: string): Promise<void> {
  const { code } = await minify(readFileSync(bundle, 'utf8'), {
    module: true,
    mangle: false,
    compress: { defaults: false, dead_code: true, unused: true },
    format: { beautify: true, indent_level: 1, comments: false },
  });
  if (code === undefined) throw new Error('terser made no bundle.');
  writeFileSync(bundle, `${code}\n`);
}

function differences(a: string, b: string): string[] {
  const names = new Set([...(existsSync(a) ? filesIn(a) : []), ...filesIn(b)]);
  return [...names].filter((name) => {
    const [left, right] = [join(a, name), join(b, name)];
    return !existsSync(left) || !existsSync(right) || !readFileSync(left).equals(readFileSync(right));
  });
}

function filesIn(folder: string): string[] {
  return readdirSync(folder, { recursive: true, encoding: 'utf8' }).filter((name) =>
    statSync(join(folder, name)).isFile(),
  );
}

const dist = join(root, 'dist');
const aside = mkdtempSync(join(tmpdir(), 'pinata-deploy-dist-'));
try {
  await build(aside);
  if (process.argv.includes('--check')) {
    const changed = differences(dist, aside);
    if (changed.length > 0) {
      console.error(
        `dist/ is not what the sources build: ${changed.join(', ')}. Run "npm run build" and commit the result.`,
      );
      process.exitCode = 1;
    } else console.log('dist/ is what the sources build.');
  } else {
    // Over what is there: the bundle may be running.
    cpSync(aside, dist, { recursive: true });
    for (const name of filesIn(dist)) if (!existsSync(join(aside, name))) rmSync(join(dist, name));
    const sizes = BUNDLES.map(({ folder }) => Math.round(statSync(join(dist, folder, 'index.js')).size / 1024));
    console.log(`Built dist/ (${sizes.join(' + ')} KiB).`);
  }
} finally {
  rmSync(aside, { recursive: true, force: true });
}
