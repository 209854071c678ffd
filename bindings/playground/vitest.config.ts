import { defineConfig } from 'vitest/config';

export default defineConfig({
  test: {
    // A file has a browser of its own, and a browser keeps one core busy.
    maxWorkers: 2,
    testTimeout: 45_000,
    hookTimeout: 60_000,
  },
});
