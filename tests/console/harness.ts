import { AxeBuilder } from '@axe-core/playwright'
import type { Browser, Page } from 'playwright-core'
import { afterAll, afterEach, describe } from 'vitest'
import type { World } from './fixture/answers.ts'
import { type Fixture, startFixture } from './fixture-server.ts'
import { launchChromium } from './chromium.ts'

export const PAGES = {
  loop: '/',
  models: '/models',
  model: '/models/flights-delay',
  versions: '/models/flights-delay?tab=versions&version=3',
  lineage: '/models/flights-delay?tab=lineage',
  history: '/models/flights-delay?tab=history',
  version: '/models/flights-delay/versions/4',
  'card of a version': '/models/flights-delay/versions/4/card',
  'two versions': '/models/flights-delay/compare?before=3&after=4',
  deployments: '/deployments',
  deployment: '/deployments/flights-delay',
  monitors: '/monitors',
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
  /** An empty page that no other test knows of. */
  page(view?: View): Promise<Page>
  /** Opens such a page and waits until it has said all it knows. */
  open(fixture: Fixture, path: string, view?: View): Promise<Page>
  /** What a page complained about in the console of the browser, and what it asked of other hosts. */
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
  /** Ports of worlds that are gone. At the same address a browser has compiled the console already. */
  const ports: number[] = []
  const used: Page[] = []
  const idle: Page[] = []
  const said = new Map<Page, string[]>()

  async function newPage({ width = 1280, scheme = 'light' }: View = {}) {
    const page = idle.pop() ?? (await (await browser.newContext()).newPage())
    await page.setViewportSize({ width, height: width < 600 ? 844 : 800 })
    // Nothing is told by what moves, and drawing it without a graphics card takes a core.
    await page.emulateMedia({ colorScheme: scheme, reducedMotion: 'reduce' })
    said.set(page, listen(page))
    used.push(page)
    return page
  }

  async function giveBack(page: Page): Promise<void> {
    const context = page.context()
    // With a second page a test may have changed what is to come, too.
    const isAsNew = context.pages().length === 1 && (await emptied(page))
    if (isAsNew) idle.push(page)
    else await context.close()
  }

  return {
    page: newPage,
    async world(kind: World) {
      const fixture = await startFixture(kind, ports.pop())
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
      await Promise.all(used.splice(0).map(giveBack))
      ports.push(...fixtures.map(({ port }) => port))
      await Promise.all(fixtures.splice(0).map((fixture) => fixture.stop()))
    },
  }
}

/** Gathers errors and warnings of a page, and the hosts that it should not ask. */
function listen(page: Page): string[] {
  const complaints: string[] = []
  page.on('console', (message) => {
    if (message.type() === 'error' || message.type() === 'warning') complaints.push(message.text())
  })
  page.on('pageerror', (error) => complaints.push(error.message))
  page.on('request', (request) => {
    const { protocol, hostname } = new URL(request.url())
    if (protocol.startsWith('http') && hostname !== '127.0.0.1') complaints.push(`asked ${request.url()}`)
  })
  return complaints
}

/**
 * Takes back what a test did to a page: a page that is used again loads the console in half the time.
 *
 * @returns whether that worked
 */
async function emptied(page: Page): Promise<boolean> {
  try {
    const context = page.context()
    await context.unrouteAll({ behavior: 'ignoreErrors' })
    await page.unrouteAll({ behavior: 'ignoreErrors' })
    await page.evaluate(() => [localStorage, sessionStorage].forEach((store) => store.clear()))
    page.removeAllListeners()
    await page.goto('about:blank')
    await context.clearCookies()
    return true
  } catch {
    return false
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
