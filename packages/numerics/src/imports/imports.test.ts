import { readdirSync, readFileSync } from 'node:fs'
import { InferenceSession, Tensor } from 'onnxruntime-node'
import { describe, expect, it } from 'vitest'
import { treesToOnnx } from '../onnx/index.ts'
import type { TreeModel } from '../trees/index.ts'
import { ForeignModelError, readLightgbm, readXgboost } from './index.ts'

const folder = new URL('fixtures/', import.meta.url)
const bytesOf = (name: string): Uint8Array => readFileSync(new URL(name, folder))
const read = (name: string): TreeModel =>
  name.endsWith('.txt') ? readLightgbm(Buffer.from(bytesOf(name)).toString()) : readXgboost(bytesOf(name))

interface Expected {
  readonly model: string
  readonly columns: Readonly<Record<string, readonly (number | string | null)[]>>
  /** What the library itself predicts; row-major. */
  readonly expected: readonly number[]
}

const cases = readdirSync(folder)
  .filter((name) => name.endsWith('.expected.json') && !name.includes('poisson'))
  .map((name): Expected => JSON.parse(Buffer.from(bytesOf(name)).toString()))

async function predict(model: TreeModel, columns: Expected['columns']): Promise<number[]> {
  const session = await InferenceSession.create(treesToOnnx(model, { name: 'imported' }))
  const feeds = model.features.map(({ name, kind }) => {
    const values = columns[name]!
    const shape = [values.length, 1]
    const tensor =
      kind === 'numerical'
        ? new Tensor(
            'float32',
            Float32Array.from(values, (value) => (value === null ? NaN : Number(value))),
            shape,
          )
        : new Tensor(
            'string',
            values.map((value) => String(value ?? '')),
            shape,
          )
    return [name, tensor] as const
  })
  const outputs = await session.run(Object.fromEntries(feeds))
  await session.release()
  return [...(Object.values(outputs)[0]!.data as Float32Array)]
}

it.each(cases)('predicts as $model does, missing and unseen values too', async ({ model, columns, expected }) => {
  const found = await predict(read(model), columns)

  expect(found).toHaveLength(expected.length)
  expect(Math.max(...found.map((value, at) => Math.abs(value - expected[at]!)))).toBeLessThan(1e-5)
})

describe('a model that cannot be read', () => {
  const lightgbm = Buffer.from(bytesOf('lightgbm-binary.txt')).toString()
  const xgboost = Buffer.from(bytesOf('xgboost-binary.json')).toString()

  it.each([
    ['', 'no model of LightGBM'],
    ['tree\nfeature_names=a b\nfeature_infos=none none\n', 'has no trees'],
    [Buffer.from(bytesOf('lightgbm-poisson.txt')).toString(), 'The objective "poisson" is not known'],
    [lightgbm.replace(/left_child=\S+/, 'left_child=0'), 'leads to 0'],
    [lightgbm.replace(/left_child=\S+/, 'left_child=99'), 'leads to 99'],
    [lightgbm.replace(/threshold=\S+ /, 'threshold=x '), 'no number'],
    [lightgbm.replace(/leaf_value=.*/, 'leaf_value=1'), 'cut short'],
    [lightgbm.replace('is_linear=0', 'is_linear=1'), 'linear'],
    [lightgbm.replace(/split_feature=\S+/, 'split_feature=7'), 'there are 3'],
    [lightgbm.replace('feature_names=age income', 'feature_names=age age'), 'Two features are called "age"'],
  ])('is refused with the reason (LightGBM, %#)', (text, reason) => {
    expect(() => readLightgbm(text)).toThrow(reason)
    expect(() => readLightgbm(text)).toThrow(ForeignModelError)
  })

  it.each([
    ['', 'no model of XGBoost'],
    ['{"learner":{}}', '"objective" is missing'],
    [xgboost.replace('"gbtree"', '"gblinear"'), 'A "gblinear" has no trees'],
    [xgboost.replace('binary:logistic', 'count:poisson'), 'The objective "count:poisson"'],
    [xgboost.replace(/"left_children": \[1,/, '"left_children": [0,'), 'leads to 0'],
    [xgboost.replace(/"split_type": \[0/, '"split_type": [1'), 'by categories'],
    [xgboost.replace('[3E-1]', '[7]'), 'base score'],
  ])('is refused with the reason (XGBoost, %#)', (text, reason) => {
    expect(() => readXgboost(Buffer.from(text))).toThrow(reason)
    expect(() => readXgboost(Buffer.from(text))).toThrow(ForeignModelError)
  })

  it('is refused wherever it is cut off', () => {
    const whole = bytesOf('xgboost-ubj.ubj')
    for (let length = 0; length < whole.length; length += 97)
      expect(() => readXgboost(whole.subarray(0, length))).toThrow(ForeignModelError)
  })
})
