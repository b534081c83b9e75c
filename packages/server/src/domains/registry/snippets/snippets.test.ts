import { createClient } from '@evenkeel/client'
import { modelFiles } from '@evenkeel/contract'
import { afterAll, beforeAll, beforeEach, expect, it } from 'vitest'
import { localCaller } from '../../../platform/auth.ts'
import type { LoggedFile } from '../download/folder.ts'
import { type RegistryWorld, startRegistry } from '../testing.ts'
import type { Serving } from './snippets.ts'

let world: RegistryWorld
let serving: readonly Serving[] = []
let files: readonly LoggedFile[] | null = null
beforeAll(async () => {
  world = await startRegistry(() => ({ servingOf: async () => serving, filesAt: async () => files }))
}, 60_000)
afterAll(() => world.stop())
beforeEach(() => {
  serving = []
  files = null
})

const snippets = (model: string) =>
  createClient(modelFiles, world.clientOptions()).snippets({ params: { model, version: 1 } })
const languagesOf = async (model: string) => (await snippets(model)).items.map(({ language }) => language)
const at = (endpoint: string, environment: string, weight: number): Serving => ({
  endpoint,
  environment,
  url: `http://${endpoint}`,
  arms: [
    { version: 1, weight },
    { version: 2, weight: 100 - weight },
  ],
})

it('asks the endpoint in production, else the one that mostly answers with the version', async () => {
  await world.register('served', 'a')
  serving = [at('staging-a', 'staging', 50), at('staging-b', 'staging', 100)]
  const staged = await snippets('served')
  serving = [...serving, at('live', 'production', 10), { ...at('dead', 'production', 100), url: null }]
  const live = await snippets('served')

  expect(staged.items.map(({ endpoint }) => endpoint)).toEqual(['staging-b', 'staging-b', 'staging-b', null])
  expect(staged.items[0]!.text).toContain('http://staging-b/v2/models/staging-b/infer')
  expect(live.items[0]!.text).toContain('http://live/v2/models/live/versions/1/infer')
})

it('uses typical values of the training data where no sample was proved', async () => {
  const baseline = { feature: 'hour', kind: 'numerical', rowCount: 9, nullCount: 0, mean: 13.123456, std: 1 } as const
  await world.register('typical', 'a', {
    baselines: [{ ...baseline, histogram: null, categories: null, importance: null }],
  })

  const { sample, items } = await snippets('typical')

  expect(sample).toBe('typical')
  expect(items[0]!.text).toContain('np.array([13.12], dtype=np.float32).reshape(1, 1)')
})

it.each(['not JSON', '{"inputs":{}}', '{"inputs":{"hour":{"datatype":"FP32","shape":[0,1],"data":[]}},"outputs":{}}'])(
  'takes %s for no sample',
  async (golden) => {
    const model = `odd ${golden.length}`
    await world.register(model, golden, { golden: (await world.put(golden)).digest })

    expect(await snippets(model)).toMatchObject({ sample: 'typical', items: [{ language: 'onnxruntime' }] })
  },
)

it('says of each language that is missing what to do', async () => {
  await world.register('alone', 'a')

  expect(await languagesOf('alone')).toEqual(['onnxruntime'])
  expect((await snippets('alone')).missing).toEqual([
    ...['curl', 'python', 'node'].map((language) => ({
      language,
      why: 'No endpoint serves version 1 now: evenkeel deploy alone@1 --endpoint ENDPOINT',
    })),
    { language: 'mlflow', why: 'It was not logged with MLflow; it is an ONNX file.' },
  ])
})

async function log(model: string, entries: Readonly<Record<string, string>>): Promise<void> {
  files = await Promise.all(Object.entries(entries).map(async ([path, text]) => ({ path, ...(await world.put(text)) })))
  const { registeredModels, modelVersions } = world.registry.catalog
  await registeredModels.create(localCaller, { name: model, description: '', tags: [] })
  await modelVersions.create(localCaller, { model, source: 's3://b/m', tags: [] })
}

const signed = (inputs: string) => JSON.stringify({ signature: { inputs } })

it.each([
  [
    'the example that was logged',
    {
      MLmodel: signed('[{"type":"double","name":"a"},{"type":"long","name":"b"}]'),
      'serving_input_example.json': '{"dataframe_split":{"columns":["a","b"],"data":[[1.5,2],[3,4]]}}',
    },
    'pd.DataFrame([[1.5, 2]], columns=["a", "b"]).astype({"a": "float64", "b": "int64"})',
  ],
  [
    'zeros of a tensor',
    { MLmodel: signed('[{"type":"tensor","tensor-spec":{"dtype":"float32","shape":[-1,3]}}]') },
    'np.array([[0, 0, 0]], dtype="float32")',
  ],
  ['nothing', { MLmodel: 'flavors: {}' }, 'print(model.metadata.signature)'],
  ['nothing that can be read', { MLmodel: '{{{' }, 'print(model.metadata.signature)'],
])('loads files of MLflow with %s', async (name, entries, code) => {
  await log(name, entries)

  const { items, sample } = await snippets(name)

  expect(sample).toBe('example')
  expect(items).toMatchObject([{ language: 'mlflow', text: expect.stringContaining(code) }])
  expect(items[0]!.text).toContain(`mlflow.pyfunc.load_model("models:/${name}/1")`)
})
