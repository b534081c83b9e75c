import type { Page } from 'playwright-core'
import { expect, it } from 'vitest'
import { browserSuite, PAGES, violations } from './harness.ts'

const heading = (page: Page) => page.locator('h1').innerText()
const focused = (page: Page) => page.evaluate(() => document.activeElement?.textContent ?? '')
const press = async (page: Page, ...keys: string[]) => {
  for (const key of keys) await page.keyboard.press(key)
}

await browserSuite('keyboard', 8, (stage) => {
  it('walks through all screens without a mouse, and puts the focus on each new page', async () => {
    const page = await stage.open(await stage.world('full'), '/')

    for (const [key, kind] of [
      ['m', 'Model'],
      ['y', 'Deployment'],
      ['n', 'Monitor'],
    ] as const) {
      await press(page, 'g', key)
      await expect.poll(() => page.title()).toBe(`${kind}s · Evenkeel`)
      expect(await page.evaluate(() => document.activeElement?.id)).toBe('content')
      await page.locator('main tbody').waitFor()
      await press(page, 'j', 'Enter')
      await expect.poll(() => page.title()).toBe(`flights-delay · ${kind} · Evenkeel`)
    }
    await press(page, 'g', 'l')
    await expect.poll(() => heading(page)).toBe('Loop')
  })

  it('skips to the content from the first key', async () => {
    const page = await stage.open(await stage.world('full'), '/')

    await press(page, 'Tab')
    expect(await focused(page)).toBe('Skip to content')
    await press(page, 'Enter')
    expect(await page.evaluate(() => document.activeElement?.id)).toBe('content')
  })

  it('moves along the rows with j and k and opens one with Enter', async () => {
    const page = await stage.open(await stage.world('full'), PAGES.history.replace('history', 'versions'))
    const label = () => page.evaluate(() => document.activeElement?.getAttribute('aria-label'))

    await press(page, 'j', 'j', 'j', 'k')
    expect(await label()).toBe('Details of version 4')
    await press(page, 'Enter')
    await expect.poll(() => new URL(page.url()).searchParams.get('version')).toBe('4')
    expect(await page.getByText('Candidate against champion').isVisible()).toBe(true)
  })

  it('finds anything by name with Ctrl K', async () => {
    const page = await stage.open(await stage.world('full'), '/')

    await press(page, 'Control+k')
    await page.getByPlaceholder('Model, deployment, monitor…').waitFor()
    expect(await violations(page)).toEqual([])
    await page.keyboard.type('flights')
    await press(page, 'ArrowDown', 'ArrowDown', 'Enter')
    await expect.poll(() => new URL(page.url()).pathname).toMatch(/^\/(models|deployments|monitors)\/flights-delay$/)
  })

  it('searches the screen with a slash, and leaves keys alone while one types', async () => {
    const page = await stage.open(await stage.world('full'), '/monitors/flights-delay')

    await press(page, '/')
    await page.keyboard.type('gl departures'.slice(3))
    await expect.poll(() => page.locator('main tbody th').allInnerTexts()).toHaveLength(2)
    expect(await heading(page)).toBe('flights-delay')
  })

  it('reads every cell of the heat map with the arrow keys and compares one with Enter', async () => {
    const page = await stage.open(await stage.world('full'), '/monitors/flights-delay')
    const cell = page.getByRole('button', { name: /origin_late_share_1h, window of 21 Jun 2001/ })

    await cell.focus()
    await press(page, 'ArrowLeft', 'ArrowDown')
    const label = await page.evaluate(() => document.activeElement?.getAttribute('aria-label'))
    expect(label).toMatch(/^hour, window of 14 Jun 2001: \d\.\d\d × threshold$/)
    await press(page, 'Enter')
    await page.getByRole('region', { name: 'hour against its training data' }).waitFor()
    expect(new URL(page.url()).searchParams.get('feature')).toBe('hour')
  })

  it('lists the keys, and can switch off those that are a single letter', async () => {
    const page = await stage.open(await stage.world('full'), '/')

    await press(page, '?')
    await page.getByRole('dialog').waitFor()
    expect(await violations(page)).toEqual([])
    await page.getByRole('switch', { name: 'Single-key shortcuts' }).press('Space')
    await press(page, 'Escape')
    await page.getByRole('dialog').waitFor({ state: 'detached' })
    await press(page, 'g', 'm', '?')
    expect(await heading(page)).toBe('Loop')
    expect(await page.getByRole('dialog').count()).toBe(0)
  })

  it('reaches a button that is off, and says why it is', async () => {
    const page = await stage.open(await stage.world('waiting'), PAGES.deployment)
    const promote = page.getByRole('button', { name: 'Promote' })

    await promote.focus()
    await page.getByText('Only a canary that runs or is paused can be promoted.').waitFor()
    await press(page, 'Enter')
    expect(await page.getByRole('dialog').count()).toBe(0)
  })
})
