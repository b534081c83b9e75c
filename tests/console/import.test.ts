import { readFile } from 'node:fs/promises'
import type { Page } from 'playwright-core'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { createApp } from '../../packages/server/src/app.ts'
import { consoleDomain } from '../../packages/server/src/console.ts'
import { startWorld, type World } from '../../packages/server/src/testing.ts'
import { builtFolder } from './build.ts'
import { browserSuite, faults, settled } from './harness.ts'

const fixtures = new URL('../../packages/numerics/src/imports/fixtures/', import.meta.url)
const known = JSON.parse(await readFile(new URL('lightgbm-pandas.expected.json', fixtures), 'utf8')) as {
  columns: Record<string, (number | string | null)[]>
  expected: number[]
}
const names = Object.keys(known.columns)
const lines = known.expected.map((_, at) => names.map((name) => known.columns[name]![at] ?? '').join(','))
const train = { name: 'train.csv', mimeType: 'text/csv', buffer: Buffer.from([names.join(','), ...lines].join('\n')) }
const forest = new URL('../../packages/contract/src/inspection/fixtures/forest-5.pkl', import.meta.url)
const pickle = { name: 'model.pkl', mimeType: '', buffer: await readFile(forest) }
const trees = { name: 'model.txt', mimeType: '', buffer: await readFile(new URL('lightgbm-pandas.txt', fixtures)) }

await browserSuite('import', 2, (stage) => {
  let world: World
  beforeAll(async () => {
    world = await startWorld({
      compose: async (platform) => {
        const app = await createApp(platform, {
          now: () => new Date(),
          url: () => world.url,
          commit: () => 'abc',
          workFolder: platform.config.folder,
          builtinSteps: () => undefined,
          programCode: async () => undefined,
          programDigest: async () => null,
        })
        return { ...app, domains: [...app.domains, consoleDomain(builtFolder)] }
      },
    })
  })
  afterAll(() => world.stop())

  const heading = (page: Page, name: string) => page.getByRole('heading', { name }).waitFor()

  it('walks from a file to a registered version, with the keyboard, and goes on after a reload', async () => {
    const page = await stage.page()
    await page.goto(`${world.url}/new/import`)
    await settled(page)
    await page.getByRole('button', { name: 'Begin with a file' }).press('Enter')

    await page.getByLabel('Model file').setInputFiles(pickle)
    await expect.poll(() => page.getByRole('alert').innerText()).toMatch(/scikit-learn[\s\S]*--python/)
    await page.getByRole('button', { name: 'Show the code' }).press('Enter')
    expect(await faults(page)).toEqual([])
    await page.getByLabel('Model file').setInputFiles(trees)

    await heading(page, 'The file')
    expect(await page.locator('main').innerText()).toMatch(/LightGBM[\s\S]*Opset ai\.onnx\.ml[\s\S]*names no licence/)
    expect(await page.evaluate(() => document.activeElement?.getAttribute('aria-label'))).toBe('Step 2: Inspect')
    expect(await faults(page)).toEqual([])
    await page.getByRole('link', { name: 'Go on to try' }).press('Enter')

    await page.getByRole('button', { name: 'Fill in known rows' }).press('Enter')
    await page.getByRole('button', { name: 'Try these 64 rows' }).press('Enter')
    await page.getByText(/64 answers as expected/).waitFor()
    const rows = page.getByRole('textbox', { name: 'Sample rows' })
    await rows.fill('age,income,balance,colour,probability\n41,5000,old,red,0.5')
    await page.getByRole('button', { name: 'Try this row' }).press('Enter')
    await expect
      .poll(() => page.getByRole('alert').innerText())
      .toContain('Row 1, column "balance": "old" is no number')
    await rows.fill('age,income,balance,colour,probability\n41,5000,0.5,red,0.5')
    await page.getByRole('button', { name: 'Try this row' }).press('Enter')
    await page.getByText(/1 of 1 answer not as expected/).waitFor()
    await page.reload()
    await page.getByText(/1 of 1 answer not as expected/).waitFor()
    expect(await rows.inputValue()).toContain('41,5000,0.5,red,0.5')
    expect(await faults(page)).toEqual([])
    await page.getByRole('link', { name: 'Go on to reference' }).press('Enter')

    await page.getByLabel('Training data, or a sample of them').setInputFiles(train)
    await heading(page, 'Drift is measured against train.csv')
    expect(await faults(page)).toEqual([])
    await page.getByRole('link', { name: 'Go on to register' }).press('Enter')

    await page.getByRole('combobox', { name: 'Model' }).fill('churn')
    await page.getByRole('combobox', { name: 'Licence' }).fill('apache-2.0')
    await page.getByRole('textbox', { name: 'Notes' }).fill('From the old team.')
    await page.locator('h1', { hasText: 'churn' }).waitFor()
    expect(await faults(page)).toEqual([])
    await page.getByRole('combobox', { name: 'Model' }).press('Enter')
    await page.getByText('It is registered.').waitFor()
    await page.getByRole('link', { name: 'Open it' }).press('Enter')
    await expect.poll(() => new URL(page.url()).pathname).toBe('/models/churn/versions/1')
    await expect.poll(() => page.locator('main').innerText()).toContain('From the old team.')
  })

  it('cancels an upload, lists what is under way, and discards it', async () => {
    const page = await stage.page()
    await page.goto(`${world.url}/new/import`)
    await settled(page)
    await page.getByRole('button', { name: 'Begin with a file' }).click()
    // Never answered: what is cancelled is under way.
    await page.route('**/api/v1/artifacts', () => undefined)
    await page.getByLabel('Model file').setInputFiles(trees)
    await page.getByRole('progressbar').waitFor()
    await page.getByRole('button', { name: 'Cancel' }).click()
    await expect.poll(() => page.getByRole('progressbar').count()).toBe(0)
    expect(await page.getByRole('alert').count()).toBe(0)

    await page.getByRole('link', { name: 'All imports' }).click()
    const drafts = page.getByRole('region', { name: 'Under way' }).getByRole('listitem')
    await expect.poll(() => drafts.count()).toBe(1)
    expect(await faults(page)).toEqual([])
    await drafts.getByRole('button', { name: 'Discard no file yet' }).click()
    await page.getByRole('dialog').getByRole('button', { name: 'Discard' }).click()
    await page.getByText('No import is under way.').waitFor()
  })
})
