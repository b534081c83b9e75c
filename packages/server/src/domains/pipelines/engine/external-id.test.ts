import { expect, it } from 'vitest'
import { externalIdOf } from './external-id.ts'

const run = '0197f0c0-1234-7abc-8def-0123456789ab'

it('is the same for the same attempt and another for any other', () => {
  const ids = [
    externalIdOf(run, { step: 'train', attempt: 1 }),
    externalIdOf(run, { step: 'train', attempt: 2 }),
    externalIdOf(run, { step: 'Train', attempt: 1 }),
    externalIdOf('0197f0c0-1234-7abc-8def-0123456789ac', { step: 'train', attempt: 1 }),
  ]

  expect(new Set(ids).size).toBe(4)
  expect(externalIdOf(run, { step: 'train', attempt: 1 })).toBe(ids[0])
})

it('writes the run in the base32 of RFC 4648', () => {
  // python3 -c "import base64,uuid; print(base64.b32encode(uuid.UUID('0197f0c0-1234-7abc-8def-0123456789ab').bytes))"
  expect(externalIdOf(run, { step: 'train', attempt: 7 })).toMatch(
    /^ek-agl7bqasgr5lzdppaerukz4jvm-train-[0-9a-f]{12}-7$/,
  )
})

it('suits every executor, whatever the step is called', () => {
  const id = externalIdOf(run, { step: `Über.${'x'.repeat(120)}_Y`, attempt: 999 })

  expect(id).toMatch(/^[a-z0-9-]+$/)
  expect(id.length).toBeLessThanOrEqual(61)
})
