import type { Baseline } from '@evenkeel/contract'
import { execFileSync } from 'node:child_process'
import { expect, it } from 'vitest'
import { curlCommand, inferBody } from './call-example.ts'

const baseline = (feature: string, mean: number | null, values?: string[]) =>
  ({
    feature,
    mean,
    categories: values ? { values, counts: [], otherCount: 0 } : null,
  }) as Baseline

const version = {
  signature: {
    inputs: [
      { name: 'hour', datatype: 'FP32', shape: [-1, 1] },
      { name: 'count', datatype: 'INT64', shape: [-1] },
      { name: 'origin', datatype: 'BYTES', shape: [-1, 1] },
      { name: 'embedding', datatype: 'FP32', shape: [-1, 3] },
    ],
    outputs: [],
  },
  baselines: [baseline('hour', 13.123456), baseline('count', 2.7), baseline('origin', null, ["O'Hare", 'DEN'])],
} as unknown as Parameters<typeof inferBody>[0]

it('asks for one row of typical values in the types and shapes of the model', () => {
  expect(JSON.parse(inferBody(version))).toEqual({
    inputs: [
      { name: 'hour', datatype: 'FP32', shape: [1, 1], data: [13.12] },
      { name: 'count', datatype: 'INT64', shape: [1], data: [3] },
      { name: 'origin', datatype: 'BYTES', shape: [1, 1], data: ["O'Hare"] },
      { name: 'embedding', datatype: 'FP32', shape: [1, 3], data: [0, 0, 0] },
    ],
  })
})

it('reaches curl unharmed through a shell', () => {
  const command = curlCommand('http://127.0.0.1:7071', 'flights', version).replace(/^curl/, 'printf "%s\\0"')

  const words = execFileSync('sh', ['-c', command], { encoding: 'utf8' }).split('\0')

  expect(words.slice(0, 4)).toEqual([
    'http://127.0.0.1:7071/v2/models/flights/infer',
    '-H',
    'content-type: application/json',
    '-d',
  ])
  expect(JSON.parse(words[4]!)).toEqual(JSON.parse(inferBody(version)))
})
