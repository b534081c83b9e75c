import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, expect, it } from 'vitest'
import { createQueryEngine } from '../../platform/duckdb/engine.ts'
import { whyNotExpression } from './expression.ts'

const folder = await mkdtemp(join(tmpdir(), 'evenkeel-expression-'))
const queries = createQueryEngine({ folder })
afterAll(async () => {
  await queries.stop()
  await rm(folder, { recursive: true })
})

const columns = [
  { name: 'delay', type: 'BIGINT', nullable: true },
  { name: 'odd "name"', type: 'VARCHAR', nullable: true },
  { name: 'at', type: 'TIMESTAMP', nullable: true },
]

it.each([
  'delay > 15',
  '"odd ""name""" LIKE \'a;b%\' AND delay IN (1, 2)',
  'CASE WHEN nullif(delay, 0) IS NULL THEN 1 ELSE coalesce(delay, 2) END',
  'hour("at") + minute("at") / 60.0',
  'TRY_CAST("odd ""name""" AS DOUBLE) -- a comment',
])('takes %s', async (expression) => {
  expect(await whyNotExpression(queries, expression, columns, 'number')).toBeUndefined()
})

it.each([
  ['delay; DROP TABLE x', /parsed|more than one/],
  ['1); SELECT (2', /parsed|more than one/],
  ['1), (2', 'It is more than one expression.'],
  ["1) FROM read_text('/etc/passwd') --", /parsed|more than one/],
  ['(SELECT max(delay) FROM data)', /a subquery/],
  ['delay IN (SELECT 1)', /a subquery/],
  ['row_number() OVER ()', /a window function/],
  ['sum(delay)', /It calls "sum"/],
  ['random()', /It calls "random"/],
  ["getvariable('x')", /It calls "getvariable"/],
  ['$1', /more than one/],
  ['*', /more than one|"\*"|parsed/],
  ['delay +', /parsed/],
  ['', /parsed/],
  ['deley > 15', /deley/],
  ['"odd ""name"""', /VARCHAR, and a number or a truth value is needed/],
])('refuses %s', async (expression, reason) => {
  expect(await whyNotExpression(queries, expression, columns, 'number')).toMatch(reason)
})

it('judges the form alone when no columns are known', async () => {
  expect(await whyNotExpression(queries, 'anything > 15', undefined, 'boolean')).toBeUndefined()
  expect(await whyNotExpression(queries, '(SELECT 1)', undefined, 'boolean')).toMatch(/a subquery/)
})
