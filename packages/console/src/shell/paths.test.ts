import { expect, it } from 'vitest'
import { isPage, pathTo } from './paths.ts'
import { pathOfKey } from './shortcuts.ts'

it('follows links only to screens that exist', () => {
  expect(
    ['/', '/?model=churn', '/models/churn/versions/3', '/deployments/churn', '/monitors/churn?window=x'].map(isPage),
  ).toEqual([true, true, true, true, true])
  expect(
    ['/pipelines', '/pipelines/churn?state=failed', '/runs/7?step=train', '/automations', '/backfills/7'].map(isPage),
  ).toEqual([true, true, true, true, true])
  expect(
    [null, '/runs', '/models', '//elsewhere.example', 'https://elsewhere.example/', 'javascript:alert(1)'].map(isPage),
  ).toEqual([false, false, false, false, false, false])
})

it('leads to the first thing of a kind, and nowhere while there is none', () => {
  const places = { models: ['a b', 'c'], endpoints: [], monitors: ['m'] }

  expect(pathOfKey('l', undefined)).toBe('/')
  expect(pathOfKey('p', undefined)).toBe('/pipelines')
  expect(pathOfKey('m', places)).toBe('/models/a%20b')
  expect(pathOfKey('n', places)).toBe(pathTo('monitors', 'm'))
  expect(pathOfKey('y', places)).toBeUndefined()
  expect(pathOfKey('m', undefined)).toBeUndefined()
})
