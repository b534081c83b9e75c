import { expect, it } from 'vitest'
import { answer, at, haveCanary, haveServing, name, primary, read, useStage } from './testing-stage.ts'

useStage()

// Nothing looks at rollouts periodically here, as it would in production.

it('judges a canary when predictions have arrived', async () => {
  const id = await haveCanary()
  await answer([300, 1], [200, 1])
  const errors = async () => (await at.read(id)).analysis.find((check) => check.name === 'errors')?.unitCount ?? 0
  expect(await errors()).toBe(0)

  for (let news = 0; news < 20; news++) at.deployments.lookAgain('default', name)

  await expect.poll(errors).toBe(300)
})

it('leaves alone what has no canary, or is not there', async () => {
  await haveServing()

  at.deployments.lookAgain('default', name)
  at.deployments.lookAgain('default', 'nowhere')
  await new Promise((resolve) => setTimeout(resolve, 400))

  expect((await read()).arms).toEqual(primary(1))
})
