import { expect, it } from 'vitest'
import { isPage, pathOfHash, pathTo, pathToCompare, pathToTrackedRun, pathToVersion } from './paths.ts'
import { GO_KEYS, isGoKey } from './shortcuts.ts'

it('follows links only to screens that exist', () => {
  expect(
    ['/', '/?model=churn', '/models/churn/versions/3', '/deployments/churn', '/monitors/churn?window=x'].map(isPage),
  ).toEqual([true, true, true, true, true])
  expect(
    ['/models', '/models?owner=team%3Arisk', '/deployments', '/monitors?text=churn', '/models/churn'].map(isPage),
  ).toEqual([true, true, true, true, true])
  expect(
    ['/pipelines', '/pipelines/churn?state=failed', '/runs/7?step=train', '/automations', '/backfills/7'].map(isPage),
  ).toEqual([true, true, true, true, true])
  expect(
    [null, '/runs', '/model', '//elsewhere.example', 'https://elsewhere.example/', 'javascript:alert(1)'].map(isPage),
  ).toEqual([false, false, false, false, false, false])
})

it('leads to a screen by its key', () => {
  expect(
    Object.values(GO_KEYS)
      .map(({ href }) => href)
      .every(isPage),
  ).toBe(true)
  expect([isGoKey('m'), isGoKey('q'), isGoKey('toString')]).toEqual([true, false, false])
})

it('finds the page of a link that a client of MLflow printed', () => {
  expect(pathOfHash('#/experiments/1/runs/2f')).toBe(pathToTrackedRun('1', '2f'))
  expect(pathOfHash('#/experiments/1/runs/2f/artifacts/model')).toBe(pathToTrackedRun('1', '2f'))
  expect(pathOfHash('#/experiments/1/models/m-3a')).toBe(pathTo('experiments', '1'))
  expect(pathOfHash('#/models/churn/versions/3')).toBe(pathToVersion('churn', 3))
  expect(['', '#content', '#/nowhere', '#//elsewhere.example'].map(pathOfHash)).toEqual(Array(4).fill(undefined))
  expect(isPage(pathToCompare(['a', 'b/c']))).toBe(true)
})
