import { describe, expect, it } from 'vitest';
import { cpuClock } from '../support/cpu-clock.ts';
import { seededNumbers } from '../support/seeded.ts';
import { fileOf, findSecrets, readSamples, sampleFile } from './preflight-secrets-builds.ts';

const INPUTS = 10_000;
const LONGEST = 20_000;

/** Numbers below a bound, the same in every run. */
type Draw = (bound: number) => number;

const CHANGES: readonly ((bytes: Uint8Array, draw: Draw, other: Uint8Array) => Uint8Array)[] = [
  (bytes, draw) => bytes.map((byte, at) => (draw(50) === 0 || at === 3 ? draw(256) : byte)),
  (bytes, draw) => bytes.subarray(draw(bytes.length), draw(bytes.length)),
  (bytes, draw) => {
    const from = draw(bytes.length);
    const piece = bytes.subarray(from, from + 1 + draw(80));
    return Buffer.concat([
      bytes.subarray(0, from),
      ...Array.from({ length: draw(60) }, () => piece),
      bytes.subarray(from),
    ]);
  },
  (bytes, draw, other) => Buffer.concat([bytes.subarray(0, draw(bytes.length)), other.subarray(draw(other.length))]),
  (bytes, draw) => Buffer.from(JSON.stringify(Buffer.from(bytes).toString().slice(draw(40)))),
];

describe('the rule secrets with what nobody would write', () => {
  it('takes 10,000 changed files without a throw, a hang or a growing heap', async () => {
    const samples = [...readSamples('secrets'), ...readSamples('look-alikes')];
    const files = samples.map((sample) => ({
      path: sample.path,
      bytes: sampleFile(sample).pieces[0] ?? new Uint8Array(),
    }));
    const next = seededNumbers(4711);
    const draw: Draw = (bound) => next() % Math.max(1, bound);
    const heap = process.memoryUsage().rss;
    let slowest = 0;
    for (let round = 0; round < INPUTS; round += 1) {
      const { path, bytes } = files[draw(files.length)] ?? { path: '', bytes: new Uint8Array() };
      const other = files[draw(files.length)]?.bytes ?? bytes;
      let changed = bytes;
      for (let times = 1 + draw(3); times > 0; times -= 1) {
        changed = CHANGES[draw(CHANGES.length)]?.(changed, draw, other).subarray(0, LONGEST) ?? changed;
      }
      const start = cpuClock();
      const findings = await findSecrets(
        [fileOf(path, changed)],
        [{ name: 'pinata-jwt', value: 'R7mQ2vX9kLpT4wZ8sBnY' }],
      );
      slowest = Math.max(slowest, cpuClock() - start);
      expect(findings.every(({ message }) => message.length < 300)).toBe(true);
    }
    expect(slowest).toBeLessThan(1000);
    expect(process.memoryUsage().rss - heap).toBeLessThan(200 * 1024 * 1024);
  }, 60_000);
});
