import { defineConfig } from 'vitest/config'

/** `npm run test:wallet`: the whole of the wallet page, in Chromium. `npm test` walks through it once. */
export default defineConfig({
  test: {
    include: ['src/e2e/wallet/**/*.test.ts'],
    // A tour of all pages with axe-core takes half a minute, and many times as long on a busy machine.
    testTimeout: 480_000,
    hookTimeout: 120_000,
    // The files share one demonstration's build folder, and two of them measure.
    fileParallelism: false,
  },
})
