/**
 * Fails when package-lock.json would not install the same everywhere: when it names registry hosts, or lacks an optional
 * package (such as a binary for another platform) that one of its packages asks for. `npm install` leaves such a hole
 * without a word; `npm ci` then fails on the platform that needs it.
 */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';

interface LockedPackage {
  readonly resolved?: string;
  readonly optionalDependencies?: Readonly<Record<string, string>>;
}

const lock = JSON.parse(readFileSync(join(import.meta.dirname, '..', 'package-lock.json'), 'utf8')) as {
  readonly packages: Readonly<Record<string, LockedPackage>>;
};

/** The places where Node looks for `name` from the package at `path`: its own node_modules, then each one above. */
function placesOf(path: string, name: string): readonly string[] {
  const above = path.split('/node_modules/').map((_, depth, parts) => parts.slice(0, depth + 1).join('/node_modules/'));
  return [
    `node_modules/${name}`,
    ...above.filter((parent) => parent !== '').map((parent) => `${parent}/node_modules/${name}`),
  ];
}

const problems = Object.entries(lock.packages).flatMap(([path, { resolved, optionalDependencies = {} }]) => [
  ...(resolved === undefined || !/^https?:/.test(resolved) ? [] : [`${path} names a registry host`]),
  ...Object.keys(optionalDependencies)
    .filter((name) => !placesOf(path, name).some((place) => place in lock.packages))
    .map((name) => `${name}, which ${path || 'package.json'} asks for, is missing`),
]);

if (problems.length === 0)
  console.log(`package-lock.json is complete (${Object.keys(lock.packages).length} packages).`);
else {
  console.error(`package-lock.json:\n${problems.map((problem) => `- ${problem}`).join('\n')}`);
  process.exitCode = 1;
}
