import { defineConfig } from 'vitest/config'

/** Kills real processes of a real platform, one file after the other; apart from `npm test` because it takes minutes. */
// oxlint-disable-next-line import/no-default-export -- vitest asks for one
export default defineConfig({
  test: {
    include: ['tests/faults/**/*.test.ts'],
    testTimeout: 400_000,
    hookTimeout: 200_000,
    fileParallelism: false,
  },
})
