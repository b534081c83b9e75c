import type { BrowserContext } from 'playwright-core'
import { expect, it } from 'vitest'
import type { LineageGraph, LineageNode } from '../../packages/contract/src/index.ts'
import { ago } from './fixture/flights.ts'
import { browserSuite, faults, settled, type Stage } from './harness.ts'

const node = (kind: LineageNode['kind'], label: string, changes: Partial<LineageNode> = {}): LineageNode => ({
  id: `${kind}:evenkeel://localhost/default#${label}`,
  kind,
  namespace: 'evenkeel://localhost/default',
  name: label,
  version: null,
  label,
  state: null,
  of: null,
  origin: 'own',
  link: null,
  firstSeen: ago(100),
  lastSeen: ago(10),
  ...changes,
})

const nodes = [
  node('model_version', 'churn@1', { link: '/models/churn/versions/1', version: '1' }),
  node('run', 'churn 1f2e3d4c', { state: 'COMPLETE', link: '/runs/0190c6a0-0000-7000-8000-000000000001' }),
  node('run', 'churn.load 3d4c5b6a', { state: 'FAIL' }),
  node('dataset_version', 'flights@1'),
  node('dataset', 'a-rather-long-name-of-a-table.in-a-schema.of-a-database-of-somebody-else', {
    origin: 'received',
    namespace: 's3://a-bucket-with-a-long-name',
  }),
  node('deployment', 'churn (version 1)'),
]
const [model, run, load, data, raw, live] = nodes.map(({ id }) => id) as [
  string,
  string,
  string,
  string,
  string,
  string,
]
const graph: LineageGraph = {
  root: model,
  nodes,
  edges: [
    { source: raw, target: data, kind: 'writes' },
    { source: data, target: load, kind: 'reads' },
    { source: load, target: run, kind: 'part_of' },
    { source: run, target: model, kind: 'writes' },
    { source: model, target: live, kind: 'reads' },
  ],
  truncated: false,
}

async function answerLineage(context: BrowserContext, world: 'full' | 'empty') {
  const asked: string[] = []
  await context.route(/\/api\/v1\/lineage\//, async (route) => {
    const { pathname, searchParams } = new URL(route.request().url())
    asked.push(
      `${pathname} ${searchParams.get('node') ?? searchParams.get('text') ?? ''} ${searchParams.get('direction') ?? ''}`.trim(),
    )
    if (pathname.endsWith('/graph')) return route.fulfill({ json: graph })
    const text = searchParams.get('text') ?? ''
    return route.fulfill({ json: { items: world === 'full' ? nodes.filter(({ label }) => label.includes(text)) : [] } })
  })
  return asked
}

async function open(stage: Stage, path: string, world: 'full' | 'empty' = 'full') {
  const fixture = await stage.world('full')
  const page = await stage.page()
  const asked = await answerLineage(page.context(), world)
  await page.goto(`${fixture.url}${path}`)
  await settled(page)
  return { page, asked }
}

const around = `/lineage?node=${encodeURIComponent('model_version:churn@1')}`

await browserSuite('lineage', 6, (stage) => {
  it.each([
    ['graph', around, 'full'],
    ['search', '/lineage', 'full'],
    ['empty', '/lineage', 'empty'],
  ] as const)(
    '%s: accessible in both themes, fits 1280 and 390 px, no complaint',
    { timeout: 90_000 },
    async (_, path, world) => {
      const { page } = await open(stage, path, world)

      expect(await faults(page)).toEqual([])
      expect(stage.complaints(page)).toEqual([])
    },
  )

  it('draws what a version comes from on its left and what comes from it on its right', async () => {
    const { page, asked } = await open(stage, around)
    const left = async (id: string) => (await page.locator(`[data-step="${id}"]`).boundingBox())!.x

    const places = [
      await left(raw),
      await left(data),
      await left(load),
      await left(run),
      await left(model),
      await left(live),
    ]
    expect(places).toEqual(places.toSorted((a, b) => a - b))
    await page.locator(`[data-step="${run}"]`).click()
    const link = page.getByRole('link', { name: 'Open', exact: true })
    expect(await link.getAttribute('href')).toBe('/runs/0190c6a0-0000-7000-8000-000000000001')
    await page.getByText('Comes from', { exact: true }).click()
    await expect.poll(() => asked).toContain('/api/v1/lineage/graph model_version:churn@1 upstream')
  })

  it('shows the end of a name that is too long, and all of it to who points at it', async () => {
    const { page } = await open(stage, around)
    const cut = page.locator(`[data-step="${raw}"]`)
    const end = cut.getByText('ody-else', { exact: true })

    const [box, shown] = [(await cut.boundingBox())!, (await end.boundingBox())!]
    expect(shown.x + shown.width).toBeLessThanOrEqual(box.x + box.width)
    const start = cut.getByText(/^a-rather/)
    expect(await start.evaluate((one) => one.scrollWidth > one.clientWidth)).toBe(true)
    expect(await cut.getAttribute('title')).toContain('.in-a-schema.of-a-database-of-somebody-else')
  })

  it('finds a node by a part of its name, and goes there', async () => {
    const { page } = await open(stage, '/lineage')

    await page.getByRole('textbox', { name: 'Search nodes' }).fill('flights')
    await expect.poll(() => page.locator('main tbody tr').count()).toBe(1)
    await page.getByRole('link', { name: 'flights@1' }).click()
    await expect.poll(() => new URL(page.url()).searchParams.get('node')).toBe(data)
  })
})
