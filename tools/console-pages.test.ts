import { readFile } from 'node:fs/promises'
import { expect, it } from 'vitest'
import { pages } from '../packages/server/src/console.ts'

it('every page of the console can be opened by its address, and loaded again', async () => {
  const router = await readFile(new URL('../packages/console/src/router.tsx', import.meta.url), 'utf8')
  const routes = [...router.matchAll(/path: '([^']+)'/g)].map(([, path]) => path!)
  const isServed = (route: string) =>
    pages.some((page) => page === route || (page.endsWith('/*') && route.startsWith(page.slice(0, -1))))

  expect(routes).toContain('/lineage')
  expect(routes.filter((route) => !isServed(route))).toEqual([])
})
