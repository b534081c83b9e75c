import { ApiError, createClient } from '@evenkeel/client'
import { modelFiles, type NewFolderVersion, type StoredFile } from '@evenkeel/contract'
import { createHash } from 'node:crypto'
import { readFile } from 'node:fs/promises'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { localCaller } from '../../../platform/auth.ts'
import type { LoggedFile } from '../download/folder.ts'
import { type RegistryWorld, startRegistry } from '../testing.ts'

let world: RegistryWorld
/** Files by where they lie. */
const places = new Map<string, readonly LoggedFile[]>()
beforeAll(async () => {
  world = await startRegistry(() => ({
    keepFolder: async (_tx, _project, folder, files) => {
      places.set(`mlflow-artifacts:/${folder}`, files)
      return `mlflow-artifacts:/${folder}`
    },
    dropFolder: async (_tx, _project, uri) => void places.delete(uri),
    filesAt: async (_project, uri) => places.get(uri) ?? null,
  }))
}, 60_000)
afterAll(() => world.stop())

const api = () => createClient(modelFiles, world.clientOptions())
const register = (model: string, files: StoredFile[], sent: Partial<NewFolderVersion> = {}) =>
  api().registerFolder({ params: { model }, body: { files, card: null, metrics: {}, params: {}, ...sent } })
const file = async (path: string, content: string | Uint8Array): Promise<StoredFile> => ({
  path,
  ...(await world.put(content)),
})

/** What the library of safetensors wrote: 2 tensors with 8 numbers. */
const linear = async (path = 'model.safetensors') =>
  file(
    path,
    await readFile(new URL('../../../../../contract/src/inspection/fixtures/linear.safetensors', import.meta.url)),
  )

/** @returns why a folder is refused */
const refusal = (files: StoredFile[]) =>
  register('refused', files).then(
    () => 'nothing was wrong',
    (error: unknown) => (error instanceof ApiError ? `${error.code}: ${error.why}` : String(error)),
  )

it('describes weights by their headers and the network by its config, with the README as card', async () => {
  const card = '---\nlicense: mit\n---\n# Mails\n\nTells angry from happy mails.\n'
  const config = JSON.stringify({ architectures: ['BertForSequenceClassification'], model_type: 'bert' })
  const files = [
    await linear('model-00001-of-00002.safetensors'),
    await linear('model-00002-of-00002.safetensors'),
    await file('config.json', config),
    await file('README.md', card),
  ]

  const version = await register('mails', files, { metrics: { f1: 0.9 }, params: { tensors: 'mine', epochs: 3 } })

  expect(version).toMatchObject({
    version: 1,
    stage: 'candidate',
    artifact: null,
    signature: null,
    gate: null,
    card,
    metrics: { f1: 0.9 },
    params: { architecture: 'BertForSequenceClassification', tensors: 'mine', parameters: 16, types: 'F32', epochs: 3 },
    lineage: { environment: { format: 'safetensors' } },
  })
  const sums = files
    .toSorted((a, b) => (a.path < b.path ? -1 : 1))
    .map((one) => `${one.digest.slice(7)}  ${one.path}\n`)
  const digest = `sha256:${createHash('sha256').update(sums.join('')).digest('hex')}`
  expect(version.lineage.environment['source']).toBe(digest)
  expect(version.origin).toMatchObject({ source: `files:${digest}`, runId: null, modelId: null })
  expect(await world.registry.getModel(localCaller.projectId, 'mails')).toMatchObject({
    description: 'Tells angry from happy mails.',
    latestStage: 'candidate',
  })
})

it('registers the same folder once for each model, in whatever order it is sent', async () => {
  const files = [await linear(), await file('config.json', '{')]
  const first = await register('once', files)

  expect((await register('once', files.toReversed())).version).toBe(first.version)
  expect((await register('once', [files[0]!])).version).toBe(2)
  expect((await register('another', files)).version).toBe(1)
  expect(first.card).toContain('safetensors: 2 tensors with 8 numbers of F32')
})

it('gives code that loads what is downloaded, and says why there is no other', async () => {
  await register('useful', [await linear('weights/a.safetensors')])

  const { items, missing, sample } = await api().snippets({ params: { model: 'useful', version: 1 } })

  expect(items.map(({ language }) => language)).toEqual(['safetensors'])
  expect(items[0]!.text).toContain('for path in ["weights/a.safetensors"]:')
  expect(items[0]!.text).toContain('safe_open("useful-1/files/" + path')
  expect(sample).toBe('none')
  expect(missing.find(({ language }) => language === 'onnxruntime')!.why).toBe(
    'It is a folder of weights: export the network to ONNX, and register that.',
  )
})

it('takes its files away with the version, and with the model', async () => {
  const { modelVersions, registeredModels } = world.registry.catalog
  const uris = []
  for (const name of ['a', 'b'])
    uris.push((await register('leaving', [await linear(`${name}.safetensors`)])).origin!.uri)
  expect(uris.map((uri) => places.has(uri))).toEqual([true, true])

  await modelVersions.delete(localCaller, 'leaving', '1')
  expect(uris.map((uri) => places.has(uri))).toEqual([false, true])
  expect((await register('leaving', [await linear('a.safetensors')])).version).toBe(3)

  await registeredModels.delete(localCaller, 'leaving')
  expect(places.has(uris[1]!)).toBe(false)
})

it('refuses what is no folder of weights, with the reason, and registers nothing', async () => {
  const good = await linear()
  const nowhere = `sha256:${'0'.repeat(64)}`

  expect(await refusal([await file('notes.txt', 'x')])).toBe(
    'registry.bad_folder: None of 1 file ends in .safetensors.',
  )
  expect(await refusal([good, good])).toContain('The path "model.safetensors" is there twice.')
  expect(await refusal([good, { path: 'a.bin', digest: nowhere, sizeBytes: 1 }])).toContain(
    `Nothing is stored under ${nowhere}`,
  )
  expect(await refusal([{ ...good, sizeBytes: 7 }])).toContain(`has ${good.sizeBytes} bytes, but 7 were announced`)
  expect(await refusal([await file('a.safetensors', '')])).toContain(
    '"a.safetensors" cannot be read. It is no safetensors',
  )
  expect(await refusal([await file('a.safetensors', 'no weights at all')])).toContain('header cannot be that long')
  const endless = Buffer.alloc(8)
  endless.writeBigUInt64LE(17n * 1024n ** 2n)
  expect(await refusal([await file('a.safetensors', endless)])).toContain('bytes is too long')
  endless.writeBigUInt64LE(50n)
  expect(await refusal([await file('a.safetensors', Buffer.concat([endless, Buffer.from('{"')]))])).toContain(
    'ends within its header',
  )
  const cut = (await world.platform.blobs.bytes(good.digest)).subarray(0, -4)
  expect(await refusal([await file('a.safetensors', cut)])).toContain('lies outside of it')
  await expect(world.registry.getModel(localCaller.projectId, 'refused')).rejects.toMatchObject({
    code: 'registry.model_not_found',
  })
})
