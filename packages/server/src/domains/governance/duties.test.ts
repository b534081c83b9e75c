import { expect, it } from 'vitest'
import { whyNotApprove } from './duties.ts'

const people = ['ana', 'ben', 'local']
const policy = (separateDuties: boolean) => ({ approval: 'person', separateDuties, expiresAfterHours: 168 }) as const

/** Every way in which three people can share four parts. */
const casts = people.flatMap((user) =>
  people.flatMap((requestedBy) =>
    people.flatMap((createdBy) =>
      [...people, null].map((runStartedBy) => ({ user, requestedBy, createdBy, runStartedBy })),
    ),
  ),
)

it('refuses exactly those who approve own work, and names them', () => {
  const named = casts.map(({ user, ...authors }) => whyNotApprove(user, authors, policy(true))?.split(' ')[0])

  const authorsThemselves = casts.map(({ user, ...authors }) => Object.values(authors).find((name) => name === user))
  expect(named).toEqual(authorsThemselves)
})

it('lets everyone approve where the policy does not separate duties', () => {
  const refusals = casts.map(({ user, ...authors }) => whyNotApprove(user, authors, policy(false)))

  expect(refusals).toEqual(casts.map(() => undefined))
})
