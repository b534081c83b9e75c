import type { Page } from 'playwright-core'
import { expect, it } from 'vitest'
import { browserSuite, faults, settled } from './harness.ts'

const names = (page: Page) => page.locator('main tbody th a[data-row]').allInnerTexts()
const search = (page: Page, what: string) => page.getByRole('textbox', { name: `Search ${what}` })
const inNavigation = (page: Page, section: string) =>
  page.getByRole('navigation').getByRole('region', { name: section }).locator('li').allInnerTexts()

const LISTS = ['models', 'deployments', 'monitors'] as const

await browserSuite('lists', 3 * LISTS.length + 5, (stage) => {
  it.each(LISTS)('%s: 300 of them are accessible in both themes and fit 1280 and 390 px', async (what) => {
    const page = await stage.open(await stage.world('crowd'), `/${what}`)

    expect(await faults(page)).toEqual([])
    expect(stage.complaints(page)).toEqual([])
  })

  it.each([
    ['models', /step of a pipeline.*evenkeel register model.onnx --model my-model.*Import a model/],
    ['deployments', /evenkeel api PUT \/api\/v1\/endpoints\/my-model.*evenkeel deploy my-model@1/],
    ['monitors', /watches a deployment.*evenkeel api PUT \/api\/v1\/monitors\/my-model/],
  ])('%s: says how the first one comes', async (what, how) => {
    const page = await stage.open(await stage.world('empty'), `/${what}`)

    expect((await page.locator('main').innerText()).replaceAll(/\s+/g, ' ')).toMatch(how)
    expect(await faults(page)).toEqual([])
    expect(stage.complaints(page)).toEqual([])
  })

  it.each(LISTS)(
    '%s: come page by page, and are found by a part of their name, which is in the address',
    async (what) => {
      const page = await stage.open(await stage.world('crowd'), `/${what}`)
      expect(await names(page)).toHaveLength(50)
      await page.getByRole('button', { name: `Show more ${what}` }).click()
      await expect.poll(() => names(page)).toHaveLength(100)
      expect(new Set(await names(page)).size).toBe(100)

      await page.keyboard.press('/')
      await page.keyboard.type('SPAM-27')

      await expect.poll(() => names(page)).toHaveLength(10)
      expect(new URL(page.url()).searchParams.get('text')).toBe('SPAM-27')
      await page.reload()
      await settled(page)
      expect(await search(page, what).inputValue()).toBe('SPAM-27')
      expect(await names(page)).toHaveLength(10)
      await search(page, what).fill('nothing like it')
      await expect.poll(() => page.locator('main').innerText()).toMatch(/No \w+ is called so\./)
    },
  )

  it('tells of a model what one wants to know first', async () => {
    const page = await stage.open(await stage.world('full'), '/models')

    expect((await page.locator('main tbody tr').innerText()).replaceAll(/\s+/g, ' ')).toMatch(
      /flights-delay .*version 5 passed version 4 team operations ana flights-delay production, version 4 \d+ min ago/,
    )
  })

  it('shows the models of an owner: of a team that is pressed, and my own', async () => {
    const page = await stage.open(await stage.world('crowd'), '/models')

    await page.getByRole('link', { name: 'team risk' }).first().click()
    await expect.poll(() => new URL(page.url()).searchParams.get('owner')).toBe('team:risk')
    await expect.poll(async () => (await names(page))[0]).toBe('churn-004')
    await page.getByText('Mine', { exact: true }).click()
    await expect.poll(async () => (await names(page))[0]).toBe('churn-006')
    expect(new URL(page.url()).searchParams.get('owner')).toBe('user:ana')
    await page.getByText('All', { exact: true }).click()
    await expect.poll(async () => (await names(page))[0]).toBe('churn-001')
  })

  it('shows what is on its way to an endpoint, and where no node is', async () => {
    const full = await stage.open(await stage.world('full'), '/deployments')
    const crowd = await stage.open(await stage.world('crowd'), '/deployments')
    const text = async (page: Page) => (await page.locator('main tbody tr').first().innerText()).replaceAll(/\s+/g, ' ')

    expect(await text(full)).toMatch(
      /production flights-delay version 4 version 5, 10 % canary 413 \/ s 0.00 % 1.94 ms/,
    )
    expect(await text(crowd)).toContain('nothing yet no live node – none – –')
  })

  it('lists things in the navigation while they are few, and then the one that is open alone', async () => {
    const few = await stage.open(await stage.world('full'), '/monitors')
    const many = await stage.open(await stage.world('crowd'), '/models/flights-delay')

    expect(await inNavigation(few, 'Models')).toEqual(['flights-delay'])
    expect(await inNavigation(many, 'Models')).toEqual(['flights-delay'])
    expect(await inNavigation(many, 'Monitors')).toEqual([])
    await many.getByRole('link', { name: 'All models' }).click()
    await expect.poll(() => many.title()).toBe('Models · Evenkeel')
    await expect.poll(() => inNavigation(many, 'Models')).toEqual([])
  })

  it('finds a model by name that is far down the list', async () => {
    const page = await stage.open(await stage.world('crowd'), '/')

    await page.keyboard.press('Control+k')
    await page.getByPlaceholder('Model, deployment, monitor…').waitFor()
    await page.keyboard.type('spam-299')
    await page.getByRole('button', { name: /^spam-299 Models/ }).waitFor()
    await page.getByRole('button', { name: /^spam-299-api Deployments/ }).waitFor()
    await page.keyboard.press('Enter')

    await expect.poll(() => new URL(page.url()).pathname).toBe('/models/spam-299')
  })
})
