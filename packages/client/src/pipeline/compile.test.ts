import { describe, expect, it } from 'vitest'
import { a, compiled, file, params, problemsOf } from './testing.ts'

describe('a step', () => {
  it('takes its settings from the file, and what it leaves from defaults', () => {
    const defaults = { retries: 1, timeout: '2h', env: { A: 'x', B: 'y' }, code: ['src/**'], shell: 'bash' }
    const step = {
      ...a,
      when: 'always()',
      allow_failure: true,
      grace: '2m',
      env: { B: 1 },
      cache: { ttl: '30d' },
      retries: { max: 2, delay: '30s', backoff: 3, max_delay: '10m', on: ['exit', 'timeout'] },
    }
    const { spec } = compiled({ a: step, b: { run: ['ls'], code: [] } }, { defaults })

    expect(spec.steps[0]).toMatchObject({
      key: 'a',
      run: ['bash', '--norc', '-euo', 'pipefail', '-c', 'true'],
      when: 'always',
      allowFailure: true,
      timeoutSeconds: 7200,
      graceSeconds: 120,
      env: { A: 'x', B: '1' },
      cache: { ttlSeconds: 2_592_000 },
      retries: 2,
      retryDelay: { seconds: 30, factor: 3, maxSeconds: 600 },
      retryOn: ['exit', 'timeout'],
      code: [file('src/**')],
    })
    expect(spec.steps[1]).toMatchObject({ run: ['ls'], retries: 1, env: { A: 'x', B: 'y' }, code: [] })
  })

  it('has the limits that the file gives it, its matrix and the run as a whole', () => {
    const resources = { cpu: 2, memory: '16Gi', gpu: 1, slots: { matlab: 2 } }
    const step = { ...a, heartbeat: '5m', resources, concurrency: { group: 'db' } }
    const many = { run: 'true', matrix: { n: [1, 2], max_parallel: 1, fail_fast: true } }
    const whole = { timeout: '12h', priority: -5, concurrency: { group: 'nightly', limit: 2, when_busy: 'replace' } }
    const { spec } = compiled({ a: step, many, free: { run: 'true' } }, whole)

    expect(spec).toMatchObject({
      timeoutSeconds: 43_200,
      priority: -5,
      concurrency: { group: 'nightly', limit: 2, whenBusy: 'replace' },
    })
    expect(spec.steps[0]).toMatchObject({
      heartbeatSeconds: 300,
      resources: { cpu: 2, memoryMiB: 16_384, gpu: 1, slots: { matlab: 2 } },
      concurrency: { group: 'db', limit: 1 },
    })
    expect(spec.steps.map(({ key }) => key)).toEqual(['a', 'many[n=1]', 'many[n=2]', 'free'])
    expect(spec.steps[1]).toMatchObject({ matrix: { n: 1 }, maxParallel: 1, failFast: true })
    const free = spec.steps[3]!
    expect(free).toMatchObject({ resources: { gpu: 0, slots: {} }, failFast: false })
    expect([free.heartbeatSeconds, free.concurrency, free.maxParallel]).toEqual([undefined, undefined, undefined])
  })

  it('sees the params it lists and those it names, and no other', () => {
    const { spec } = compiled({ a: { run: 'go ${{ params.lr }}', params: ['from'] } })

    expect(spec.steps[0]).toMatchObject({
      params: ['from', 'lr'],
      run: ['sh', '-eu', '-c', 'go "${EVENKEEL_PARAM_LR}"'],
    })
    expect(spec.params).toEqual({ lr: 0.1 })
  })

  it('reads outputs of others, spans of datasets and versions of them', () => {
    const inputs = {
      one: '${{ steps.a.outputs.out }}',
      data: 'dataset:flights@from..until',
      same: { dataset: 'flights', start: '${{ params.from }}', end: 'until' },
      fixed: 'dataset:airports@12',
      newest: 'dataset:airports@latest',
      chosen: 'dataset:airports@${{ params.lr }}',
    }
    const { spec } = compiled({ b: { run: 'cat ${{ inputs.one }}', inputs, needs: 'a' }, a })

    const span = { from: 'dataset', dataset: 'flights', start: 'from', end: 'until' }
    expect(spec.steps[0]).toMatchObject({
      needs: ['a'],
      inputs: {
        one: { from: 'step', step: 'a', output: 'out' },
        data: span,
        same: span,
        fixed: { from: 'dataset-version', dataset: 'airports', version: 12 },
        newest: { version: 'latest' },
        chosen: { version: { param: 'lr' } },
      },
    })
  })
})

it('names secrets, and outputs that are folders', () => {
  const outputs = { model: 'dir', report: 'file' }
  const { spec } = compiled({ a: { ...a, outputs, secrets: { DB: '${{ secrets.DB_PROD }}' } }, b: a })

  expect(spec.steps[0]).toMatchObject({
    outputs: ['model', 'report'],
    folderOutputs: ['model'],
    secrets: { DB: 'DB_PROD' },
  })
  expect(spec.steps[1]).toMatchObject({ folderOutputs: [], secrets: {} })
})

describe('a matrix', () => {
  const matrix = { lr: [0.1, 0.2], seed: [1, 2], exclude: [{ lr: 0.2, seed: 2 }], include: [{ lr: 0.1, deep: true }] }

  it('is one step for each combination, and its outputs are taken together in this order', () => {
    const collect = { run: ['ls'], inputs: { all: '${{ steps.train.*.outputs.model }}' }, needs: ['train'] }
    const { spec } = compiled({ train: { run: 'go ${{ matrix.lr }}', matrix, outputs: ['model'] }, collect })

    const keys = ['train[lr=0.1,seed=1,deep=true]', 'train[lr=0.1,seed=2,deep=true]', 'train[lr=0.2,seed=1]']
    expect(spec.steps.map(({ key }) => key)).toEqual([...keys, 'collect'])
    expect(spec.steps[0]!.matrix).toEqual({ lr: 0.1, seed: 1, deep: true })
    expect(spec.steps.at(-1)).toMatchObject({
      needs: keys,
      inputs: { all: { from: 'steps', steps: keys, output: 'model' } },
    })
  })

  it.each([
    [{ include: [{ x: 1 }, { x: 2 }] }, ['t[x=1]', 't[x=2]']],
    [{ path: ['a/b'] }, ['t[path=a_b]']],
    [{ x: [1], include: [{ x: 5 }] }, ['t[x=1]', 't[x=5]']],
  ])('%j', (given, keys) => {
    expect(compiled({ t: { run: 'true', matrix: given } }).spec.steps.map(({ key }) => key)).toEqual(keys)
  })

  it.each([
    [{ x: [1], exclude: [{ x: 1 }] }, 'no combination left'],
    [{ x: ['a/b', 'a_b'] }, 'read the same'],
    [{ x: Array.from({ length: 50 }, String), y: Array.from({ length: 50 }, String) }, '2500 combinations'],
    [{ x: [1], max_parallel: [2] }, 'must be'],
    ['${{ steps.a.outputs.x }}', 'A matrix has lists by name'],
  ])('%j is refused', (given, says) => {
    expect(problemsOf({ t: { run: 'true', matrix: given } }).join()).toContain(says)
  })

  it('refuses more than 2,000 steps in all', () => {
    const wide = { run: 'true', matrix: { x: Array.from({ length: 1500 }, (_, at) => at) } }

    expect(problemsOf({ a: wide, b: wide })).toEqual([
      'steps: There are 3000 steps, and a pipeline holds 2000; shorten a matrix.',
    ])
  })
})

describe('a built-in step', () => {
  const data = 'dataset:flights@from..until'
  const uses = 'evenkeel/train-trees@1'
  const given = { train: '${{ steps.b.outputs.train }}', schema: '${{ steps.b.outputs.schema }}' }
  const b = { uses: 'evenkeel/build-training-set@1', with: { data } }

  it('has the outputs it makes, and those params of the run that it knows', () => {
    const declared = { params: { ...params, seed: { type: 'number', default: 1 } } }
    const { spec } = compiled({ b, t: { uses, with: { ...given, treeCount: 200 } } }, declared)

    expect(spec.steps[1]).toMatchObject({
      uses: 'train-trees',
      params: ['seed'],
      with: { treeCount: 200 },
      outputs: ['model', 'golden', 'baselines', 'training'],
      inputs: { train: { from: 'step', step: 'b', output: 'train' } },
    })
    expect(spec.params).toEqual({ lr: 0.1, seed: 1 })
  })

  it.each([
    [
      { uses: 'evenkeel/train-tree@1' },
      'uses: No step "evenkeel/train-tree" ships with Evenkeel. Did you mean "train-trees"?',
    ],
    [{ uses: 'evenkeel/train-trees@2' }, 'evenkeel/train-trees@1 is the one there is'],
    [{ uses: 'git+https://x/y@1' }, 'is no whole commit'],
    [{ uses, with: given, outputs: ['model'] }, 't.outputs: "outputs" comes from the step that is used'],
    [{ uses, with: { train: given.train } }, 'needs the input "schema"'],
    [
      { uses, with: { ...given, treeCont: 1 } },
      't.with.treeCont: The step that is used knows no "treeCont". Did you mean "treeCount"?',
    ],
    [
      { uses, with: { ...given, learningRate: '${{ params.lr }}' } },
      'declare it under "params" of the pipeline by this name',
    ],
    [{ uses, with: { ...given, schema: 3 } }, 'with.schema: "schema" is an input'],
  ])('%j is refused', (step, says) => {
    expect(problemsOf({ b, t: step }).join('\n')).toContain(says)
  })
})

describe('a step of a folder', () => {
  const uses = './steps/clean'
  const raw = '${{ steps.a.outputs.out }}'

  it('starts where its code is, and finds its params under its own names', () => {
    const { spec } = compiled({ a, c: { uses, with: { raw, limit: '${{ params.lr }}', mode: "it's" } } })

    const inner =
      'exec \'./clean\' "${EVENKEEL_INPUT_RAW}" "${EVENKEEL_OUTPUT_TABLE}" \'--limit\' "${EVENKEEL_PARAM_LIMIT}"'
    const outer = `export EVENKEEL_PARAM_LIMIT="\${EVENKEEL_PARAM_LR}"; exec "$@"`
    expect(spec.steps[1]).toMatchObject({
      run: ['sh', '-eu', '-c', outer, 'sh', 'sh', '-eu', '-c', inner],
      params: ['lr'],
      with: { mode: "it's" },
      outputs: ['table'],
      code: [file('clean')],
    })
  })

  it.each([
    [{ uses, with: { raw } }, 'needs the param "mode"'],
    [{ uses: './steps/other' }, 'There is no steps/other/step.yaml.'],
    [{ uses: './../x' }, 'below the project folder'],
    [{ uses, with: { raw, mode: '${{ params.nope }}' } }, 'with.mode: No param "nope" is declared'],
  ])('%j is refused', (step, says) => {
    expect(problemsOf({ a, c: step }).join('\n')).toContain(says)
  })
})

describe('triggers', () => {
  const window = { train_months: 2, holdout_months: 1 }

  it('become what the server keeps', () => {
    const { triggers } = compiled(
      { a },
      {
        on: {
          request: {},
          schedule: [
            { name: 'month-end', every: 'month', dataset: 'd', window, cooldown_after_promotion: '50d' },
            { cron: '0 3 * * 1', timezone: 'Europe/Berlin', catch_up: { all: 3 }, time_param: 'from' },
          ],
          data: [{ dataset: 'd', min_new_rows: 10, debounce: { quiet: '10m', max_wait: '2h' }, cooldown: '1h' }],
          decay: [{ endpoint: 'e', dataset: 'd', window: { train_months: 2, holdout_days: 7 }, params: { lr: 0.5 } }],
          drift: [{ endpoint: 'e', when_busy: 'replace', enabled: false }],
          model: [{ model: 'm', event: 'promoted' }],
          pipeline: [{ pipeline: 'q', state: 'succeeded' }],
          webhook: [{ name: 'crm', secret_env: 'CRM_HOOK' }],
        },
      },
    )

    const months = { kind: 'months', trainMonths: 2, holdoutMonths: 1 }
    const recent = { kind: 'recent', trainMonths: 2, holdoutDays: 7 }
    const cron = { kind: 'cron', cron: '0 3 * * 1', timezone: 'Europe/Berlin', catchUp: { all: 3 }, timeParam: 'from' }
    const debounce = { quietSeconds: 600, maxWaitSeconds: 7200 }
    const month = { kind: 'schedule', dataset: 'd', every: 'month' }
    expect(triggers).toEqual([
      { name: 'month-end', spec: { on: month, dataset: 'd', window: months, cooldownDays: 50 } },
      { name: 'schedule-2', spec: { on: cron } },
      {
        name: 'data',
        spec: { on: { kind: 'data', dataset: 'd', minNewRows: 10, debounce }, dataset: 'd', cooldownSeconds: 3600 },
      },
      {
        name: 'decay',
        spec: { on: { kind: 'decay', endpoint: 'e' }, dataset: 'd', window: recent, params: { lr: 0.5 } },
      },
      { name: 'drift', spec: { on: { kind: 'drift', endpoint: 'e' }, whenBusy: 'replace', enabled: false } },
      { name: 'model', spec: { on: { kind: 'model', model: 'm', event: 'promoted' } } },
      { name: 'pipeline', spec: { on: { kind: 'pipeline', pipeline: 'q', state: 'succeeded' } } },
      { name: 'crm', spec: { on: { kind: 'webhook' } }, secretEnv: 'CRM_HOOK' },
    ])
  })

  it.each([
    [{ performance: [] }, 'on.performance: "performance" is not supported yet; use "decay'],
    [{ drift: [{ monitor: 'm' }] }, '"monitor" is not supported yet; name the endpoint'],
    [{ webhook: [{ secret: 'x' }] }, 'secret_env'],
    [{ decay: [{ endpoint: 'e', window }] }, 'on.decay.0.window: A window is cut from a dataset'],
    [{ decay: [{ endpoint: 'e', params: { lrr: 1 } }] }, 'Did you mean "lr"?'],
    [{ decay: [{ endpoint: 'e', params: { lr: '1' } }] }, 'on.decay.0.params.lr: The param "lr" cannot be "1"'],
    [{ schedule: [{ cron: '@daily', time_param: 'when' }] }, 'The pipeline declares no param "when"'],
    [{ schedule: [{ cron: '@daily', timezon: 'UTC' }] }, 'There is no key "timezon" here. Did you mean "timezone"?'],
    [{ model: [{ model: 'm', event: 'born' }] }, 'on.model.0.event: It must be registered, passed'],
    [{ data: [{ dataset: 'd', name: 'x' }], drift: [{ endpoint: 'e', name: 'x' }] }, 'Two triggers are called "x"'],
  ])('%j is refused', (on, says) => {
    expect(problemsOf({ a }, { on }).join('\n')).toContain(says)
  })
})

describe('refuses with the path and what to do', () => {
  it.each([
    [{ a: { ...a, retires: 1 } }, 'steps.a.retires: There is no key "retires" here. Did you mean "retries"?'],
    [{ a: { ...a, resources: { disk: '20 GB' } } }, 'Write a size as in 512Mi or 16Gi'],
    [{ a: { ...a, resources: { memory: 16 } } }, 'steps.a.resources.memory'],
    [{ a: { ...a, resources: { memory: '16 GB' } } }, 'Write a size as in 512Mi or 16Gi'],
    [{ a: { ...a, secrets: { DB: 'plain' } } }, 'steps.a.secrets.DB: A file is no place for a secret: name one of the'],
    [{ a: { ...a, secrets: { DB: '${{ params.lr }}' } } }, 'steps.a.secrets.DB: A file is no place for a secret'],
    [{ a: { ...a, secrets: { 'D-B': '${{ secrets.X }}' } } }, 'steps.a.secrets.D-B: This cannot be: use letters'],
    [{ a: { run: 'go ${{ secrets.X }}', code: [] } }, 'steps.a.run: A secret may only be named under "secrets"'],
    [{ a: { run: ['go', '${{ secrets.X }}'], code: [] } }, 'steps.a.run.1: A secret may only be named under "secrets"'],
    [{ a: { ...a, env: { X: 'a${{ secrets.X }}' } } }, 'steps.a.env.X: A secret may only be named under "secrets"'],
    [{ a: { ...a, inputs: { x: '${{ secrets.X }}' } } }, 'steps.a.inputs.x: A secret may only be named under'],
    [{ a: { ...a, cache: { ttl: '30d', gpu: true } } }, 'steps.a.cache.gpu: "gpu" is not supported yet'],
    [{ a: { ...a, when: "steps.b.outputs.gate == 'pass'" } }, 'steps.a.when: There is no step "b".'],
    [
      { a: { ...a, retries: { max: 1, on: ['flood'] } } },
      'It must be exit, timeout, stalled, signal, oom or output_missing',
    ],
    [{ a: { ...a, heartbeat: '2d' } }, 'steps.a.heartbeat: This cannot be'],
    [{ a: { ...a, retries: 'many' } }, 'steps.a.retries: It must be a number or a map.'],
    [{ a: { ...a, timeout: '90 minutes' } }, 'steps.a.timeout: Write a duration as in 30s, 10m, 6h or 5d.'],
    [{ a: { ...a, timeout: '30d' } }, 'steps.a.timeout: This cannot be'],
    [{ a: { ...a, outputs: { n: { kind: 'value' } } } }, 'append "name=value" to $EVENKEEL_OUTPUT'],
    [{ a: { ...a, env: { EVENKEEL_X: 1 } } }, 'steps.a.env.EVENKEEL_X'],
    [{ a: { ...a, env: { X: '${{ params.lr }}' } } }, 'steps.a.env.X: Expressions in "env" are not supported yet'],
    [{ a: { ...a, inputs: { x: 'dataset:flights@newest' } } }, 'The pipeline declares no param "newest"'],
    [
      { a: { ...a, inputs: { x: 'dataset:flights@from' } } },
      'The param "from" names a version; give it "type: number"',
    ],
    [{ a: { ...a, inputs: { x: 'dataset:flights' } } }, 'A dataset is read by version or for a span of event time'],
    [
      { a: { ...a, inputs: { x: 'dataset:flights@lr..until' } } },
      'The param "lr" bounds a span of event time; give it "type: moment".',
    ],
    [{ a: { ...a, inputs: { x: 'data.csv' } } }, 'files of the project belong under "code"'],
    [
      { a: { run: 'go ${{ params.lrr }}' } },
      'steps.a.run: No param "lrr" is declared; add it under "params". Did you mean "lr"?',
    ],
    [{ a: { ...a, params: ['lr', 'nope'] } }, 'steps.a.params.1: The pipeline declares no param "nope"'],
    [{ a: { run: 'go ${{ steps.a.outputs.x }}' } }, 'Declare the output as an input'],
    [{ a: { run: 'go ${{ contains(a, b) }}' } }, 'is not supported yet; there are ${{ params.x }}'],
    [{ a: { run: 'go ${{ matrix.x }}' } }, 'The matrix of the step has no "x"'],
    [{ a: { run: 'go', uses: './x' } }, 'Give either "run" or "uses"'],
    [{ a: {} }, 'Say what the step does'],
    [{ a: { ...a, needs: ['bb'] }, b: a }, 'steps.a.needs.0: There is no step "bb". Did you mean "b"?'],
    [
      { a: { ...a, inputs: { x: '${{ steps.b.outputs.outt }}' } }, b: a },
      'declares no output "outt"; it has: out. Did you mean "out"?',
    ],
    [
      { a: { ...a, inputs: { x: '${{ steps.b.outputs.out }}' } }, b: { ...a, matrix: { x: [1, 2] } } },
      'take all with ${{ steps.b.*.outputs.out }}',
    ],
    [
      { a: { ...a, inputs: { x: '${{ steps.b.outputs.out }}' } }, b: { ...a, needs: 'a' } },
      'steps.a: These steps wait for each other: a → b → a',
    ],
    [{ a: { ...a, outputs: ['a-b', 'a_b'] } }, 'would be the same variable'],
    [{ 'a b': a }, 'a step is called by letters'],
    [{}, 'A pipeline has at least one step'],
  ])('%j', (steps, says) => {
    expect(problemsOf(steps).join('\n')).toContain(says)
  })

  it.each([
    [{ concurrency: { group: 'g', when_busy: 'wait' } }, 'It must be queue, skip, replace or cancel_running.'],
    [{ concurrency: { limit: 1 } }, '"group" is missing; add it.'],
    [{ priority: 101 }, 'priority: Too big'],
    [{ timeout: 60 }, 'timeout: It must be text.'],
    [{ name: undefined }, '"name" is missing'],
    [
      { params: { lr: { type: 'integer' } } },
      'params.lr.type: It must be string, number, boolean, list, duration or moment.',
    ],
    [
      { params: { lr: { type: 'number', default: 2, max: 1 } } },
      'params.lr.default: The default 2 is above the largest value, 1.',
    ],
    [{ params: { lr: { type: 'number', default: 'x' } } }, 'params.lr.default: It must be a number.'],
    [{ defaults: { runtime: {} } }, 'defaults.runtime: "lock" is missing; add it.'],
  ])('%j', (rest, says) => {
    expect(problemsOf({ a }, rest).join('\n')).toContain(says)
  })

  it('every mistake at once', () => {
    expect(problemsOf({ a: { run: '${{ params.x }}', needs: ['y'] }, b: { run: '${{ params.z }}' } })).toHaveLength(3)
  })
})
