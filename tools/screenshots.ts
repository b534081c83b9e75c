import { mkdir } from 'node:fs/promises'
import { createClient } from '../packages/client/src/index.ts'
import { pipelines } from '../packages/contract/src/index.ts'
import { launchChromium } from '../tests/console/chromium.ts'

/**
 * Takes the pictures of the README from a running server that has played the demo:
 * `npm run screenshots -- http://127.0.0.1:7070`.
 */
const [url = 'http://127.0.0.1:7070'] = process.argv.slice(2)

/** The newest retraining, at the step that took longest. */
async function pathOfRun(): Promise<string> {
  const { items } = await createClient(pipelines, { baseUrl: url }).listRuns({ query: { pipeline: 'flights-delay' } })
  const run = items.find(({ trigger }) => trigger.kind === 'decay')
  if (!run) throw new Error('The demo has not been played here: no decay has started a run of flights-delay.')
  return `/runs/${run.id}?step=train`
}

const pages = {
  loop: '/',
  monitor: '/monitors/flights-delay',
  deployment: '/deployments/flights-delay',
  run: await pathOfRun(),
}

const browser = await launchChromium()
if (!browser) throw new Error('There is no Chromium here. Install one, or set CHROMIUM_PATH.')
await mkdir('docs/images', { recursive: true })
const page = await browser.newPage({ viewport: { width: 1280, height: 800 }, deviceScaleFactor: 1 })
for (const [name, path] of Object.entries(pages)) {
  await page.goto(new URL(path, url).href)
  await page.getByRole('heading', { level: 1 }).waitFor()
  // The last of what is loaded late: charts draw once their script is there.
  await page.waitForTimeout(2500)
  await page.screenshot({ path: `docs/images/${name}.png`, fullPage: name !== 'loop' })
}
await browser.close()
