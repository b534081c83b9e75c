import { expect, it } from 'vitest'
import { browserSuite, settled } from './harness.ts'

await browserSuite('live', 5, (stage) => {
  it('shows a change without being asked, with one question for it', async () => {
    const fixture = await stage.world('waiting')
    const page = await stage.open(fixture, '/')
    await page.getByRole('button', { name: /^live/ }).waitFor()
    await page.getByText('waits for approval to enter production').waitFor()

    fixture.answers.reply('governance.decide', {}, { decision: 'approve', reason: 'fine' })
    const before = fixture.asked.length
    for (let i = 0; i < 20; i++) fixture.tell('governance.approval_decided', 'apr-6f21')

    await page.getByText('waits for approval to enter production').waitFor({ state: 'detached' })
    expect(fixture.asked.slice(before).filter((request) => request === 'GET /api/v1/loop')).toHaveLength(1)
  })

  it('holds one stream for all tabs of a browser', async () => {
    const fixture = await stage.world('full')
    const first = await stage.open(fixture, '/')
    for (let tab = 2; tab <= 8; tab++) {
      const page = await first.context().newPage()
      await page.goto(fixture.url)
      await settled(page)
      await page.getByRole('button', { name: /^live/ }).waitFor()
    }

    expect(fixture.streamCount()).toBe(1)
  })

  it('asks nothing while it is paused, and catches up after', async () => {
    const fixture = await stage.world('full')
    const page = await stage.open(fixture, '/')
    await page.getByRole('button', { name: /^live/ }).click()
    await page.getByRole('button', { name: /^paused/ }).waitFor()
    const before = fixture.asked.length

    fixture.tell('registry.alias_moved', 'flights-delay')
    await page.waitForTimeout(1000)
    expect(fixture.asked.length).toBe(before)

    await page.getByRole('button', { name: /^paused/ }).click()
    await expect.poll(() => fixture.asked.length).toBeGreaterThan(before)
  })

  it('says that it polls when the stream breaks, and keeps what it knows', async () => {
    const fixture = await stage.world('full')
    const page = await stage.open(fixture, '/')
    await page.getByRole('button', { name: /^live/ }).waitFor()

    fixture.breakStreams()

    await page.getByRole('button', { name: /^polling/ }).waitFor()
    expect(await page.getByText('version 4 is live').isVisible()).toBe(true)
  })

  it('shares one stream through a lock where there are no shared workers', async () => {
    const fixture = await stage.world('full')
    const first = await stage.open(fixture, '/')
    const context = first.context()
    await context.addInitScript(() => Reflect.deleteProperty(window, 'SharedWorker'))
    await first.reload()
    await settled(first)
    const second = await context.newPage()
    await second.goto(fixture.url)
    await settled(second)
    await first.getByRole('button', { name: /^live/ }).waitFor()
    await expect.poll(() => fixture.streamCount()).toBe(1)
    const before = fixture.asked.length

    fixture.tell('registry.alias_moved', 'flights-delay')

    await expect
      .poll(() => fixture.asked.slice(before).filter((request) => request === 'GET /api/v1/loop').length)
      .toBe(2)
  })
})
