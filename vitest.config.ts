import { defineConfig } from 'vitest/config';

export default defineConfig({
  test: {
    include: ['test/{unit,integration,contract,e2e,faults}/**/*.test.ts'],
    environment: 'node',
    // Most tests wait for another process.
    maxWorkers: 3,
    testTimeout: 60_000,
    hookTimeout: 30_000,
    coverage: { include: ['src/**', 'emulator/**'] },
  },
});
