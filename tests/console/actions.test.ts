import { expect, it } from 'vitest'
import { browserSuite, PAGES, settled, violations } from './harness.ts'

await browserSuite('actions and addresses', 7, (stage) => {
  it('approves with a reason, and shows the canary that follows', async () => {
    const fixture = await stage.world('waiting')
    const page = await stage.open(fixture, PAGES.deployment)
    const approve = page.getByRole('button', { name: 'Approve' })

    // Playwright waits for a button that says it is off; a person does not.
    await approve.click({ force: true })
    expect(fixture.asked.some((request) => request.startsWith('POST'))).toBe(false)
    await page.getByLabel('Your reason').fill('better on the same flights')
    await approve.click()

    await page.getByText('10 % canary').or(page.getByText('canary, version 5')).first().waitFor()
    expect(fixture.asked).toContain('POST /api/v1/approvals/apr-6f21/decision')
    expect(await approve.count()).toBe(0)
  })

  it('shows what people should look at before a step goes on, and takes their decision', async () => {
    const fixture = await stage.world('full')
    const page = await stage.open(fixture, PAGES.approvals)
    await page.getByRole('link', { name: 'approve of flights-training' }).click()
    await page.getByText('better than the champion').waitFor()
    await page.getByText('is 6 and was 5').waitFor()
    await page.getByText('register, deploy').waitFor()

    await page.getByLabel('Your reason').fill('the slices hold')
    await page.getByRole('button', { name: 'Approve' }).click()

    await expect.poll(() => fixture.asked).toContain('POST /api/v1/approvals/stp-81c0/decision')
  })

  it('promotes only with a reason', async () => {
    const fixture = await stage.world('full')
    const page = await stage.open(fixture, PAGES.deployment)

    await page.getByRole('button', { name: 'Promote' }).click()
    const dialog = page.getByRole('dialog')
    await dialog.getByRole('button', { name: 'Promote' }).click({ force: true })
    expect(fixture.asked.some((request) => request.startsWith('POST'))).toBe(false)
    expect(await violations(page)).toEqual([])
    await dialog.getByLabel('Reason').fill('enough seen')
    await dialog.getByRole('button', { name: 'Promote' }).click()

    await page.getByText('Promoted by hand: enough seen').first().waitFor()
    expect(fixture.asked).toContain('POST /api/v1/rollouts/r-5/promote')
  })

  it('overrides the gate of a refused version with a reason, and of no other', async () => {
    const fixture = await stage.world('full')
    const page = await stage.open(fixture, '/models/flights-delay/versions/2')

    await page.getByRole('button', { name: 'Override the gate' }).click()
    await page.getByRole('dialog').getByLabel('Reason').fill('the hold-out is not representative')
    await page.getByRole('button', { name: 'Override', exact: true }).click()

    await page.getByText('Overridden by you: the hold-out is not representative').waitFor()
    expect(await page.getByRole('button', { name: 'Override the gate' }).getAttribute('aria-disabled')).toBe('true')
  })

  it('deploys a version that passed, with the command beside it', async () => {
    const fixture = await stage.world('full')
    const page = await stage.open(fixture, '/models/flights-delay/versions/5')

    await page.getByRole('button', { name: 'Deploy version 5' }).click()
    await page.getByText('evenkeel deploy flights-delay@5 --endpoint flights-delay --canary 10').waitFor()
    expect(await violations(page)).toEqual([])
    await page.getByRole('dialog').getByRole('button', { name: 'Deploy', exact: true }).click()

    await expect.poll(() => new URL(page.url()).pathname).toBe('/deployments/flights-delay')
    expect(fixture.asked).toContain('POST /api/v1/endpoints/flights-delay/rollouts')
  })

  it('keeps what is chosen in the address: a reload and another browser show the same', async () => {
    const fixture = await stage.world('full')
    const page = await stage.open(fixture, '/monitors/flights-delay')
    await page.getByRole('button', { name: /destination, window of 31 May 2001/ }).click()
    await page.getByText('Table').first().click()
    await page.getByRole('group', { name: 'Drift by window' }).waitFor()

    const shows = async (other: typeof page) => [
      await other.getByRole('region', { name: 'destination against its training data' }).innerText(),
      await other.getByRole('group', { name: 'Drift by window' }).innerText(),
    ]
    const before = await shows(page)
    await page.reload()
    await settled(page)
    const elsewhere = await stage.open(fixture, page.url().replace(fixture.url, ''))

    expect(await shows(page)).toEqual(before)
    expect(await shows(elsewhere)).toEqual(before)
  })

  it('ignores parts of an address that make no sense', async () => {
    const page = await stage.open(await stage.world('full'), '/models/flights-delay?tab=nonsense&version=-3&window=%E0')

    expect(await page.getByRole('tab', { name: 'Overview' }).getAttribute('aria-selected')).toBe('true')
    expect(stage.complaints(page)).toEqual([])
  })
})
