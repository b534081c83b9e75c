import { createClient } from '@evenkeel/client'
import { registry as endpoints } from '@evenkeel/contract'
import { readFile } from 'node:fs/promises'
import { InferenceSession, Tensor } from 'onnxruntime-node'
import { afterAll, beforeAll, expect, it, vi } from 'vitest'
import { startWorld, type World } from '../../../testing.ts'
import { registryRoutes } from '../routes.ts'
import { createRegistry } from '../service.ts'
import { onnxOf } from '../testing-onnx.ts'
import { quietNeighbours } from '../testing.ts'

vi.setConfig({ testTimeout: 30_000 })

const fixtures = new URL('../../../../../numerics/src/imports/fixtures/', import.meta.url)
const fixture = (name: string): Promise<Buffer> => readFile(new URL(name, fixtures))

let world: World
let convert: (bytes: Uint8Array, format?: 'lightgbm' | 'xgboost' | 'onnx') => Promise<Converted>
type Converted = Awaited<ReturnType<ReturnType<typeof createRegistry>['convert']>>

beforeAll(async () => {
  world = await startWorld({
    domains: ({ db, blobs }) => {
      const registry = createRegistry({ ...quietNeighbours, db, blobs, now: () => new Date() })
      return [{ routes: (app) => registryRoutes(app, registry) }]
    },
  })
  const client = createClient(endpoints, { baseUrl: world.url })
  convert = async (bytes, format) => {
    const { digest } = await world.platform.blobs.put(bytes)
    return client.convert({ body: { digest, ...(format && { format }) } })
  }
})
afterAll(() => world.stop())

it.each([
  ['lightgbm-pandas.txt', 'lightgbm', ['age', 'income', 'balance', 'colour']],
  ['xgboost-ubj.ubj', 'xgboost', ['age', 'income', 'balance']],
  ['xgboost-multiclass.json', 'xgboost', ['age', 'income', 'balance']],
] as const)('turns %s into ONNX that gives the golden answers', async (name, format, features) => {
  const found = await convert(await fixture(name))

  expect(found.format).toBe(format)
  expect(found.signature.inputs.map((input) => input.name)).toEqual(features)
  expect(found.importance.reduce((sum, { share }) => sum + share, 0)).toBeCloseTo(1)
  const golden = JSON.parse((await world.platform.blobs.bytes(found.golden!)).toString())
  const session = await InferenceSession.create(await world.platform.blobs.bytes(found.artifact.digest))
  const outputs = await session.run(
    Object.fromEntries(
      features.map((feature) => {
        const { datatype, shape, data } = golden.inputs[feature]
        const values = datatype === 'BYTES' ? data : Float32Array.from(data, (value) => (value as number | null) ?? NaN)
        return [feature, new Tensor(datatype === 'BYTES' ? 'string' : 'float32', values, shape)]
      }),
    ),
  )
  await session.release()
  const { data, shape } = golden.outputs['probability']
  expect(outputs['probability']!.dims).toEqual(shape)
  const furthest = Math.max(
    ...data.map((value: number, at: number) => Math.abs(value - Number(outputs['probability']!.data[at]))),
  )
  expect(furthest).toBeLessThan(1e-5)
  // Rows that all fall into one leaf would prove nothing.
  expect(new Set(data).size).toBeGreaterThan(10)
})

it('takes an ONNX file as it is', async () => {
  const bytes = onnxOf([{ name: 'hour', type: 1, shape: ['N', 1] }], [{ name: 'late', type: 1, shape: ['N', 1] }])
  const { digest } = await world.platform.blobs.put(bytes)

  expect(await convert(bytes)).toMatchObject({ format: 'onnx', artifact: { digest }, golden: null, treeCount: null })
})

it.each([
  ['\x80\x04\x95\x05', 'a file of Python, which may run any code'],
  ['cposix\nsystem\n(Vtrue\ntR.', 'It would run posix.system: do not load it.'],
  ['\x78\x9c\x01', 'packed with zlib, and damaged'],
  ['PK\x03\x04', 'The ZIP archive is damaged'],
  ['\x40\0\0\0\0\0\0\0{"weight":', 'ends within its header'],
  ['binf', 'the old binary format of XGBoost'],
  ['hello', 'no format that is known here'],
  ['', 'no format that is known here'],
  ['tree\nnum_class=1\n', 'no model of LightGBM'],
  ['{"learner":{}}', '"objective" is missing'],
])('refuses %j with the reason', async (text, why) => {
  await expect(convert(Buffer.from(text, 'latin1'))).rejects.toMatchObject({
    status: 422,
    code: 'registry.unreadable_model',
    message: expect.any(String),
    details: { reason: expect.stringContaining(why) },
  })
})

it('says of a pickle what it is, and where it can be converted', async () => {
  const pickle = await readFile(
    new URL('../../../../../contract/src/inspection/fixtures/forest-5.pkl', import.meta.url),
  )

  await expect(convert(pickle)).rejects.toMatchObject({
    details: {
      reason: expect.stringMatching(
        /^It is a scikit-learn Pipeline of StandardScaler, .* --python \.venv\/bin\/python$/,
      ),
    },
  })
})

it('refuses what is not stored', async () => {
  const client = createClient(endpoints, { baseUrl: world.url })
  const digest = `sha256:${'0'.repeat(64)}`
  await expect(client.convert({ body: { digest } })).rejects.toMatchObject({ code: 'platform.blob_not_found' })
})
