import { describe } from 'vitest'
import { conformance } from '../../packages/server/src/domains/pipelines/executors/testing/conformance.ts'
import { addressOf, executorsOf } from './world.ts'

const url = addressOf('ray', 'EVENKEEL_TEST_RAY')

describe.skipIf(url === undefined)('ray', () => {
  conformance('conforms', executorsOf({ kind: 'ray', url: url ?? '' }), { concurrent: false })
})
