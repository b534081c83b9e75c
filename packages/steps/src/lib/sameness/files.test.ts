import { trainTrees, treesToOnnx, goldenOf, predictTrees, readOnnx } from '@evenkeel/numerics'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { openTables, type Tables, text } from '../tables.ts'
import { compareFiles } from './files.ts'

let folder: string
let tables: Tables
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'evenkeel-sameness-'))
  tables = await openTables()
})
afterAll(async () => {
  tables.close()
  await rm(folder, { recursive: true })
})

let count = 0
async function fileOf(content: string | Uint8Array): Promise<string> {
  const path = join(folder, String(count++))
  await writeFile(path, content)
  return path
}
async function parquetOf(select: string): Promise<string> {
  const path = join(folder, String(count++))
  await tables.run(`COPY (${select}) TO ${text(path)} (FORMAT parquet)`)
  return path
}

const compare = (before: string, after: string, golden?: string) =>
  compareFiles(before, after, { tables, tolerance: 1e-6, golden })
const compareTexts = async (before: string, after: string) => compare(await fileOf(before), await fileOf(after))

/** Where no two numbers are compared. */
const none = -1

describe('JSON', () => {
  it.each([
    ['{"a":1,"b":[1,2]}', '{ "b": [1, 2], "a": 1 }', 'equal', 'Numbers are the same, written otherwise.', 0],
    [
      '{"a":{"b":[0,1]}}',
      '{"a":{"b":[0,1.00000025]}}',
      'equal',
      'Numbers are at most 2.5e-7 apart, at $.a.b[1].',
      2.5e-7,
    ],
    ['{"a":2000000}', '{"a":2000001}', 'equal', 'Numbers are at most 1 apart, at $.a.', 1],
    ['{"a":1,"c":1}', '{"a":1.5,"c":3}', 'differs', '$.a: 1 and 1.5.', 0.5],
    ['{"a":1}', '{"a":"1"}', 'differs', '$.a: 1 and "1".', none],
    ['{"a":null}', '{"a":0}', 'differs', '$.a: null and 0.', none],
    ['{"a":1,"b":2}', '{"a":1}', 'differs', '$.b is not there any more.', none],
    ['[1]', '[1,2]', 'differs', '$: 1 and 2 elements.', none],
  ])('%s and %s', async (before, after, sameness, says, width) => {
    const found = await compareTexts(before, after)

    expect(found).toMatchObject({ sameness, says })
    expect(found.maxDifference ?? none).toBeCloseTo(width, 12)
  })
})

describe('tables', () => {
  it.each([
    ['a,b\n1,x\n2,y\n', 'a,b\n1,x\n2.0000001,y\n', 'equal', 'Values are at most 1e-7 apart, in the column "a".'],
    ['a,b\n1,x\n2,y\n', 'a,b\n1,x\nz,y\n', 'differs', 'The column "a" was BIGINT, and is VARCHAR.'],
    ['a,b\n1.5,x\n2.5,y\n', 'a,b\n1.5,x\n2.5000001,y\n', 'equal', 'Values are at most 1e-7 apart, in the column "a".'],
    ['a,b\n1.5,x\n2.5,y\n', 'a,b\n1.5,x\n2.5,z\n', 'differs', 'Row 2, column "b": "y" and "z". 1 of 2 rows differ.'],
    ['a,b\n1,x\n2,y\n', 'a,b\n2,y\n1,x\n', 'equal', 'The same rows, in another order.'],
    ['a,b\n1,x\n2,y\n', 'a,b\n1,x\n', 'differs', '2 rows and 1 rows.'],
    ['a,b\n1,x\n', 'a,c\n1,x\n', 'differs', 'The column "b" was VARCHAR, and is not there any more.'],
  ])('%j and %j', async (before, after, sameness, says) => {
    expect(await compareTexts(before, after)).toMatchObject({ sameness, says })
  })

  it('tells missing values, infinities and large integers apart in Parquet', async () => {
    const base = `SELECT 9007199254740993::BIGINT AS id, NULL::DOUBLE AS x, 'NaN'::DOUBLE AS y, 'inf'::DOUBLE AS z`
    const before = await parquetOf(`${base} UNION ALL SELECT 2, 1.0, 1.0, 1.0`)

    const same = await parquetOf(`${base} UNION ALL SELECT 2, 1.0, 1.0 + 1e-9, 1.0`)
    const filled = await parquetOf(`${base.replace('NULL', '0')} UNION ALL SELECT 2, 1.0, 1.0, 1.0`)
    const finite = await parquetOf(`${base.replace("'inf'", '1')} UNION ALL SELECT 2, 1.0, 1.0, 1.0`)
    const other = await parquetOf(`${base.replace("'NaN'", '1')} UNION ALL SELECT 2, 1.0, 1.0, 1.0`)

    expect(await compare(before, same)).toMatchObject({
      sameness: 'equal',
      says: expect.stringContaining('column "y"'),
    })
    expect((await compare(before, filled)).says).toBe('Row 1, column "x": null and "0.0". 1 of 2 rows differ.')
    expect((await compare(before, finite)).says).toBe('Row 1, column "z": "inf" and "1.0". 1 of 2 rows differ.')
    expect((await compare(before, other)).says).toBe('Row 1, column "y": "nan" and "1.0". 1 of 2 rows differ.')
  })

  it('compares what looks like a table and is none line by line', async () => {
    expect(await compareTexts('Dear all,\nhello "\n', 'Dear all,\nbye "\n')).toMatchObject({
      sameness: 'differs',
      says: expect.stringContaining('hello'),
    })
  })
})

describe('models', () => {
  const values = Float32Array.from({ length: 400 }, (_, at) => at / 400)
  const features = [{ kind: 'numerical' as const, name: 'x', values }]
  const labels = Float64Array.from(values, (value) => (value > 0.4 ? 1 : 0))
  const train = (learningRate: number) =>
    trainTrees(
      { features, labels },
      {
        loss: 'logistic',
        treeCount: 5,
        leafCount: 4,
        learningRate,
        minRowsPerLeaf: 5,
        lambdaL2: 0,
        rowShare: 1,
        seed: 1,
        threadCount: 1,
      },
    )

  it('scores the golden rows with both', async () => {
    const model = await train(0.1)
    const bytes = treesToOnnx(model, { name: 'a' })
    const golden = await fileOf(
      JSON.stringify(goldenOf(features, readOnnx(bytes).outputs[0]!.name, predictTrees(model, features))),
    )
    const [before, renamed, other] = [
      await fileOf(bytes),
      await fileOf(treesToOnnx(model, { name: 'b' })),
      await fileOf(treesToOnnx(await train(0.2), { name: 'a' })),
    ]

    expect(await compare(before, renamed, golden)).toMatchObject({
      sameness: 'equal',
      says: 'Scores of the golden rows are the same, written otherwise.',
    })
    const found = await compare(before, other, golden)
    expect(found).toMatchObject({ sameness: 'differs', says: expect.stringContaining('The score 0 of "') })
    expect(found.maxDifference).toBeGreaterThan(0.01)
    expect(await compare(before, renamed)).toMatchObject({
      sameness: 'differs',
      says: expect.stringContaining('no golden rows'),
    })
  })
})

describe('other files', () => {
  it('names the first line, or the first byte, that differs', async () => {
    expect((await compareTexts('one\ntwo\n', 'one\nthree\n')).says).toBe('Line 2: "two" and "three".')
    expect((await compareTexts('one\n', 'one\ntwo\n')).says).toBe('Line 2: nothing and "two".')
    const [before, after] = [await fileOf(Buffer.from([0, 1, 2, 3])), await fileOf(Buffer.from([0, 1, 9, 3]))]
    expect((await compare(before, after)).says).toBe('From byte 2 on.')
    const longer = await fileOf(Buffer.from([0, 1, 2, 3, 4]))
    expect((await compare(before, longer)).says).toBe('From byte 4 on.')
  })
})
