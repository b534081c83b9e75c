import { AxeBuilder } from '@axe-core/playwright'
import type { Browser, BrowserContext, Page } from 'playwright-core'
import { afterAll, afterEach, describe } from 'vitest'
import type { World } from './fixture/answers.ts'
import { type Fixture, startFixture } from './fixture-server.ts'
import { launchChromium } from './chromium.ts'

export const PAGES = {
  loop: '/',
  model: '/models/flights-delay',
  versions: '/models/flights-delay?tab=versions&version=3',
  lineage: '/models/flights-delay?tab=lineage',
  history: '/models/flights-delay?tab=history',
  version: '/models/flights-delay/versions/4',
  'card of a version': '/models/flights-delay/versions/4/card',
  'two versions': '/models/flights-delay/compare?before=3&after=4',
  deployment: '/deployments/flights-delay',
  monitor: '/monitors/flights-delay?window=2001-06-14T00:00:00.000Z&feature=origin_late_share_1h',
  'monitor, categories': '/monitors/flights-delay?window=2001-06-14T00:00:00.000Z&feature=origin',
  approvals: '/approvals',
  'approval of a step': '/approvals/stp-81c0',
  'monitor as tables': '/monitors/flights-delay?view=table&charts=table',
} as const

interface View {
  readonly width?: number
  readonly scheme?: 'light' | 'dark'
}

export interface Stage {
  /** A world to look at; stopped after the test. */
  world(kind: World): Promise<Fixture>
  /** An empty page in a browser of its own. */
  page(view?: View): Promise<Page>
  /** Opens a page in a browser of its own and waits until it has said all it knows. */
  open(fixture: Fixture, path: string, view?: View): Promise<Page>
  /** What a page complained about in the console of the browser. */
  complaints(page: Page): readonly string[]
}

/** Tests in a real browser. Without one they are skipped, and it is said how many. */
export async function browserSuite(title: string, testCount: number, define: (stage: Stage) => void): Promise<void> {
  const browser = await launchChromium()
  if (!browser) {
    process.stderr.write(`SKIPPED ${testCount} browser tests of "${title}": no Chromium here; set CHROMIUM_PATH\n`)
  }
  describe.skipIf(!browser)(`${title}`, () => {
    const stage = createStage(browser!)
    afterEach(() => stage.clear())
    afterAll(() => browser!.close())
    define(stage)
  })
}

function createStage(browser: Browser) {
  const fixtures: Fixture[] = []
  const contexts: BrowserContext[] = []
  const said = new Map<Page, string[]>()
  async function newPage({ width = 1280, scheme = 'light' }: View = {}) {
    const context = await browser.newContext({
      viewport: { width, height: width < 600 ? 844 : 800 },
      colorScheme: scheme,
      // Nothing is told by what moves, and drawing it without a graphics card takes a core.
      reducedMotion: 'reduce',
    })
    contexts.push(context)
    const page = await context.newPage()
    const complaints: string[] = []
    said.set(page, complaints)
    page.on('console', (message) => {
      if (message.type() === 'error' || message.type() === 'warning') complaints.push(message.text())
    })
    page.on('pageerror', (error) => complaints.push(error.message))
    return page
  }

  return {
    page: newPage,
    async world(kind: World) {
      const fixture = await startFixture(kind)
      fixtures.push(fixture)
      return fixture
    },
    async open(fixture: Fixture, path: string, view?: View) {
      const page = await newPage(view)
      await page.goto(`${fixture.url}${path}`)
      await settled(page)
      return page
    },
    complaints: (page: Page) => said.get(page) ?? [],
    async clear() {
      await Promise.all(contexts.splice(0).map((context) => context.close()))
      await Promise.all(fixtures.splice(0).map((fixture) => fixture.stop()))
    },
  }
}

const QUIET_MS = 400

/** The page has a heading, nothing is loading, and its content has been the same for a while. */
export async function settled(page: Page): Promise<void> {
  await page.locator('h1').waitFor()
  let before = ''
  for (;;) {
    const now = await page.locator('#content').innerHTML()
    if (now === before && !now.includes('aria-label="Loading"')) return
    before = now
    await page.waitForTimeout(QUIET_MS)
  }
}

/** Violations of WCAG 2.2 A and AA, one line each. */
export async function violations(page: Page): Promise<string[]> {
  // Half-way from one theme to the other, colours are none of either.
  await page.evaluate(() =>
    Promise.allSettled(
      document
        .getAnimations()
        .filter((one) => one instanceof CSSTransition)
        .map((one) => one.finished),
    ),
  )
  const { violations: found } = await new AxeBuilder({ page })
    // What passes needs no description, and without frames of other hosts no page of its own to gather results on.
    .options({ resultTypes: ['violations'] })
    .setLegacyMode()
    .withTags(['wcag2a', 'wcag2aa', 'wcag21aa', 'wcag22aa'])
    .analyze()
  return found.flatMap(({ id, nodes }) =>
    nodes.map(({ html, failureSummary }) => `${id}: ${html.slice(0, 160)} ${failureSummary ?? ''}`),
  )
}

/** Pixels by which the page is wider than the window. */
const overflowPx = (page: Page): Promise<number> =>
  page.evaluate(() => document.documentElement.scrollWidth - document.documentElement.clientWidth)

/** Each theme and each width once: colours depend on the one, layout on the other. */
const VIEWS = [
  { scheme: 'light', width: 1280 },
  { scheme: 'dark', width: 390 },
] as const

/** What is wrong with how a page looks, one line each: accessible in both themes, one heading, nothing to the side. */
export async function faults(page: Page): Promise<string[]> {
  const found: string[] = []
  for (const { scheme, width } of VIEWS) {
    await page.emulateMedia({ colorScheme: scheme })
    await page.setViewportSize({ width, height: 800 })
    await page.locator(`html[data-mantine-color-scheme=${scheme}]`).waitFor()
    const all = [...(await violations(page)), ...((await overflowPx(page)) > 0 ? ['scrolls sideways'] : [])]
    found.push(...all.map((fault) => `${scheme}, ${width} px: ${fault}`))
  }
  const headings = await page.locator('h1').count()
  return headings === 1 ? found : [...found, `${headings} headings of the first level`]
}
