import { expect, it } from 'vitest'
import { ownersIn, ownerText } from './owner-text.ts'

it('reads what it writes', () => {
  const owners = [
    { kind: 'team', name: 'fraud watch' },
    { kind: 'user', name: 'ana@example.com' },
  ] as const

  expect(ownersIn(owners.map(ownerText).join(', '))).toEqual(owners)
})

it.each([
  ['', []],
  [' , ,', []],
  ['ana, ana,user:ana', [{ kind: 'user', name: 'ana' }]],
  ['team: risk', [{ kind: 'team', name: 'risk' }]],
])('reads %j', (text, owners) => {
  expect(ownersIn(text)).toEqual(owners)
})
