import { expect, it } from 'vitest'
import { createLifecycle } from './lifecycle.ts'
import { createLog } from './logging.ts'

it('stops what was opened last first, once, and goes on past what fails', async () => {
  const stopped: string[] = []
  const lifecycle = createLifecycle(createLog({ level: 'silent' }))
  lifecycle.onStop('database', () => stopped.push('database'))
  lifecycle.onStop('queue', () => Promise.reject(new Error('stuck')))
  lifecycle.onStop('http', async () => void stopped.push('http'))

  await Promise.all([lifecycle.stop(), lifecycle.stop()])

  expect(stopped).toEqual(['http', 'database'])
})
