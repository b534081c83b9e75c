import { buildConsole } from './build.ts'
import { provideChromium } from './chromium.ts'

/** Once, before several files need both at the same time. */
// oxlint-disable-next-line import/no-default-export -- vitest asks for one
export default async function prepare(): Promise<void> {
  if (await provideChromium()) await buildConsole()
}
