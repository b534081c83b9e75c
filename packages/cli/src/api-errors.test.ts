import { ApiError } from '@evenkeel/client'
import { expect, it } from 'vitest'
import { explainApiError } from './api-errors.ts'

const refusal = (status: number, code: string) =>
  new ApiError({ type: '', title: 'No.', detail: 'Why.', status, code, fix: 'Fix.', requestId: 'r', details: {} })

it.each([
  [400, 'http.invalid_request', 2],
  [401, 'http.no_token', 4],
  [403, 'governance.own_work', 4],
  [404, 'registry.version_not_found', 3],
  [409, 'deployments.rollout_running', 5],
  [409, 'deployments.not_passed', 6],
  [409, 'pipelines.not_in_force', 5],
  [409, 'pipelines.own_release', 4],
  [422, 'registry.bad_artifact', 2],
  [503, 'platform.not_ready', 8],
  [500, 'http.unexpected_answer', 1],
])('an answer %i %s ends the program with %i', (status, code, exitCode) => {
  expect(explainApiError(refusal(status, code))).toMatchObject({ code, exitCode, why: 'Why.', fix: 'Fix.' })
})

it('leaves what is no answer to others', () => {
  expect(explainApiError(new Error('no answer'))).toBeUndefined()
})
