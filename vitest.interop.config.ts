import { defineConfig } from 'vitest/config';

export default defineConfig({
  test: { include: ['test/interop/**/*.test.ts'], environment: 'node', testTimeout: 600_000 },
});
