import { defineConfig } from 'vitest/config'

/** Runs unmodified clients of MLflow against a whole server; what is not installed is skipped, with the reason. */
// oxlint-disable-next-line import/no-default-export -- vitest asks for one
export default defineConfig({
  test: {
    include: ['tests/mlflow/**/*.test.ts'],
    testTimeout: 300_000,
    hookTimeout: 200_000,
    fileParallelism: false,
  },
})
