import { expect, it } from 'vitest'
import { browserSuite, PAGES } from './harness.ts'

await browserSuite('models', 5, (stage) => {
  it('shows code for the language that is asked for, and says why one is missing', async () => {
    const page = await stage.open(await stage.world('full'), PAGES.model)
    const card = page.getByRole('region', { name: 'Use this model' })

    await expect.poll(() => card.innerText()).toContain('/v2/models/flights-delay/infer')
    await card.getByText('MLflow', { exact: true }).click()

    expect(await card.innerText()).toContain('It was not logged with MLflow')
    expect(await card.getByRole('link', { name: 'Download as a folder' }).getAttribute('href')).toContain(
      '/api/v1/models/flights-delay/versions/4/download',
    )
  })

  it('compares two versions that were chosen, under an address of its own', async () => {
    const page = await stage.open(await stage.world('full'), PAGES.versions)
    for (const version of [3, 4]) await page.getByRole('checkbox', { name: `Compare version ${version}` }).check()

    await page.getByRole('link', { name: 'Compare 3 and 4' }).click()

    await expect.poll(() => page.url()).toContain('/models/flights-delay/compare?before=3&after=4')
    await expect.poll(() => page.locator('main').innerText()).toMatch(/AUC[\s\S]*(better|worse)/)
    const rows = () => page.locator('tbody tr').count()
    const differing = await rows()
    await page.getByRole('switch', { name: 'Show what is the same, too' }).check()
    await expect.poll(rows).toBeGreaterThan(differing)
    expect(page.url()).toContain('all=true')
  })

  it('edits a card with a preview that runs nothing, and keeps the revision', async () => {
    const page = await stage.open(await stage.world('full'), PAGES['card of a version'])
    const source = page.getByRole('textbox', { name: 'Card, in Markdown' })

    await source.fill('# New\n\nIt is **late**. <script>window.cardScriptRan = 1</script>')
    const preview = page.getByRole('region', { name: 'Preview' })
    await expect.poll(() => preview.getByText('late').evaluate(({ tagName }) => tagName)).toBe('STRONG')
    await page.getByRole('textbox', { name: 'Reason' }).fill('shorter')
    await page.getByRole('button', { name: 'Save' }).click()

    await expect.poll(() => page.locator('main').innerText()).toMatch(/Revision 1 by you[\s\S]*shorter/)
    expect(await page.evaluate(() => 'cardScriptRan' in window)).toBe(false)
    expect(await page.getByRole('button', { name: 'Save' }).getAttribute('aria-description')).toBe(
      'Nothing is changed.',
    )
  })

  it('keeps what was written when somebody else was faster, and shows what that was', async () => {
    const fixture = await stage.world('full')
    const page = await stage.open(fixture, PAGES['card of a version'])
    const source = page.getByRole('textbox', { name: 'Card, in Markdown' })
    await source.fill('# Mine')
    const path = `${fixture.url}/api/v1/models/flights-delay/versions/4/card`
    const body = JSON.stringify({ card: '# Theirs', revision: 0, reason: 'faster' })
    await fetch(path, { method: 'PUT', headers: { 'content-type': 'application/json' }, body })

    await page.getByRole('button', { name: 'Save' }).click()

    await expect.poll(() => page.getByRole('alert').innerText()).toContain('Somebody else edited the card')
    expect(await page.getByRole('group', { name: 'Changed lines' }).innerText()).toContain('+ # Theirs')
    expect(await source.inputValue()).toBe('# Mine')
    await page.getByRole('button', { name: 'I have put these changes in' }).click()
    await page.getByRole('button', { name: 'Save' }).click()
    await expect.poll(() => page.locator('main').innerText()).toContain('Revision 2 by you')
  })

  it('takes comments, and says who owns the model', async () => {
    const fixture = await stage.world('full')
    const page = await stage.open(fixture, PAGES.version)
    const comments = page.getByRole('region', { name: 'Comments' })
    await comments.getByRole('textbox', { name: 'Comment' }).fill('Looks *fine*.')

    await comments.getByRole('button', { name: 'Comment' }).click()

    await expect.poll(() => comments.locator('li').count()).toBe(2)
    expect(await comments.locator('li').first().innerText()).toMatch(/you[\s\S]*Looks fine\./)
    await expect.poll(() => comments.getByRole('textbox', { name: 'Comment' }).inputValue()).toBe('')
    const model = await stage.open(fixture, PAGES.model)
    await expect.poll(() => model.locator('main').innerText()).toContain('owned by team operations, ana')
  })
})
