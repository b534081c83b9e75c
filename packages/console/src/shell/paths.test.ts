import { expect, it } from 'vitest'
import { isPage, pathOfHash, pathTo, pathToCompare, pathToTrackedRun, pathToVersion } from './paths.ts'
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

it('finds the page of a link that a client of MLflow printed', () => {
  expect(pathOfHash('#/experiments/1/runs/2f')).toBe(pathToTrackedRun('1', '2f'))
  expect(pathOfHash('#/experiments/1/runs/2f/artifacts/model')).toBe(pathToTrackedRun('1', '2f'))
  expect(pathOfHash('#/experiments/1/models/m-3a')).toBe(pathTo('experiments', '1'))
  expect(pathOfHash('#/models/churn/versions/3')).toBe(pathToVersion('churn', 3))
  expect(['', '#content', '#/nowhere', '#//elsewhere.example'].map(pathOfHash)).toEqual(Array(4).fill(undefined))
  expect(isPage(pathToCompare(['a', 'b/c']))).toBe(true)
})
