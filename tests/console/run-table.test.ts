import { readFile } from 'node:fs/promises'
import type { Page } from 'playwright-core'
import { expect, it } from 'vitest'
import { answerExperiments, EXPERIMENT, runId } from './fixture/experiments.ts'
import { browserSuite, faults, settled, violations } from './harness.ts'

const TABLE = `/experiments/${EXPERIMENT}`
const COLUMNS = 'columns=["metric:auc","best-min:val loss","param:lr"]'

const rows = (page: Page) => page.getByRole('table', { name: 'Runs' }).getByRole('rowheader')
const search = (page: Page) => Object.fromEntries(new URL(page.url()).searchParams)
const edge = (page: Page, column: string) => page.getByRole('separator', { name: `Width of ${column}`, exact: true })
const button = (page: Page, name: string | RegExp) => page.getByRole('button', { name, exact: true })
const widthOf = async (page: Page, column: string) => Number(await edge(page, column).getAttribute('aria-valuenow'))

async function fromMenu(page: Page, menu: string, item: string) {
  await button(page, menu).click()
  await page.getByRole('menuitem', { name: item }).click()
}

await browserSuite('the table of runs', 2, (stage) => {
  it('keeps columns, widths, filter and groups in a view that others find, and says what was changed since', async () => {
    const fixture = await stage.world('full')
    const page = await stage.page()
    const { asked } = await answerExperiments(page.context(), 'full')
    const open = async (address: string) => {
      await page.goto(`${fixture.url}${address}`)
      await settled(page)
    }
    await open(`${TABLE}?${COLUMNS}&group=params.optimizer`)

    // By mouse and by key.
    const { x, y } = (await edge(page, 'auc').boundingBox())!
    await page.mouse.move(x + 6, y + 10)
    await page.mouse.down()
    await page.mouse.move(x + 66, y + 10, { steps: 4 })
    await page.mouse.up()
    await expect.poll(() => widthOf(page, 'auc')).toBe(270)
    await edge(page, 'lr').press('ArrowLeft')
    await expect.poll(() => widthOf(page, 'lr')).toBe(116)
    expect(JSON.parse(search(page)['widths']!)).toEqual({ 'metric:auc': 270, 'param:lr': 116 })

    await fromMenu(page, 'Views', 'Save as a new view…')
    await page.getByLabel('Name').fill('Optimizers')
    await page.getByLabel('Make it what everybody sees first').click()
    expect(await violations(page)).toEqual([])
    await page.getByRole('dialog').getByRole('button', { name: 'Save' }).click()
    await button(page, 'Optimizers').waitFor()
    expect(search(page)).toEqual({ view: 'view-1' })

    // Nothing in the address: the default opens. A change is told, and goes into the address alone.
    await open(TABLE)
    expect(await rows(page).allInnerTexts()).toEqual(['adam\n125 runs', 'sgd\n125 runs'])
    expect(await widthOf(page, 'auc')).toBe(270)
    await page.getByLabel('Filter runs').fill("params.optimizer = 'sgd'")
    await page.getByText('Unsaved changes').waitFor()
    await expect.poll(() => search(page)).toEqual({ view: 'view-1', filter: "params.optimizer = 'sgd'" })
    await expect.poll(() => rows(page).allInnerTexts()).toEqual(['sgd\n125 runs'])
    expect(await faults(page)).toEqual([])
    await page.setViewportSize({ width: 1280, height: 800 })
    await button(page, 'Save').click()
    await page.getByText('Unsaved changes').waitFor({ state: 'detached' })
    expect(asked.findLast(({ key }) => key === 'runViews.update')?.body).toMatchObject({
      contents: { filter: "params.optimizer = 'sgd'", groupBy: 'params.optimizer', widthsPx: { 'param:lr': 116 } },
    })

    await fromMenu(page, 'Optimizers', 'All runs')
    await expect.poll(() => search(page)).toEqual({ view: 'none' })
    await expect.poll(() => rows(page).first().innerText()).toBe('adam-249')
    await fromMenu(page, 'Views', 'Optimizers')
    await fromMenu(page, 'Optimizers', 'Delete…')
    await page.getByRole('dialog').getByRole('button', { name: 'Delete' }).click()
    await expect.poll(() => rows(page).first().innerText()).toBe('adam-249')
    expect(stage.complaints(page)).toEqual([])
  })

  it('reads the runs of a group when it is opened, sorts groups, selects in them, and downloads all as CSV', async () => {
    const fixture = await stage.world('full')
    const page = await stage.page()
    const { asked } = await answerExperiments(page.context(), 'full')
    await page.goto(`${fixture.url}${TABLE}?${COLUMNS}`)
    await settled(page)
    await page.getByRole('combobox', { name: 'Group by' }).click()
    await page.getByRole('option', { name: 'optimizer' }).click()
    const group = (name: string) => page.getByRole('button', { name: new RegExp(`^${name} 125 runs$`) })
    await group('adam').waitFor()
    const searches = () => asked.filter(({ key, body }) => key === 'trackedRuns.search' && body.filter !== '')
    expect(searches()).toEqual([])

    // (37·i mod 250) / 250 over the odd i is on average 0.5005…, over the even i 0.496; the fixture halves for the least.
    const cellsOf = (name: RegExp) => page.getByRole('row', { name }).getByRole('cell').allInnerTexts()
    expect((await cellsOf(/^adam/))[0]).toBe('0.5005 (0.004 to 0.996)')
    await page.getByRole('columnheader', { name: 'auc' }).getByRole('button').click()
    await page.getByRole('columnheader', { name: 'auc' }).getByRole('button').click()
    await expect.poll(() => rows(page).allInnerTexts()).toEqual(['sgd\n125 runs', 'adam\n125 runs'])

    await group('adam').click()
    await page.getByLabel('Select adam-', { exact: false }).first().waitFor()
    expect(searches().at(-1)?.body).toMatchObject({ filter: "params.optimizer IN ('adam')", limit: 50 })
    const table = page.getByRole('table', { name: 'Runs' })
    await table.evaluate((box) => box.scrollTo(0, box.scrollHeight))
    await button(page, 'More of 125').click()
    await expect.poll(() => table.getAttribute('aria-rowcount')).toBe('128')
    await table.evaluate((box) => box.scrollTo(0, 0))
    await page.getByLabel('Select adam-', { exact: false }).first().click()
    await page.getByText('1 run selected').waitFor()
    expect(await violations(page)).toEqual([])

    const [download] = await Promise.all([page.waitForEvent('download'), button(page, 'CSV').click()])
    const lines = (await readFile(await download.path(), 'utf8')).split('\r\n')
    expect(download.suggestedFilename()).toBe('runs-of-flight-delays.csv')
    expect(lines[0]).toBe('\uFEFFrun,run_id,metric:auc,best-min:val loss,param:lr')
    expect(lines).toContain(`sgd-0,${runId(0)},0,0.5,0.1`)
    expect(lines).toHaveLength(252)
  })
})
