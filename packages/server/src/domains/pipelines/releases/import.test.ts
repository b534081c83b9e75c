import { canonicalJson, type ReleaseDocument } from '@evenkeel/contract'
import { sql } from 'kysely'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, it, onTestFinished } from 'vitest'
import { openSigningKey } from '../../../platform/signing-key.ts'
import { type PipelinesWorld, shell, startPipelinesWorld } from '../testing.ts'

let world: PipelinesWorld
beforeAll(async () => {
  world = await startPipelinesWorld()
}, 60_000)
afterAll(() => world.stop())

const put = (pipeline: string, text: string) =>
  world.api.put({ params: { pipeline }, body: { commit: 'c0ffee', steps: [shell('say', `echo ${text}`)] } })

async function releasedSpec(pipeline: string) {
  await world.releases.create({ params: { pipeline }, body: {} })
  return world.releases.get({ params: { pipeline, version: '1' } })
}

it('answers with the release that is here when it comes back to where it was made, and makes no version', async () => {
  await put('returns', 'first')
  const { document, spec, version } = await releasedSpec('returns')
  await put('returns', 'second')

  const { release: back } = await world.releases.importOne({
    params: { pipeline: 'returns' },
    body: { document, spec },
  })

  expect(back).toMatchObject({ version, imported: false, document })
  const { items } = await world.api.listVersions({ params: { pipeline: 'returns' }, query: {} })
  expect(items.map((one) => one.version)).toEqual([2, 1])
})

it('takes a release of another installation when its key is trusted, and only then', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'evenkeel-other-'))
  onTestFinished(() => rm(folder, { recursive: true }))
  const other = await openSigningKey(folder, 'releases')
  await put('travels', 'here')
  const { document: made, spec } = await releasedSpec('travels')
  const { signature: _, ...rest } = { ...made, project: 'elsewhere', keyId: other.id }
  const document: ReleaseDocument = { ...rest, signature: other.sign(canonicalJson(rest)) }
  const bundle = { params: { pipeline: 'travels' }, body: { document, spec } }

  await expect(world.releases.importOne(bundle)).rejects.toMatchObject({ code: 'pipelines.release_not_trusted' })
  await world.releases.trust({ body: { publicKey: other.publicKey, name: 'other' } })
  await sql`delete from pipelines.release where pipeline = 'travels'`.execute(world.platform.db)
  const { release: imported } = await world.releases.importOne(bundle)

  expect(imported).toMatchObject({ imported: true, version: 1, document: { project: 'elsewhere' } })
  const forged = { document: { ...document, notes: 'mine' }, spec }
  await expect(world.releases.importOne({ ...bundle, body: forged })).rejects.toMatchObject({
    why: expect.stringContaining('something in it was changed'),
  })
})
