import type { Page } from 'playwright-core'
import { expect, it } from 'vitest'
import { PIPELINE, RUNS } from './fixture/pipeline-runs.ts'
import { answerPipelines, type PipelinesWorld } from './fixture/pipelines.ts'
import { browserSuite, faults, settled, type Stage, violations } from './harness.ts'

const PAGES = {
  pipelines: '/pipelines',
  pipeline: `/pipelines/${PIPELINE}?step=load`,
  'pipeline as a list': `/pipelines/${PIPELINE}?view=list&state=failed`,
  'failed run': `/runs/${RUNS.failed}`,
  'running run': `/runs/${RUNS.running}`,
  'waiting run': `/runs/${RUNS.waiting}`,
  'reused step': `/runs/${RUNS.failed}?step=features&view=list`,
  automations: '/automations',
} as const

/** Opens a page whose answers about pipelines are those of a world. */
async function open(stage: Stage, path: string, world: PipelinesWorld = 'full') {
  const fixture = await stage.world('full')
  const page = await stage.page()
  const answers = await answerPipelines(page.context(), world)
  await page.goto(`${fixture.url}${path}`)
  await settled(page)
  return { page, fixture, ...answers }
}

const text = async (page: Page) => (await page.locator('main').innerText()).replaceAll(/\s+/g, ' ')
const step = (page: Page, key: string) => page.locator(`[data-step="${key}"]`)
const inAddress = (page: Page, name: string) => new URL(page.url()).searchParams.get(name)

await browserSuite('pipelines', Object.keys(PAGES).length + 17, (stage) => {
  it.each(Object.entries(PAGES))(
    '%s: accessible in both themes, fits 1280 and 390 px, no complaint',
    { timeout: 90_000 },
    async (_, path) => {
      const { page } = await open(stage, path)

      expect(await faults(page)).toEqual([])
      expect(stage.complaints(page)).toEqual([])
    },
  )

  it('says which version is in force where, what was released, and that a run saw a sample', async () => {
    const { page } = await open(stage, PAGES.pipeline)

    expect(await text(page)).toMatch(
      /dev v3, the newest.*staging v3, after v2 promoted by ben.*production v2, after v1 promoted by ben/,
    )
    expect(await text(page)).toMatch(
      /Releases.*v3 staging .* ana 3f2c0a9be1d4 Deeper trees\. v2 production .* with changes/,
    )
    await page.goto(new URL(PAGES['running run'], page.url()).href)
    await settled(page)
    expect(await text(page)).toMatch(/a sample: 1\.0 % of the rows.*in ci \(pr-12\)/)

    const { page: fresh } = await open(stage, PAGES['failed run'])
    expect(await text(fresh)).not.toContain('a sample')
  })

  it('says where a run is, why it exists and why it failed, and opens the step that did', async () => {
    const { page } = await open(stage, PAGES['failed run'])

    expect(await page.title()).toBe(`${PIPELINE}, run 0199f3aa-7c10 · Run · Evenkeel`)
    expect(await text(page)).toMatch(
      /1 failed 3 succeeded 1 reused 3 skipped.*Attempt 2 of 2 ended with exit code 1.*depth is 6 and was 5.*As before: command, inputs/,
    )
    expect(await text(page)).toMatch(/AUC 0.699, below 0.700/)
    expect(await text(page)).toMatch(/Metrics of train\[depth=6\].*log_loss slice=holdout 40 0\.2/)
    expect(await step(page, 'train[depth=6]').getAttribute('aria-pressed')).toBe('true')
  })

  it('says for what a run waits, leads to who has it, and names priority and silence', async () => {
    const { page } = await open(stage, PAGES['waiting run'])

    expect(await step(page, 'features').getAttribute('aria-pressed')).toBe('true')
    expect(await text(page)).toMatch(/1\. gave no sign of life.*priority 20/)
    await page.getByRole('region', { name: 'Step features' }).getByRole('link', { name: '0199f3b0-1a2b' }).click()
    await expect.poll(() => new URL(page.url()).pathname).toBe(`/runs/${RUNS.running}`)
  })

  it('tells waiting, starting and running of each attempt apart, in bars and in numbers', async () => {
    const { page } = await open(stage, PAGES['failed run'])
    const row = page.getByRole('row', { name: /train\[depth=6\] attempt 2/ })

    expect((await row.innerText()).replaceAll(/\s+/g, ' ')).toMatch(/5\.0 s 1\.0 s 1 min 27 s/)
    expect(await row.locator('[data-kind]').count()).toBe(3)
  })

  it('shows software environments, and says why one that is in use cannot be removed', async () => {
    const { page } = await open(stage, PAGES.pipelines)
    const rows = page.getByRole('table', { name: 'Software environments' }).locator('tbody tr')
    const remove = (at: number) => rows.nth(at).getByRole('button', { name: 'Remove' })

    expect(await rows.count()).toBe(4)
    expect((await rows.first().innerText()).replaceAll(/\s+/g, ' ')).toMatch(
      /python 3\.12\.4 a{12} ready uv\.lock uv 0\.9\.1/,
    )
    expect(await text(page)).toContain('624.0 MiB of at most 20.0 GiB')
    expect(await remove(0).getAttribute('aria-disabled')).toBe('true')
    expect(await remove(1).getAttribute('aria-disabled')).not.toBe('true')
    await remove(1).click()
    expect(await page.getByRole('dialog').innerText()).toContain('The next step with this lock file builds it again.')
  })

  it('leads from a reused step to the run its result comes from', async () => {
    const { page } = await open(stage, PAGES['reused step'])

    await page.getByRole('link', { name: 'The run it comes from' }).click()
    await expect.poll(() => new URL(page.url()).pathname).toBe(`/runs/${RUNS.before}`)
    expect(inAddress(page, 'step')).toBe('features')
  })

  it('walks the graph with the arrow keys, and keeps the chosen step in the address', async () => {
    const { page } = await open(stage, PAGES['failed run'])

    await step(page, 'train[depth=6]').focus()
    for (const key of ['ArrowLeft', 'ArrowLeft', 'Enter']) await page.keyboard.press(key)
    await expect.poll(() => inAddress(page, 'step')).toBe('load')
    await page.getByRole('region', { name: 'Step load' }).getByText('1,204,331').waitFor()
    const link = page.getByRole('link', { name: '46.0 MiB' })
    expect(await link.getAttribute('href')).toMatch(/^\/api\/v1\/artifacts\/sha256:/)
  })

  it('keeps only the last part of a huge log on the page, in its colours, without its controls', async () => {
    const { page } = await open(stage, PAGES['failed run'])
    const log = page.getByRole('group', { name: 'Log of train[depth=6]' })

    await page.getByText('30,000 lines').waitFor()
    expect(await log.locator('[data-number]').count()).toBe(1000)
    expect(await log.innerText()).not.toContain('\u001b')
    const warning = log.getByText('warning', { exact: true })
    expect(await warning.evaluate((element) => getComputedStyle(element).color)).toBe('rgb(255, 135, 0)')
    await page.getByRole('button', { name: '1,000 earlier lines' }).click()
    await log.getByText('tree 28500 of').waitFor()
  })

  it('follows a log that is being written, until one looks elsewhere', async () => {
    const { page, write } = await open(stage, PAGES['running run'])
    const log = page.getByRole('group', { name: 'Log of train[depth=6]' })
    const follow = page.getByRole('switch', { name: 'Follow' })
    const atEnd = () => log.evaluate((box) => box.scrollHeight - box.scrollTop - box.clientHeight < 2)
    expect(await log.innerText()).toBe('tree 1 of 200')

    write(Array.from({ length: 300 }, (_, i) => `row ${i}\n`).join(''))
    await log.getByText('row 299').waitFor()
    expect(await atEnd()).toBe(true)

    await log.evaluate((box) => box.scrollTo({ top: 0 }))
    await expect.poll(() => follow.isChecked()).toBe(false)
    write('the last row\n')
    await log.getByText('the last row').waitFor({ state: 'attached' })
    expect(await log.evaluate((box) => box.scrollTop)).toBe(0)

    await follow.press('Space')
    await expect.poll(atEnd).toBe(true)
  })

  it('finds a word in a log, next and before, also where it is not on the page', async () => {
    const { page } = await open(stage, PAGES['failed run'])
    await page.getByText('30,000 lines').waitFor()
    const current = page.locator('[data-current]')

    await page.keyboard.press('/')
    await page.keyboard.type('error')
    await page.getByText('2 lines', { exact: true }).waitFor()
    await page.keyboard.press('Enter')
    await expect.poll(() => current.innerText()).toBe('ERROR the first of two')
    await page.keyboard.press('Enter')
    await expect.poll(() => current.innerText()).toBe('warning then error: no such column')
    await page.keyboard.press('Shift+Enter')
    await page.getByText('1 of 2 lines').waitFor()
    expect(await current.isVisible()).toBe(true)
  })

  it('never runs or shows HTML of a summary', async () => {
    const { page } = await open(stage, PAGES['failed run'])
    await page.getByRole('heading', { name: 'Training', exact: true }).waitFor()

    expect(await page.evaluate(() => 'summaryScriptRan' in window)).toBe(false)
    expect(await page.locator('#bold').count()).toBe(0)
  })

  it('shows by itself what becomes of a run', async () => {
    const { page, fixture, change } = await open(stage, PAGES['running run'])
    await page.getByText('tree 84 of 200').waitFor()
    await page.getByRole('button', { name: /^live/ }).waitFor()

    change(RUNS.running, { state: 'failed', reason: 'The disk is full.', endedAt: new Date().toISOString() })
    fixture.tell('pipelines.run_changed', RUNS.running)

    await expect.poll(() => text(page)).toContain('The disk is full.')
  })

  it('cancels with a reason, and says why what has ended cannot be cancelled', async () => {
    const { page, asked } = await open(stage, PAGES['running run'])
    const cancel = page.getByRole('button', { name: 'Cancel', exact: true })

    await cancel.click()
    const dialog = page.getByRole('dialog')
    await dialog.getByLabel('Reason').fill('wrong month')
    await dialog.getByRole('button', { name: 'Cancel the run' }).click()

    await page.getByText('Cancelled by you: wrong month').waitFor()
    expect(asked).toContain(`POST /api/v1/runs/${RUNS.running}/cancel {"reason":"wrong month"}`)
    expect(await cancel.getAttribute('aria-description')).toBe('The run has ended; there is nothing to cancel.')
  })

  it('retries what failed', async () => {
    const { page, asked } = await open(stage, PAGES['failed run'])

    await page.getByRole('button', { name: 'Retry from failed' }).click()

    await expect.poll(() => asked).toContain(`POST /api/v1/runs/${RUNS.failed}/retry {}`)
    await expect
      .poll(() => page.getByRole('button', { name: 'Retry from failed' }).getAttribute('aria-description'))
      .toBe('Only a failed or cancelled run can be retried.')
  })

  it('says what a run would do before it is started, and starts it with what was changed', async () => {
    const { page, asked } = await open(stage, PAGES.pipeline)

    await page.getByRole('button', { name: 'Run now' }).click()
    const dialog = page.getByRole('dialog')
    expect(await dialog.getByLabel('depth').inputValue()).toBe('5')
    await dialog.getByText('2 would run · 3 would be reused').waitFor()
    expect(await violations(page)).toEqual([])

    await dialog.getByLabel('depth').fill('seven')
    await dialog.getByText('Write a number.').waitFor()
    await dialog.getByRole('button', { name: 'Run now' }).click({ force: true })
    expect(asked.some((request) => request.includes('/runs {'))).toBe(false)

    await dialog.getByLabel('depth').fill('7')
    await dialog.getByRole('switch', { name: 'Ignore the cache' }).press('Space')
    await dialog.getByText('5 would run · 0 would be reused').waitFor()
    await dialog.getByRole('button', { name: 'Run now' }).click()

    await expect.poll(() => new URL(page.url()).pathname).toMatch(/^\/runs\/0199f400/)
    expect(asked).toContain(`POST /api/v1/pipelines/${PIPELINE}/runs {"params":{"depth":7},"noCache":true}`)
  })

  it('runs again with the params of a run', async () => {
    const { page } = await open(stage, PAGES['failed run'])

    await page.getByRole('button', { name: 'Run again with changes' }).click()

    expect(await page.getByRole('dialog').getByLabel('depth').inputValue()).toBe('6')
    await page.getByRole('dialog').getByText('The param depth is 6.').first().waitFor()
  })

  it('finds the runs of one state, and keeps it in the address', async () => {
    const { page } = await open(stage, `/pipelines/${PIPELINE}`)
    const runs = page.getByRole('region', { name: 'Runs' }).getByRole('rowheader')
    expect(await runs.count()).toBe(3)

    await page.getByRole('combobox', { name: 'State' }).click()
    await page.getByRole('option', { name: 'failed' }).click()

    await expect.poll(() => runs.count()).toBe(1)
    expect(inAddress(page, 'state')).toBe('failed')
    await page.reload()
    await settled(page)
    expect(await runs.count()).toBe(1)
  })

  it('says what runs by itself, what came of each occasion, and pauses one with a reason', async () => {
    const { page } = await open(stage, '/')
    for (const key of ['g', 'p']) await page.keyboard.press(key)
    await expect.poll(() => page.title()).toBe('Pipelines · Evenkeel')
    await page.getByRole('link', { name: 'Automations' }).click()
    await expect
      .poll(() => text(page))
      .toMatch(/decay of flights-training When the model behind flights-delay has lost quality. on started a run/)

    await page.getByRole('button', { name: 'Pause', exact: true }).first().click()
    await page.getByRole('dialog').getByLabel('Reason').fill('labels are late')
    await page.getByRole('dialog').getByRole('button', { name: 'Pause' }).click()

    await page.getByText('labels are late').waitFor()
    await page.goto(page.url().replace('/automations', `/pipelines/${PIPELINE}`))
    await settled(page)
    expect(await text(page)).toMatch(/started nothing A run of the pipeline was in progress/)
  })

  it('says how the first pipeline is written, and what is wrong with the address of a run that is not there', async () => {
    const { page, fixture } = await open(stage, '/pipelines', 'empty')
    await page.getByText('evenkeel pipeline apply', { exact: false }).waitFor()
    expect(await violations(page)).toEqual([])

    await page.goto(`${fixture.url}/runs/gone`)
    expect(await page.getByRole('alert').innerText()).toMatch(/No such run.[\s\S]*List the runs of the pipeline/)
  })
})
