import { defineConfig } from 'vitest/config'

/** Runs jobs on real platforms; what is not set up here is skipped, with the reason. See tests/executors/README.md. */
// oxlint-disable-next-line import/no-default-export -- vitest asks for one
export default defineConfig({
  test: {
    include: ['tests/executors/**/*.test.ts'],
    testTimeout: 120_000,
    hookTimeout: 120_000,
    fileParallelism: false,
  },
})
