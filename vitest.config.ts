import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { defineConfig } from 'vitest/config'

/** Nothing is told by how fast a test is: these only end one that hangs, also on a machine that is busy. */
const patience = { testTimeout: 60_000, hookTimeout: 120_000, expect: { poll: { timeout: 30_000 } } }

/** The same number of workers in each project lets their files run side by side. Each starts processes of its own. */
const shared = { ...patience, maxWorkers: 3, unstubEnvs: true, unstubGlobals: true, restoreMocks: true }

/** Small and young is most of what a test makes: with room for it V8 has less to tidy up. */
const roomy = { execArgv: ['--min-semi-space-size=16', '--max-semi-space-size=64'] }

/**
 * Node runs the source as it does in production. Workers and what they start find compiled there what an earlier one
 * has loaded, so that a worker of its own for each file costs little.
 */
const native = { ...shared, ...roomy, experimental: { viteModuleRunner: false, nodeLoader: false } }
process.env['NODE_COMPILE_CACHE'] ??= join(tmpdir(), 'evenkeel-node-cache')

/** `server` runs on a PostgreSQL that is started once; everything else needs nothing but Node. */
// oxlint-disable-next-line import/no-default-export -- vitest asks for one
export default defineConfig({
  test: {
    projects: [
      {
        test: {
          ...native,
          name: 'unit',
          // See docs/decisions/0004; what must do it by itself is tested in a process without.
          env: { ORT_DISABLE_TELEMETRY: '1' },
          include: ['packages/{contract,numerics,client,steps,inference,cli}/**/*.test.ts', 'tools/**/*.test.ts'],
          exclude: ['**/node_modules/**'],
        },
      },
      {
        test: {
          ...native,
          name: 'server',
          include: ['packages/server/**/*.test.ts'],
          exclude: ['**/node_modules/**'],
          globalSetup: ['packages/server/src/testing-setup.ts'],
        },
      },
      {
        test: {
          ...native,
          name: 'browser',
          // A worker keeps its Chromium from file to file.
          isolate: false,
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
          isolate: false,
          include: ['packages/console/**/*.test.{ts,tsx}'],
          exclude: ['**/node_modules/**'],
        },
      },
    ],
  },
})
