import { createClient } from '@evenkeel/client'
import { pipelines as endpoints, type PipelineSpec, releases, type Run } from '@evenkeel/contract'
import { sql } from 'kysely'
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { type PipelinesWorld, shell, startPipelinesWorld } from '../testing.ts'
import { readPublicKey } from './document.ts'

let world: PipelinesWorld
beforeAll(async () => {
  world = await startPipelinesWorld()
}, 60_000)
afterAll(() => world.stop())

const commit = 'c0ffee'

/** One step whose result depends on its code, and says in its output which environment made it. */
async function oneStep(pipeline: string, text = 'one', more: Partial<PipelineSpec> = {}): Promise<PipelineSpec> {
  const { digest } = await world.platform.blobs.put(Buffer.from(`${pipeline} ${text}`))
  const code = [{ path: 'text', digest, executable: false }]
  const script = 'printf "$EVENKEEL_ENVIRONMENT ${EVENKEEL_SAMPLE:-all}" > $EVENKEEL_OUTPUT_IT'
  return { commit, steps: [shell('make', script, { code, outputs: ['it'] })], ...more } as PipelineSpec
}

async function put(pipeline: string, text = 'one', more: Partial<PipelineSpec> = {}): Promise<number> {
  return (await world.api.put({ params: { pipeline }, body: await oneStep(pipeline, text, more) })).version
}

type Body = Parameters<PipelinesWorld['api']['startRun']>[0]['body']

async function run(pipeline: string, body: Body): Promise<Run> {
  const { id } = await world.api.startRun({ params: { pipeline }, body })
  return world.until(id)
}

const release = (pipeline: string, version?: number) =>
  world.releases.create({ params: { pipeline }, body: version === undefined ? {} : { version } })

const promote = (pipeline: string, environment: 'staging' | 'production', body = {}) =>
  world.releases.promote({ params: { pipeline, environment }, body })

/** Puts a pipeline and brings it to production. */
async function inProduction(pipeline: string, text = 'one'): Promise<number> {
  const version = await put(pipeline, text)
  await release(pipeline)
  await promote(pipeline, 'staging')
  await promote(pipeline, 'production')
  return version
}

const madeIn = async ({ steps: [step] }: Run) =>
  (await world.platform.blobs.bytes(step!.outputs['it']!.digest)).toString()

describe('environments', () => {
  it('are dev and everything that is there for who never names one', async () => {
    await put('plain')

    expect(await run('plain', {})).toMatchObject({ environment: 'dev', scope: null, sample: null, state: 'succeeded' })
  })

  it('run in production what is in force there, and nothing else', async () => {
    await put('strict')
    const none = run('strict', { environment: 'production' })
    await expect(none).rejects.toMatchObject({ status: 409, code: 'pipelines.not_in_force' })

    await release('strict')
    await promote('strict', 'staging')
    await promote('strict', 'production')
    await put('strict', 'two')

    expect(await run('strict', { environment: 'production' })).toMatchObject({
      pipelineVersion: 1,
      environment: 'production',
    })
    expect(await run('strict', {})).toMatchObject({ pipelineVersion: 2, environment: 'dev' })
    await expect(run('strict', { environment: 'production', version: 2 })).rejects.toMatchObject({
      code: 'pipelines.not_in_force',
      why: expect.stringContaining('Version 1 is in force in production'),
    })
    await expect(run('strict', { environment: 'staging', version: 2 })).rejects.toMatchObject({
      why: 'Version 2 of strict was never released.',
    })
  })

  it('are moved to in order, point back, and keep every move', async () => {
    await inProduction('moves')
    await put('moves', 'two')
    await release('moves')

    await expect(promote('moves', 'production', { version: 2 })).rejects.toMatchObject({
      code: 'pipelines.promotion_out_of_order',
    })
    await promote('moves', 'staging', { reason: 'smoke' })
    await promote('moves', 'production', { reason: 'Friday' })
    const back = await promote('moves', 'production', { version: 1, reason: 'worse' })

    expect(back.move).toMatchObject({ version: 1, fromVersion: 2, kind: 'rolled_back', by: 'local', why: 'worse' })
    const { inForce, history } = await world.releases.environments({ params: { pipeline: 'moves' } })
    expect(inForce.map(({ environment, version }) => `${environment} ${version}`)).toEqual([
      'production 1',
      'staging 2',
    ])
    expect(history.map(({ environment, version }) => `${environment} ${version}`)).toEqual([
      'production 1',
      'production 2',
      'staging 2',
      'production 1',
      'staging 1',
    ])
    const audited = await sql<{ subject: string; reason: string | null }>`
      select subject, reason from platform.audit_entry where action = 'pipelines.promote' and subject like 'moves@%'
      order by position desc limit 1`.execute(world.platform.db)
    expect(audited.rows).toEqual([{ subject: 'moves@1', reason: 'worse' }])
    expect(await promote('moves', 'production', { version: 1 })).toMatchObject({ changed: false })
  })

  it('let nobody approve their own release for production, once people sign in', async () => {
    await put('signed-in')
    const [ana, ben] = await Promise.all([world.asRole('data_scientist'), world.asRole('data_scientist')])
    const target = { params: { pipeline: 'signed-in', environment: 'production' as const } }
    const [anas, bens] = [createClient(releases, ana), createClient(releases, ben)]
    await anas.create({ params: { pipeline: 'signed-in' }, body: {} })
    await anas.promote({ params: { ...target.params, environment: 'staging' }, body: {} })

    expect(await anas.promote({ ...target, body: {} })).toMatchObject({ move: null, approval: { state: 'pending' } })
    await expect(anas.promote({ ...target, body: { approve: true } })).rejects.toMatchObject({
      code: 'pipelines.own_release',
    })
    expect((await bens.promote({ ...target, body: { approve: true } })).changed).toBe(true)
  })
})

describe('results', () => {
  it('of dev, staging and a pull request never reach production, and those of production reach all', async () => {
    const version = await inProduction('poison')
    const ci = { environment: 'ci', version, scope: 'pr-1' } as const
    for (const body of [{}, { environment: 'staging' } as const, ci]) {
      expect((await run('poison', body)).steps[0]!.state).toBe('succeeded')
    }

    const production = await run('poison', { environment: 'production' })
    expect([production.steps[0]!.state, await madeIn(production)]).toEqual(['succeeded', 'production all'])

    const body = { environment: 'ci', version, scope: 'pr-2' } as const
    const after = await run('poison', body)
    expect([after.steps[0]!.state, await madeIn(after)]).toEqual(['cached', 'production all'])
    const again = await run('poison', { environment: 'production' })
    expect(await madeIn(again)).toBe('production all')
  })

  it('of a pull request are read by that one alone', async () => {
    const version = await put('scoped')
    const states = []
    for (const scope of ['pr-1', 'pr-1', 'pr-2'])
      states.push((await run('scoped', { environment: 'ci', version, scope })).steps[0]!.state)
    states.push((await run('scoped', {})).steps[0]!.state)

    expect(states).toEqual(['succeeded', 'cached', 'succeeded', 'succeeded'])
    await expect(run('scoped', { environment: 'ci' })).rejects.toMatchObject({ code: 'pipelines.spec_invalid' })
    await expect(run('scoped', { scope: 'pr-1' })).rejects.toMatchObject({ code: 'pipelines.spec_invalid' })
  })

  it('of a sample never take the place of whole ones', async () => {
    await put('sampled')
    const sampled = await run('sampled', { sample: 0.01 })
    const whole = await run('sampled', {})

    expect([sampled.sample, await madeIn(sampled), await madeIn(whole)]).toEqual([0.01, 'dev 0.01', 'dev all'])
    expect((await run('sampled', { sample: 0.01 })).steps[0]!.cache!.fromRun).toBe(sampled.id)
    expect((await run('sampled', { sample: 500 })).steps[0]!.cache!.fromRun).toBe(whole.id)
  })

  it('from before there were environments are there for all', async () => {
    const version = await put('old')
    const old = await run('old', {})
    await sql`update pipelines.run set environment = null where id = ${old.id}`.execute(world.platform.db)
    await release('old', version)
    await promote('old', 'staging')
    await promote('old', 'production')

    const production = await run('old', { environment: 'production' })
    expect(production.steps[0]!.cache!.fromRun).toBe(old.id)
    expect((await world.api.getRun({ params: { run: old.id } })).environment).toBe('dev')
  })
})

describe('a candidate of a pull request', () => {
  it('runs in ci, and is not what is applied', async () => {
    await put('candidate')
    const body = { scope: 'pr-1', spec: await oneStep('candidate', 'tried') }
    const { version } = await world.releases.putCandidate({ params: { pipeline: 'candidate' }, body })

    const tried = await run('candidate', { environment: 'ci', scope: 'pr-1', version })
    expect(tried).toMatchObject({ pipelineVersion: 2, environment: 'ci', scope: 'pr-1' })
    expect(await run('candidate', {})).toMatchObject({ pipelineVersion: 1 })
    await expect(release('candidate', version)).rejects.toMatchObject({ code: 'pipelines.not_found' })
    expect(await put('candidate', 'two')).toBe(3)
    const { items } = await world.api.listVersions({ params: { pipeline: 'candidate' }, query: {} })
    expect(items.map((item) => item.version)).toEqual([3, 1])
  })

  it('leaves out what registers a model, and what is not asked for', async () => {
    const steps = [
      shell('a', 'true'),
      shell('b', 'true', { needs: ['a'] }),
      shell('c', 'true'),
      shell('told', 'true', { needs: ['register-model'] }),
      { key: 'register-model', uses: 'true', needs: ['b'] },
    ]
    const renamed = steps.map((step) => ('uses' in step ? { ...step, uses: 'register-model' } : step))
    await world.api.put({ params: { pipeline: 'parts' }, body: { steps } })
    await sql`update pipelines.pipeline_version set spec = jsonb_set(spec, '{steps}', ${JSON.stringify(renamed)}::jsonb)
      where pipeline = 'parts'`.execute(world.platform.db)

    const keysOf = ({ steps: found }: { steps: readonly { key: string }[] }) => found.map(({ key }) => key)
    const plan = (body: Body) => world.api.plan({ params: { pipeline: 'parts' }, body }).then(keysOf)
    expect(await plan({ sample: 0.1 })).toEqual(['a', 'b', 'c'])
    expect(await plan({ only: ['b'] })).toEqual(['a', 'b'])
    expect(await plan({})).toHaveLength(5)
  })

  it('asks nobody, and leaves out what follows on a yes', async () => {
    const ask = { key: 'ask', needs: ['a'], approval: { message: 'Good?' } }
    const steps = [shell('a', 'true'), ask, shell('then', 'true', { needs: ['ask'] })]
    await world.api.put({ params: { pipeline: 'asks' }, body: { steps } as never })
    const keysOf = ({ steps: found }: { steps: readonly { key: string }[] }) => found.map(({ key }) => key)
    const plan = (body: Body) => world.api.plan({ params: { pipeline: 'asks' }, body }).then(keysOf)
    expect(await plan({ sample: 0.1 })).toEqual(['a'])
    expect(await plan({})).toEqual(['a', 'ask', 'then'])
  })
})

describe('a release', () => {
  it('says what it is made of, is signed, and stays as it was', async () => {
    await put('made', 'one', { params: { lr: 0.1 } })
    const first = await release('made')
    const again = await world.releases.create({ params: { pipeline: 'made' }, body: { notes: 'other' } })

    expect(again).toEqual(first)
    const { document } = first
    expect(document).toMatchObject({ pipeline: 'made', version: 1, commit, dirty: false, params: { lr: 0.1 } })
    expect(document.files.map(({ path }) => path)).toEqual(['text'])
    const { items } = await world.releases.keys()
    expect(readPublicKey(items[0]!.publicKey).id).toBe(document.keyId)
  })

  it('refuses what no commit holds, unless it may, and then says so', async () => {
    await put('dirty', 'one', { commit: 'c0ffee-dirty' })

    await expect(release('dirty')).rejects.toMatchObject({
      code: 'pipelines.release_dirty',
      why: expect.stringContaining('changes that the commit c0ffee does not hold'),
    })
    const body = { allowDirty: true }
    expect((await world.releases.create({ params: { pipeline: 'dirty' }, body })).document.dirty).toBe(true)

    // The same content, committed since.
    await put('committed', 'one', { commit: 'c0ffee-dirty' })
    expect(await put('committed', 'one', { commit: 'beef' })).toBe(1)
    expect((await release('committed')).document).toMatchObject({ commit: 'beef', dirty: false })
  })

  it('is not promoted once anything in it, or in its version, was changed behind its back', async () => {
    for (const change of [
      sql`update pipelines.release set document = replace(document, 'c0ffee', 'decade') where pipeline = 'forged'`,
      sql`update pipelines.pipeline_version set spec = jsonb_set(spec, '{params}', '{"lr": 1}') where pipeline = 'forged'`,
    ]) {
      await sql`delete from pipelines.release where pipeline = 'forged'`.execute(world.platform.db)
      await put('forged', String(change.toOperationNode().sqlFragments.join('')))
      await release('forged')
      await change.execute(world.platform.db)

      await expect(promote('forged', 'staging')).rejects.toMatchObject({ code: 'pipelines.release_not_trusted' })
    }
  })
})

it('lets a trigger run the version in force where it belongs, and says when there is none', async () => {
  const version = await put('fired')
  const params = { pipeline: 'fired', trigger: 'soon' }
  const spec = { on: { kind: 'webhook' }, secret: 'sixteen characters', environment: 'production' } as const
  await world.api.putTrigger({ params, body: spec })
  const test = () => world.pipelines.triggers.test(localLike, params)

  expect(await test()).toMatchObject({ wouldStart: false, says: expect.stringContaining('in force in production') })
  await release('fired', version)
  await promote('fired', 'staging')
  await promote('fired', 'production')
  expect((await test()).wouldStart).toBe(true)
})

it('lets no trial stand in the way of a trigger, nor start what listens to its pipeline', async () => {
  const version = await put('busy', 'one', { steps: [shell('wait', 'sleep 30')] } as Partial<PipelineSpec>)
  await put('listens')
  const trigger = { on: { kind: 'pipeline', pipeline: 'busy', state: 'cancelled' } } as const
  await world.api.putTrigger({ params: { pipeline: 'listens', trigger: 'after' }, body: trigger })
  const params = { pipeline: 'busy', trigger: 'soon' }
  await world.api.putTrigger({ params, body: { on: { kind: 'webhook' }, secret: 'sixteen characters' } })
  const start = (body: Body) => world.api.startRun({ params: { pipeline: 'busy' }, body })
  const wouldStart = async () => (await world.pipelines.triggers.test(localLike, params)).wouldStart

  const trial = await start({ environment: 'ci', scope: 'pr-1', version })
  expect(await wouldStart()).toBe(true)
  const usual = await start({})
  expect(await wouldStart()).toBe(false)
  for (const { id } of [trial, usual]) {
    await world.api.cancelRun({ params: { run: id }, body: {} })
    await world.until(id)
  }
  await world.settle()

  const { items } = await world.api.listFirings({ params: { pipeline: 'listens' }, query: {} })
  expect(items.map(({ evidence }) => evidence)).toEqual([{ runId: usual.id }])
})

const localLike = {
  userId: 'local',
  userName: 'local',
  projectId: 'default',
  roles: ['admin' as const],
  kind: 'local' as const,
  scope: null,
}

it('gives a step of a sampled run a part of the rows, always the same', async () => {
  const { queries, queryFolder, blobs } = world.platform
  const path = join(queryFolder, 'rows.parquet')
  await queries.run(`copy (select i from range(1000) r(i)) to '${path}' (format parquet)`)
  const { digest, sizeBytes } = await blobs.put(await readFile(path))
  world.outside.versions = [
    {
      dataset: 'rows',
      version: 1,
      digest,
      rowCount: 1000,
      eventTimeMin: '2026-01-01T00:00:00Z',
      eventTimeMax: '2026-01-02T00:00:00Z',
      files: [{ digest, sizeBytes }],
    } as unknown as (typeof world.outside.versions)[number],
  ]
  const step = shell('read', 'cp $EVENKEEL_INPUT_ROWS/0.parquet $EVENKEEL_OUTPUT_IT', {
    inputs: { rows: { from: 'dataset', dataset: 'rows', start: 'from', end: 'until' } },
    outputs: ['it'],
  })
  const params = { from: '2026-01-01T00:00:00Z', until: '2026-02-01T00:00:00Z' }
  await world.api.put({ params: { pipeline: 'cut' }, body: { steps: [step], params } })

  const seen = []
  for (const sample of [0.01, 25, undefined]) {
    const done = await run('cut', sample === undefined ? {} : { sample })
    const file = await blobs.localPath(done.steps[0]!.outputs['it']!.digest)
    seen.push(await queries.query<{ i: number }>(`select i from read_parquet('${file}') order by i`))
  }
  expect(seen.map((rows) => rows.length)).toEqual([10, 25, 1000])
  expect(seen[0]!.slice(0, 2)).toEqual([{ i: 0 }, { i: 100 }])
})

it('has routes for people who may only look', async () => {
  await put('looked')
  const viewer = await world.asRole('viewer')
  const looking = createClient(releases, viewer)
  expect((await looking.list({ params: { pipeline: 'looked' }, query: {} })).items).toEqual([])
  await expect(looking.create({ params: { pipeline: 'looked' }, body: {} })).rejects.toMatchObject({ status: 403 })
  await expect(
    createClient(endpoints, viewer).startRun({ params: { pipeline: 'looked' }, body: {} }),
  ).rejects.toMatchObject({ status: 403 })
})
