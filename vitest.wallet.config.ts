import { defineConfig } from 'vitest/config'

/** `npm run test:wallet`: the whole of the wallet page, in Chromium. `npm test` walks through it once. */
export default defineConfig({
  test: {
    include: ['src/e2e/wallet/**/*.test.ts'],
    testTimeout: 120_000,
    hookTimeout: 120_000,
    // The files share one demonstration's build folder, and two of them measure.
    fileParallelism: false,
  },
})
