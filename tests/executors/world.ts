import { mkdtempSync } from 'node:fs'
import { rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, describe, it } from 'vitest'
import type { Executor } from '../../packages/server/src/domains/pipelines/executors/executor.ts'
import { createExecutors } from '../../packages/server/src/domains/pipelines/executors/kinds.ts'
import type { Target } from '../../packages/server/src/domains/pipelines/executors/targets.ts'
import { conformance, place } from '../../packages/server/src/domains/pipelines/executors/testing/conformance.ts'

/** Makes executors as a server does at its start; those of one test file share their folder. */
export type Make = () => Executor

/**
 * The conformance suite on a real platform, and more of it. Skipped, with the reason, when nobody has set it up.
 *
 * @param variable - says where the platform is
 */
export function onPlatform(
  kind: Target['kind'],
  variable: string,
  target: (address: string) => Target,
  more: (make: Make) => void = () => undefined,
): void {
  const address = process.env[variable]
  if (address === undefined) {
    const reason = `${kind} is skipped: ${variable} is not set. Set it up with: tests/executors/setup.sh ${kind}`
    console.warn(reason)
    describe.skip(reason, () => it('conforms'))
    return
  }
  const make = executorsOf(target(address))
  conformance(`${kind} at ${address}`, make, { concurrent: false })
  describe(kind, () => more(make))
}

function executorsOf(target: Target): Make {
  const folder = mkdtempSync(join(tmpdir(), `evenkeel-${target.kind}-`))
  afterAll(() => rm(folder, { recursive: true, force: true }))
  const needs = { folder: join(folder, 'attempts'), place, exclusively: oneByOne }
  return () => createExecutors(needs, { there: target }).get('there')!
}

/** One after the other, as the lock of the database does it. */
let before: Promise<unknown> = Promise.resolve()
function oneByOne<T>(_: string, work: () => Promise<T>): Promise<T> {
  const mine = before.then(work)
  before = mine.catch(() => undefined)
  return mine
}
