import { defineConfig } from 'vitest/config';

export default defineConfig({
  test: {
    // One browser for a file, one file at a time: times are measured here, too.
    fileParallelism: false,
    testTimeout: 30_000,
    hookTimeout: 60_000,
  },
});
