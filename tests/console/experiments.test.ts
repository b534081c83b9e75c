import type { Page } from 'playwright-core'
import { expect, it } from 'vitest'
import { answerExperiments, EXPERIMENT, type ExperimentsWorld, runId } from './fixture/experiments.ts'
import { browserSuite, faults, settled, type Stage, violations } from './harness.ts'

const TABLE = `/experiments/${EXPERIMENT}`
const RUN = `${TABLE}/runs/${runId(249)}`
const COMPARED = [249, 248, 247].map(runId)
const COMPARE = `/compare?runs=${COMPARED.join(',')}`

const PAGES = {
  'all experiments': ['/experiments', 'full'],
  'no run yet': ['/experiments', 'empty'],
  'the table of runs': [`${TABLE}?selected=["${runId(248)}"]`, 'full'],
  'a run': [`${RUN}?file=tables/predictions.csv`, 'full'],
  'runs compared': [COMPARE, 'full'],
  'runs compared, as tables': [`${COMPARE}&charts=table&all=true`, 'full'],
} as const satisfies Record<string, readonly [string, ExperimentsWorld]>

async function open(stage: Stage, path: string, world: ExperimentsWorld = 'full') {
  const fixture = await stage.world('full')
  const page = await stage.page()
  const answers = await answerExperiments(page.context(), world)
  await page.goto(`${fixture.url}${path}`)
  await settled(page)
  return { page, fixture, ...answers }
}

const rows = (page: Page, label = 'Runs') =>
  page.getByRole('table', { name: label, exact: true }).getByRole('rowheader')
const search = (page: Page) => new URL(page.url()).searchParams

await browserSuite('experiments', Object.keys(PAGES).length + 12, (stage) => {
  it.each(Object.entries(PAGES))(
    '%s: accessible in both themes, fits 1280 and 390 px, no complaint',
    { timeout: 90_000 },
    async (_, [path, world]) => {
      const { page } = await open(stage, path, world)

      expect(await faults(page)).toEqual([])
      expect(stage.complaints(page)).toEqual([])
    },
  )

  it('says how to log, and shows the first run by itself when it comes', async () => {
    const { page, fixture, begin } = await open(stage, '/experiments', 'empty')
    await page.getByText(`export MLFLOW_TRACKING_URI=${fixture.url}`).waitFor()
    expect(await page.getByText('import mlflow').count()).toBe(1)

    begin(249)

    await page.getByRole('link', { name: 'flight-delays' }).waitFor()
    expect(await page.getByText('import mlflow').count()).toBe(0)
  })

  it('leads from a folder to an experiment, and from the link that a client printed to its run', async () => {
    const { page, fixture } = await open(stage, '/experiments')
    await page.getByRole('list', { name: 'Folders' }).getByRole('link', { name: 'team' }).click()
    await expect.poll(() => search(page).get('folder')).toBe('team')
    await page.getByRole('link', { name: 'flight-delays' }).click()
    await expect.poll(() => new URL(page.url()).pathname).toBe(TABLE)

    await page.goto(`${fixture.url}/#/experiments/7/runs/${runId(249)}`)
    await page.getByRole('heading', { level: 1, name: 'adam-249' }).waitFor()
    expect(new URL(page.url()).pathname).toBe(RUN)
  })

  it('says beside the filter what is wrong with it, and asks the server only for what can be read', async () => {
    const { page, asked } = await open(stage, TABLE)
    const field = page.getByLabel('Filter runs')

    await field.fill("params.optimizer == 'adam'")
    await page.getByText("Invalid clause(s) in filter string: '=='. Write '='. (at character 18)").waitFor()
    expect(asked.filter(({ body }) => body.filter?.includes('=='))).toEqual([])
    await field.fill("params.optimizer = 'adam'")
    await expect.poll(() => search(page).get('filter')).toBe("params.optimizer = 'adam'")
    await expect.poll(() => rows(page).first().innerText()).toBe('adam-249')
    await expect.poll(() => rows(page).nth(1).innerText()).toBe('adam-247')
    expect(await page.getByText('125 of 250').count()).toBe(1)
  })

  it('sorts by the head of a column, and keeps it in the address', async () => {
    const { page, asked } = await open(stage, `${TABLE}?columns=["metric:auc","metric:val loss"]`)
    const head = page.getByRole('columnheader', { name: 'auc', exact: true })

    await head.getByRole('button').click()
    await expect.poll(() => head.getAttribute('aria-sort')).toBe('descending')
    expect(search(page).get('order')).toBe('metrics.auc DESC')
    expect(asked.findLast(({ key }) => key === 'trackedRuns.search')?.body.orderBy).toEqual(['metrics.auc DESC'])
    await page.reload()
    await settled(page)
    expect(await head.getAttribute('aria-sort')).toBe('descending')
    await page.getByRole('columnheader', { name: 'val loss' }).getByRole('button').click()
    await expect.poll(() => search(page).get('order')).toBe('metrics.`val loss` DESC')
  })

  it('reads further runs as one scrolls, and draws only those in view', async () => {
    const { page, asked } = await open(stage, TABLE)
    const cursors = () => asked.flatMap(({ body }) => body.cursor ?? [])
    expect(cursors()).not.toContain('125')
    expect(await rows(page).count()).toBeLessThan(45)

    const table = page.getByRole('table', { name: 'Runs' })
    const last = page.getByRole('link', { name: 'sgd-0', exact: true })
    await expect
      .poll(
        async () => {
          await table.evaluate((box) => box.scrollTo(0, box.scrollHeight))
          return last.count()
        },
        { timeout: 30_000 },
      )
      .toBe(1)
    expect(cursors()).toEqual(['25', '125', '225'])
    expect(await rows(page).count()).toBeLessThan(45)
  })

  it('asks only for the columns that are shown', async () => {
    const { page, asked } = await open(stage, `${TABLE}?columns=["min:layer 3/norm","param:lr"]`)
    const searched = () => asked.findLast(({ key }) => key === 'trackedRuns.search')?.body
    expect(searched()).toMatchObject({ metrics: ['layer 3/norm'], params: ['lr'], tags: [] })

    await page.getByRole('button', { name: 'Columns' }).click()
    const dialog = page.getByRole('dialog')
    await dialog.getByLabel('Search names').fill('val')
    await dialog.getByLabel('val loss: max').click()
    await expect.poll(() => searched()?.metrics).toEqual(['layer 3/norm', 'val loss'])
    expect(await violations(page)).toEqual([])
    await dialog.getByRole('button', { name: 'Done' }).click()
    await page.getByRole('columnheader', { name: 'val loss (max)' }).waitFor()
  })

  it('selects and compares with the keyboard alone', async () => {
    const { page } = await open(stage, TABLE)

    for (const key of ['j', 'x', 'j', 'j', 'x']) await page.keyboard.press(key)
    await page.getByText('2 runs selected').waitFor()
    expect(JSON.parse(search(page).get('selected')!)).toEqual([runId(249), runId(247)])
    await page.keyboard.press('c')
    await expect.poll(() => new URL(page.url()).pathname).toBe('/compare')
    expect(search(page).get('runs')).toBe(`${runId(249)},${runId(247)}`)
  })

  it('shows new runs at the top by itself, deletes, takes that back, and restores', { timeout: 60_000 }, async () => {
    const { page, begin } = await open(stage, TABLE)
    begin(250)
    await expect.poll(() => rows(page).first().innerText()).toBe('sgd-250')

    await page.getByLabel('Select sgd-250').click()
    await page.getByRole('button', { name: 'Delete' }).click()
    await expect.poll(() => rows(page).first().innerText()).toBe('adam-249')
    await page.getByRole('button', { name: 'Undo' }).click()
    await expect.poll(() => rows(page).first().innerText()).toBe('sgd-250')

    await page.getByLabel('Select adam-249').click()
    await page.getByRole('button', { name: 'Delete', exact: true }).click()
    await page.getByText('Deleted', { exact: true }).click()
    await page.getByLabel('Select adam-249').click()
    await page.getByRole('button', { name: 'Restore' }).click()
    await page.getByText('No run is deleted.').waitFor()
  })

  it('deletes for good only what was deleted, after it said what is lost and one typed that it is meant', async () => {
    const { page, asked } = await open(stage, TABLE)
    await page.getByLabel('Select adam-249').click()
    await page.getByRole('button', { name: 'Delete', exact: true }).click()
    await page.getByText('Deleted', { exact: true }).click()
    await page.getByLabel('Select adam-249').click()
    await page.getByRole('button', { name: 'Delete for good' }).click()

    const dialog = page.getByRole('dialog')
    await dialog.getByText('2 (4.0 KiB)').waitFor()
    expect(await violations(page)).toEqual([])
    await dialog.getByRole('button', { name: 'Delete for good' }).click({ force: true })
    expect(asked.filter(({ key }) => key === 'trackedRuns.purge')).toEqual([])
    await dialog.getByLabel('Type "delete"').fill('delete')
    await dialog.getByRole('button', { name: 'Delete for good' }).click()
    await page.getByText('No run is deleted.').waitFor()
    expect(asked.find(({ key }) => key === 'trackedRuns.purge')?.body.confirmation).toBe(`plan of ${runId(249)}`)
  })

  it('draws only the charts in view, and leads to where a run comes from and to what came of it', async () => {
    const { page } = await open(stage, RUN)
    const charts = page.locator('main svg[width]').locator('xpath=ancestor::*[@role="img"]')

    await expect.poll(() => charts.count()).toBeGreaterThan(0)
    expect(await charts.count()).toBeLessThanOrEqual(12)
    const href = (name: string) => page.getByRole('link', { name }).getAttribute('href')
    expect(await href('another run')).toBe(`${TABLE}/runs/${runId(0)}`)
    expect(await href('flights-delay, version 4')).toBe('/models/flights-delay/versions/4')
    expect(await href('0199f3aa')).toBe('/runs/0199f3aa-7c10-7000-8000-000000000001')
  })

  it('shows files of every kind, and never runs what is in them', { timeout: 60_000 }, async () => {
    const { page } = await open(stage, RUN)
    const tree = page.getByRole('group', { name: 'Files of the run' })
    const choose = (name: string) => tree.getByRole('button', { name }).click()

    await choose('report.html')
    const frame = page.frameLocator('iframe[title="report.html"]')
    await frame.getByRole('heading', { name: 'Report' }).waitFor()
    expect(await frame.locator('#said').innerText()).toBe('quiet')
    expect(await page.locator('iframe').getAttribute('sandbox')).toBe('')
    await choose('notes.md')
    await page.getByText('more depth').waitFor()
    expect(await page.evaluate(() => 'fileRan' in window)).toBe(false)

    await choose('tables/')
    await choose('predictions.csv')
    const table = page.getByRole('table', { name: 'tables/predictions.csv' })
    expect(await table.getAttribute('aria-rowcount')).toBe('801')
    await table.getByText('hello, 3', { exact: true }).waitFor()
    await choose('config.json')
    await page.getByText('"depth": 6').waitFor()
    await choose('model.pkl')
    await page.getByText('It is no text').waitFor()
    await choose('plots/')
    await choose('confusion.svg')
    const picture = page.getByRole('img', { name: 'plots/confusion.svg' })
    await expect.poll(() => picture.evaluate((one: HTMLImageElement) => one.naturalWidth)).toBe(80)
    expect(await page.getByRole('link', { name: 'Download' }).getAttribute('href')).toBe(
      `/api/v1/files/content?path=${encodeURIComponent(`mlflow/7/${runId(249)}/plots/confusion.svg`)}`,
    )
  })

  it('compares what differs from a baseline, and all of it on wish', async () => {
    const { page } = await open(stage, COMPARE)
    const params = page.getByRole('table', { name: 'Params', exact: true })
    expect(await rows(page, 'Params').allInnerTexts()).toEqual(['lr', 'optimizer'])
    expect(await rows(page, 'Metrics').allInnerTexts()).not.toContain('rows')

    await page.getByLabel('Show what is the same, too').click()
    await expect.poll(() => rows(page, 'Params').allInnerTexts()).toEqual(['lr', 'optimizer', 'seed'])
    await params.getByRole('button', { name: 'Make adam-247 the baseline' }).click()
    await expect.poll(() => search(page).get('baseline')).toBe(runId(247))
    const auc = page.getByRole('table', { name: 'Metrics', exact: true }).getByRole('row', { name: /^auc/ })
    // (247·37 mod 250) / 250 = 0.556, (249·37 mod 250) / 250 = 0.852.
    expect((await auc.getByRole('cell').allInnerTexts()).slice(0, 2).map((text) => text.split(/\s+/))).toEqual([
      ['0.556'],
      ['0.852', '+0.296'],
    ])
    await page.getByRole('heading', { name: 'Parallel coordinates' }).scrollIntoViewIfNeeded()
    await page.getByRole('img', { name: 'Runs by lr, optimizer, auc' }).waitFor()
    await page.getByRole('heading', { name: 'Scatter' }).scrollIntoViewIfNeeded()
    await page.getByRole('img', { name: 'auc by lr' }).waitFor()
  })
})
