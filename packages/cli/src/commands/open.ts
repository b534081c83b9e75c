import { openInBrowser } from '../browser.ts'
import { exitCodes } from '../errors.ts'
import { type CommonOptions, connect, outputOf } from './common.ts'

/** Opens the console at a model, an endpoint or a path, and prints the address. */
export async function open(thing: string | undefined, options: CommonOptions): Promise<number> {
  const connection = await connect(options)
  const path = thing === undefined ? '/' : thing.startsWith('/') ? thing : await pathOf(thing, connection)
  const url = new URL(path, connection.url).href
  outputOf(options).result({ url }, () => url)
  openInBrowser(url)
  return exitCodes.ok
}

async function pathOf(name: string, { deployments }: Awaited<ReturnType<typeof connect>>): Promise<string> {
  const [model, version] = name.split('@')
  if (version) return `/models/${encodeURIComponent(model!)}/versions/${encodeURIComponent(version)}`
  const { items } = await deployments.list({ query: { text: name } })
  const isEndpoint = items.some((item) => item.name === name && item.model !== name)
  return `/${isEndpoint ? 'deployments' : 'models'}/${encodeURIComponent(name)}`
}
