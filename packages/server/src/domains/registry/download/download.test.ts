import { createClient } from '@evenkeel/client'
import { modelFiles } from '@evenkeel/contract'
import { execFileSync } from 'node:child_process'
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, it, onTestFinished } from 'vitest'
import { localCaller } from '../../../platform/auth.ts'
import { type RegistryWorld, startRegistry } from '../testing.ts'
import type { LoggedFile } from './folder.ts'

let world: RegistryWorld
/** Files in places of MLflow. */
const places = new Map<string, readonly LoggedFile[]>()
beforeAll(async () => {
  world = await startRegistry(() => ({ filesAt: async (_project, uri) => places.get(uri) ?? null }))
}, 60_000)
afterAll(() => world.stop())

const files = () => createClient(modelFiles, world.clientOptions())
const archiveOf = async (model: string, version = 1) => (await files().download({ params: { model, version } })).bytes()

/** Unpacks with the tar of the system, and has sha256sum check everything. */
async function unpack(archive: Uint8Array): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'evenkeel-tar-'))
  onTestFinished(() => rm(folder, { recursive: true }))
  await writeFile(join(folder, 'a.tar'), archive)
  execFileSync('tar', ['-xf', 'a.tar'], { cwd: folder })
  const [inside] = execFileSync('tar', ['-tf', 'a.tar'], { cwd: folder, encoding: 'utf8' }).split('/')
  execFileSync('sha256sum', ['--check', '--strict', '--quiet', 'SHA256SUMS'], { cwd: join(folder, inside!) })
  return join(folder, inside!)
}

const logged = async (path: string, text: string): Promise<LoggedFile> => ({ path, ...(await world.put(text)) })

async function log(model: string, files?: readonly LoggedFile[]): Promise<void> {
  const { registeredModels, modelVersions } = world.registry.catalog
  const source = `mlflow-artifacts:/${model}`
  if (files) places.set(source, files)
  await registeredModels.create(localCaller, { name: model, description: 'Made elsewhere.', tags: [] })
  await modelVersions.create(localCaller, { model, source, tags: [] })
}

const golden = {
  inputs: { hour: { datatype: 'FP32', shape: [2, 1], data: [null, 7.5] } },
  outputs: { probability: { datatype: 'FP32', shape: [2, 1], data: [0.1, 0.2] } },
}

it('packs the model with its card, signature, samples, metadata and digests', async () => {
  const { digest } = await world.put(JSON.stringify(golden))
  const version = await world.register('whole', 'a', { golden: digest })

  const folder = await unpack(await archiveOf('whole'))

  expect(folder).toMatch(/whole-1$/)
  const read = (name: string) => readFile(join(folder, name), 'utf8')
  expect(await read('README.md')).toBe(version.card)
  expect(JSON.parse(await read('signature.json'))).toEqual(version.signature)
  expect(JSON.parse(await read('golden.json'))).toEqual(golden)
  expect(JSON.parse(await read('request.json'))).toEqual({
    inputs: [{ name: 'hour', datatype: 'FP32', shape: [1, 1], data: [7.5] }],
  })
  expect(JSON.parse(await read('version.json'))).toMatchObject({ model: 'whole', version: 1, metrics: { auc: 0.73 } })
  expect(await read('SHA256SUMS')).toContain(`${version.artifact!.digest.slice(7)}  model.onnx\n`)
})

it('packs what MLflow logged, whatever its names', async () => {
  const deep = `${'very-long-folder-name/'.repeat(8)}größe ☃.txt`
  await log('named', [await logged('MLmodel', 'flavors: {}\n'), await logged(deep, 'cold'), await logged('empty', '')])

  const folder = await unpack(await archiveOf('named'))

  expect(await readFile(join(folder, 'mlflow', deep), 'utf8')).toBe('cold')
  expect(await readFile(join(folder, 'mlflow/empty'), 'utf8')).toBe('')
})

it('gives a folder a name that is one everywhere', async () => {
  await world.register('my "model"', 'a')

  expect(await unpack(await archiveOf('my "model"'))).toMatch(/my__model_-1$/)
})

it('sends any range of an archive that stays the same', async () => {
  await world.register('ranged', 'a')
  const whole = Buffer.from(await archiveOf('ranged'))
  const params = { model: 'ranged', version: 1 }

  for (const start of [0, 1, 511, 512, 700, whole.length - 1]) {
    const answer = await files().download({ params }, { range: { start } })
    expect(Buffer.from(await answer.bytes()).equals(whole.subarray(start))).toBe(true)
  }
  const inside = await files().download({ params }, { range: { start: 500, end: 1600 } })
  expect(Buffer.from(await inside.bytes()).equals(whole.subarray(500, 1601))).toBe(true)
  expect(inside.digest).toBe((await files().download({ params })).digest)
})

it('breaks off when a file is not what its digest says', async () => {
  const file = await logged('model.bin', 'intact')
  await log('damaged', [file, await logged('after', 'never sent')])
  const path = await world.platform.blobs.localPath(file.digest)
  await rm(path)
  await writeFile(path, 'broken')

  await expect(archiveOf('damaged')).rejects.toMatchObject({ name: 'ConnectionError' })
})

it.each([
  ['elsewhere', undefined, 'where clients keep them'],
  ['bare', [], 'No file lies in mlflow-artifacts:/bare'],
])('says why there is nothing to download (%s)', async (model, at, why) => {
  await log(model, at)

  await expect(archiveOf(model)).rejects.toMatchObject({
    status: 409,
    code: 'registry.nothing_to_download',
    why: expect.stringContaining(why),
  })
})

it('answers 404 for what is not there', async () => {
  await expect(archiveOf('nothing')).rejects.toMatchObject({ status: 404, code: 'registry.version_not_found' })
})
