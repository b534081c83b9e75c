import { defineConfig } from 'vitest/config'

/** Nothing is told by how fast a test is: these only end one that hangs, also on a machine that is busy. */
const patience = { testTimeout: 60_000, hookTimeout: 120_000, expect: { poll: { timeout: 30_000 } } }

/**
 * The same number of workers in each project lets their files run side by side. Each starts processes of its own.
 * A worker keeps the modules that it has loaded for its next file: to load them anew took a third of all tests' time. So
 * a file leaves nothing behind: vitest takes back what was stubbed, and hooks belong to files, not to helpers' modules.
 */
const shared = { ...patience, maxWorkers: 3, isolate: false, unstubEnvs: true, unstubGlobals: true, restoreMocks: true }

/** `server` runs on a PostgreSQL that is started once; everything else needs nothing but Node. */
// oxlint-disable-next-line import/no-default-export -- vitest asks for one
export default defineConfig({
  test: {
    projects: [
      {
        test: {
          ...shared,
          name: 'unit',
          // See docs/decisions/0004; what must do it by itself is tested in a process without.
          env: { ORT_DISABLE_TELEMETRY: '1' },
          include: ['packages/{contract,numerics,client,steps,inference,cli}/**/*.test.ts', 'tools/**/*.test.ts'],
          exclude: ['**/node_modules/**'],
        },
      },
      {
        test: {
          ...shared,
          name: 'server',
          // One of four runs without it ended with a crash in a native library that several files had used.
          isolate: true,
          include: ['packages/server/**/*.test.ts'],
          exclude: ['**/node_modules/**'],
          globalSetup: ['packages/server/src/testing-setup.ts'],
        },
      },
      {
        test: {
          ...shared,
          name: 'browser',
          include: ['tests/console/**/*.test.ts'],
          exclude: ['**/node_modules/**'],
          globalSetup: ['packages/server/src/testing-setup.ts', 'tests/console/setup.ts'],
          testTimeout: 120_000,
          hookTimeout: 300_000,
        },
      },
      {
        test: {
          ...shared,
          name: 'console',
          include: ['packages/console/**/*.test.{ts,tsx}'],
          exclude: ['**/node_modules/**'],
        },
      },
    ],
  },
})
