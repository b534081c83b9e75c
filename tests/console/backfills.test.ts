import type { Page } from 'playwright-core'
import { expect, it } from 'vitest'
import { answerBackfills, BACKFILLS, type BackfillsWorld } from './fixture/backfills.ts'
import { RUNS } from './fixture/pipeline-runs.ts'
import { answerPipelines } from './fixture/pipelines.ts'
import { browserSuite, faults, settled, type Stage, violations } from './harness.ts'

const PAGES = {
  'all backfills': ['/backfills', 'full'],
  'no backfill': ['/backfills', 'empty'],
  'one backfill': [`/backfills/${BACKFILLS.running}`, 'full'],
} as const satisfies Record<string, readonly [string, BackfillsWorld]>

async function open(stage: Stage, path: string, world: BackfillsWorld = 'full') {
  const fixture = await stage.world('full')
  const page = await stage.page()
  await answerPipelines(page.context(), world)
  const answers = await answerBackfills(page.context(), world)
  await page.goto(`${fixture.url}${path}`)
  await settled(page)
  return { page, fixture, ...answers }
}

const text = async (page: Page) => (await page.locator('main').innerText()).replaceAll(/\s+/g, ' ')

await browserSuite('backfills', Object.keys(PAGES).length + 4, (stage) => {
  it.each(Object.entries(PAGES))(
    '%s: accessible in both themes, fits 1280 and 390 px, no complaint',
    { timeout: 90_000 },
    async (_, [path, world]) => {
      const { page } = await open(stage, path, world)

      expect(await faults(page)).toEqual([])
      expect(stage.complaints(page)).toEqual([])
    },
  )

  it('says how far it is, and leads from each partition to its run, with the code that ran', async () => {
    const { page } = await open(stage, '/backfills')
    expect(await text(page)).toMatch(/66 of 120 done, 2 failed 2025-01-01 … 2025-05-01 the labels were mended/)
    await page.getByRole('link', { name: /^flights-training 0199f3aa/ }).click()
    await settled(page)

    expect(await text(page)).toMatch(/Done 66 of 120 failed 2 running 4 succeeded 63 no data 1 not yet 50/)
    const cell = page.getByRole('link', { name: '2025-01-13: failed, version 2' })
    await cell.click()
    await expect.poll(() => new URL(page.url()).pathname).toBe(`/runs/${RUNS.failed}`)
  })

  it('finds the partitions of one state, and keeps it in the address', async () => {
    const { page } = await open(stage, `/backfills/${BACKFILLS.running}`)
    const rows = page.getByRole('region', { name: 'Partitions', exact: true }).getByRole('rowheader')
    await page.getByRole('combobox', { name: 'State' }).click()
    await page.getByRole('option', { name: 'failed' }).click()

    await expect.poll(() => rows.count()).toBe(2)
    await page.reload()
    await settled(page)
    expect(await rows.count()).toBe(2)
    expect(await text(page)).toMatch(
      /2025-01-13 2025-01-13 00:00 … 2025-01-14 00:00 UTC failed The step "train" failed/,
    )
  })

  it('pauses with a reason, and says why what is not open cannot be done', async () => {
    const { page, asked } = await open(stage, `/backfills/${BACKFILLS.running}`)
    await page.getByRole('button', { name: 'Pause', exact: true }).click()
    await page.getByRole('dialog').getByLabel('Reason').fill('the disk is full')
    await page.getByRole('dialog').getByRole('button', { name: 'Pause' }).click()

    await page.getByText('Paused by you: the disk is full').waitFor()
    expect(asked).toEqual([`/api/v1/backfills/${BACKFILLS.running}/pause {"reason":"the disk is full"}`])
    await page.goto(page.url().replace(BACKFILLS.running, BACKFILLS.failed))
    await settled(page)
    const reason = (name: string) => page.getByRole('button', { name, exact: true }).getAttribute('aria-description')
    expect(await reason('Pause')).toBe('Only a backfill that runs can be paused.')
    expect(await reason('Cancel')).toBe('The backfill is over; there is nothing to cancel.')

    await page.getByRole('button', { name: 'Retry failed' }).click()
    const dialog = page.getByRole('dialog')
    expect(await violations(page)).toEqual([])
    await dialog.getByLabel('Reason').fill('mended')
    await dialog.getByRole('button', { name: 'Retry' }).click()
    await page.getByText('Retried by you: mended').waitFor()
    expect(asked.at(-1)).toBe(`/api/v1/backfills/${BACKFILLS.failed}/retry {"reason":"mended","skipped":false}`)
  })

  it('shows by itself how it goes on', async () => {
    const { page, fixture, change } = await open(stage, `/backfills/${BACKFILLS.running}`)
    await page.getByRole('button', { name: /^live/ }).waitFor()

    change(BACKFILLS.running, {
      state: 'succeeded',
      says: 'Every partition is done.',
      endedAt: new Date().toISOString(),
    })
    fixture.tell('pipelines.backfill_changed', BACKFILLS.running)

    await expect.poll(() => text(page)).toContain('Every partition is done.')
  })
})
