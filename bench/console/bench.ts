/**
 * What a person waits for at the table of runs, in Chromium: 100,000 runs with 200 metrics each, all of these as columns.
 * Run: node bench/console/bench.ts [--runs 100000] [--metrics 200] [--folder FOLDER] [--json]; a folder is kept, and what it
 * holds is measured again.
 */
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import type { Browser, Page } from 'playwright-core'
import { startPostgres } from '../../packages/server/src/platform/postgres.ts'
import { launchChromium } from '../../tests/console/chromium.ts'
import { startOurs } from '../tracking/servers.ts'
import { fill } from './fill.ts'

const { values } = parseArgs({
  options: {
    json: { type: 'boolean', default: false },
    runs: { type: 'string', default: '100000' },
    metrics: { type: 'string', default: '200' },
    folder: { type: 'string' },
  },
})
const size = { runs: Number(values.runs), metrics: Number(values.metrics) }
const target = { firstScreenMs: 1500, firstRowsMs: 300, framesPerSecond: 50 }
const rounds = 5

const print = (text: string): void => void process.stdout.write(`${text}\n`)
const median = (of: readonly number[]) => of.toSorted((a, b) => a - b)[Math.floor(of.length / 2)]!

const grid = '[role=table][aria-label=Runs]'
const rows = `${grid} [role=rowheader]`
const columns = Array.from({ length: size.metrics }, (_, i) => `metric:metric_${String(i + 1).padStart(3, '0')}`)
const path = `/experiments/0?columns=${encodeURIComponent(JSON.stringify(columns))}`

/** From an empty cache to the first row, with everything that is loaded on the way. */
async function firstScreenMs(browser: Browser, url: string): Promise<number> {
  const context = await browser.newContext()
  const page = await context.newPage()
  const startedAt = performance.now()
  await page.goto(`${url}${path}`, { waitUntil: 'commit' })
  await page.waitForSelector(rows)
  const took = performance.now() - startedAt
  await context.close()
  return took
}

/** From another order, asked for in a page that is open, to its first row. */
async function firstRowsMs(page: Page, name: string): Promise<number> {
  return page.evaluate(
    async ({ selector, head }) => {
      const first = () => document.querySelector(selector)?.textContent
      const before = first()
      const button = [...document.querySelectorAll<HTMLElement>('[role=columnheader] button')].find((one) =>
        one.textContent?.includes(head),
      )!
      const startedAt = performance.now()
      button.click()
      while (first() === before || first() === undefined) await new Promise(requestAnimationFrame)
      return performance.now() - startedAt
    },
    { selector: rows, head: name },
  )
}

/** Frames while the table is scrolled down and to the right, through pages that are fetched on the way. */
async function framesPerSecond(page: Page): Promise<number> {
  return page.evaluate(async (selector) => {
    const box = document.querySelector(selector)!
    const seconds = 4
    const startedAt = performance.now()
    let frames = 0
    while (performance.now() - startedAt < seconds * 1000) {
      box.scrollTop += 40
      box.scrollLeft += 20
      await new Promise(requestAnimationFrame)
      frames++
    }
    return frames / ((performance.now() - startedAt) / 1000)
  }, grid)
}

async function measure(browser: Browser, url: string) {
  await firstScreenMs(browser, url)
  const screens: number[] = []
  for (let round = 0; round < rounds; round++) screens.push(await firstScreenMs(browser, url))
  const page = await browser.newPage({ viewport: { width: 1440, height: 900 } })
  await page.goto(`${url}${path}`)
  await page.waitForSelector(rows)
  const orders: number[] = []
  for (let round = 0; round < rounds; round++) orders.push(await firstRowsMs(page, `metric_00${round + 1}`))
  const frames = await framesPerSecond(page)
  const below = await page.locator(grid).evaluate((box) => box.scrollTop)
  if (below < 1000) throw new Error(`The table was scrolled by ${below} px only.`)
  return { firstScreenMs: median(screens), firstRowsMs: median(orders), framesPerSecond: frames }
}

const folder = values.folder ?? (await mkdtemp(join(tmpdir(), 'evenkeel-bench-')))
const browser = await launchChromium()
if (!browser) throw new Error('There is no Chromium; install it, or name it in CHROMIUM_PATH.')
const postgres = await startPostgres({ folder })
const server = await startOurs(folder, postgres.url)
try {
  const url = `http://127.0.0.1:${server.port}`
  await fetch(`${url}/api/v1/experiments`)
  let told = -1
  await fill(postgres.url, size, (share) => {
    const tenth = Math.floor(share * 10)
    if (tenth > told && !values.json) print(`filling: ${10 * (told = tenth)} %`)
  })
  const found = await measure(browser, url)
  if (values.json) print(JSON.stringify({ ...size, ...found, target }))
  else {
    print(`${size.runs} runs with ${size.metrics} metrics, all of them columns; medians of ${rounds}`)
    print(`first screen  ${found.firstScreenMs.toFixed(0)} ms from an empty cache (bound ${target.firstScreenMs})`)
    print(`first rows    ${found.firstRowsMs.toFixed(0)} ms after another order (bound ${target.firstRowsMs})`)
    print(`scrolling     ${found.framesPerSecond.toFixed(0)} frames a second (bound ${target.framesPerSecond})`)
  }
} finally {
  await browser.close()
  await server.stop()
  await postgres.stop()
  if (values.folder === undefined) await rm(folder, { recursive: true, force: true })
}
