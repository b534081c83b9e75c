import { mkdtempSync } from 'node:fs'
import { rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll } from 'vitest'
import type { Executor } from '../../packages/server/src/domains/pipelines/executors/executor.ts'
import { createExecutors } from '../../packages/server/src/domains/pipelines/executors/kinds.ts'
import type { Target } from '../../packages/server/src/domains/pipelines/executors/targets.ts'
import { place } from '../../packages/server/src/domains/pipelines/executors/testing/conformance.ts'

/** Where a platform was set up; says why its tests are skipped when it was not. */
export function addressOf(kind: Target['kind'], variable: string): string | undefined {
  const address = process.env[variable]
  if (address === undefined) {
    process.stderr.write(
      `${kind} is skipped: ${variable} is not set; set it up with tests/executors/setup.sh ${kind}\n`,
    )
  }
  return address
}

/** Makes executors as a server does at its start; those of one test file share their folder. */
export function executorsOf(target: Target): () => Executor {
  let folder: string | undefined
  afterAll(async () => {
    if (folder !== undefined) await rm(folder, { recursive: true, force: true })
  })
  return () => {
    folder ??= mkdtempSync(join(tmpdir(), `evenkeel-${target.kind}-`))
    const needs = { folder: join(folder, 'attempts'), place, exclusively: oneByOne }
    return createExecutors(needs, { there: target }).get('there')!
  }
}

/** One after the other, as the lock of the database does it. */
let before: Promise<unknown> = Promise.resolve()
function oneByOne<T>(_: string, work: () => Promise<T>): Promise<T> {
  const mine = before.then(work)
  before = mine.catch(() => undefined)
  return mine
}
