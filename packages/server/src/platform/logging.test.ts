import { expect, it } from 'vitest'
import { createLog } from './logging.ts'

it('writes JSON lines without the secrets in them', () => {
  const lines: string[] = []
  const log = createLog({ to: { write: (line) => void lines.push(line) } })

  log.info(
    { authorization: 'Bearer s3cret', request: { headers: { cookie: 's3cret' } }, user: { token: 's3cret' } },
    'seen',
  )
  log.error({ err: new Error('broken'), password: 's3cret' }, 'failed')

  expect(lines.map((line) => (JSON.parse(line) as { msg: string }).msg)).toEqual(['seen', 'failed'])
  expect(lines.join('')).toContain('[redacted]')
  expect(lines.join('')).not.toContain('s3cret')
})
