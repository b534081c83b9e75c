import { gzipSync } from 'node:zlib'
import { expect, it } from 'vitest'
import { browserSuite, faults, PAGES, violations } from './harness.ts'

await browserSuite('screens', Object.keys(PAGES).length + 8, (stage) => {
  it.each(Object.entries(PAGES))(
    '%s: accessible in both themes, fits 1280 and 390 px, no complaint, no other host',
    { timeout: 60_000 },
    async (_, path) => {
      const page = await stage.open(await stage.world('full'), path)

      expect(await faults(page)).toEqual([])
      expect(stage.complaints(page)).toEqual([])
    },
  )

  it('shows three doors with commands on an empty installation', async () => {
    const page = await stage.open(await stage.world('empty'), '/')

    expect(await page.getByRole('heading', { level: 3 }).count()).toBe(3)
    expect(await page.getByText('npm run demo', { exact: false }).isVisible()).toBe(true)
    expect(await faults(page)).toEqual([])
    expect(stage.complaints(page)).toEqual([])
  })

  it('says what is wrong with the address of a thing that does not exist, and can try again', async () => {
    const fixture = await stage.world('empty')
    const page = await stage.open(fixture, '/models/gone')

    const alert = page.getByRole('alert')
    expect(await alert.innerText()).toMatch(/No such thing in this world.[\s\S]*Go back to the loop[\s\S]*req-fixture/)
    const before = fixture.asked.length
    await alert.getByRole('button', { name: 'Try again' }).click()
    await expect.poll(() => fixture.asked.length).toBeGreaterThan(before)
  })

  it('answers an unknown address with a way back', async () => {
    const page = await stage.open(await stage.world('full'), '/nowhere')

    expect(await page.locator('h1').innerText()).toBe('There is no such page')
    await page.getByRole('link', { name: 'Go to the loop' }).click()
    await expect.poll(() => page.locator('h1').innerText()).toBe('Loop')
  })

  it('answers the question of each screen', async () => {
    const fixture = await stage.world('full')
    const text = async (path: string) =>
      (await (await stage.open(fixture, path)).locator('main').innerText()).replaceAll(/\s+/g, ' ')

    expect(await text(PAGES.loop)).toMatch(/version 4 is live.*canary 10 %.*1 feature drifts.*v3 .*refused/)
    expect(await text(PAGES.deployment)).toMatch(
      /80 % champion.*10 % canary.*not enough data yet 212 of about 900 labelled flights/,
    )
    expect(await text(PAGES.monitor)).toMatch(/has been over its threshold of 0.100.*recommended Retrain/)
    expect(await text(PAGES.versions)).toMatch(/promoted.*It is not better than version 1 for sure/)
  })

  it('never runs or shows HTML of a model card', async () => {
    const page = await stage.open(await stage.world('full'), PAGES.model)
    await page.getByRole('heading', { name: 'Flight delay' }).waitFor()

    expect(await page.evaluate(() => 'cardScriptRan' in window)).toBe(false)
    expect(await page.locator('main').innerText()).not.toContain('cardScriptRan')
    expect(await page.locator('main').innerText()).not.toContain('license:')
  })

  it('leaves the frame out when it is embedded, on the next page too', async () => {
    const page = await stage.open(await stage.world('full'), '/monitors/flights-delay?embed=1')

    expect(await page.getByRole('banner').count()).toBe(0)
    expect(await page.getByRole('navigation').count()).toBe(0)
    expect(await violations(page)).toEqual([])
    await page.locator('h1 ~ div').getByRole('link', { name: 'flights-delay' }).click()
    await expect.poll(() => page.title()).toBe('flights-delay · Deployment · Evenkeel')
    expect(await page.getByRole('banner').count()).toBe(0)
  })

  it('keeps a chosen theme, and sets it before the first paint', async () => {
    const fixture = await stage.world('full')
    const page = await stage.open(fixture, '/', { scheme: 'dark' })
    await page.getByRole('button', { name: /^Theme/ }).click()
    const scheme = () => page.evaluate(() => document.documentElement.dataset['mantineColorScheme'])
    expect(await scheme()).toBe('light')

    // Without the script of the console, only what runs before the first paint is left.
    await page.route('**/assets/*.js', (route) => route.abort())
    await page.reload()
    expect(await scheme()).toBe('light')
  })

  it('loads at most 250 KB of compressed script for the first screen', async () => {
    const fixture = await stage.world('full')
    const page = await stage.open(fixture, '/')
    const urls = await page.evaluate(() =>
      performance
        .getEntriesByType('resource')
        .map(({ name }) => name)
        .filter((name) => name.endsWith('.js')),
    )
    const sizes = await Promise.all(urls.map(async (url) => gzipSync(await (await fetch(url)).bytes()).byteLength))

    expect(urls.length).toBeGreaterThan(1)
    expect(sizes.reduce((sum, size) => sum + size, 0)).toBeLessThanOrEqual(250_000)
  })
})
