import { PipelineSpec } from '@evenkeel/contract'
import { mkdir, readFile, truncate, writeFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { type Answers, ask, evenkeel, makeFolder, Refusal } from '../../testing.ts'
import { pipelineOf, runOf, specOf } from '../../testing-world.ts'

vi.setConfig({ testTimeout: 30_000 })

let folder: string
beforeEach(async () => {
  folder = await makeFolder()
  vi.spyOn(process, 'cwd').mockReturnValue(folder)
})
afterEach(() => vi.restoreAllMocks())

async function have(path: string, text: string): Promise<string> {
  await mkdir(dirname(join(folder, path)), { recursive: true })
  await writeFile(join(folder, path), text)
  return join(folder, path)
}

const valid = `name: churn
params:
  lr: { type: number, default: 0.1 }
steps:
  train:
    run: python src/train.py --lr \${{ params.lr }}
    code: [src/**]
`

describe('pipeline validate', () => {
  it('says which files are valid', async () => {
    await have('src/train.py', 'print()')
    const file = await have('pipelines/churn.yaml', valid)
    const { code, stdout } = await evenkeel('pipeline', 'validate', file)

    expect({ code, stdout }).toEqual({ code: 0, stdout: `${file}: churn is valid, 1 step\n` })
  })

  it('ends with 2, and says file, line and column of every mistake', async () => {
    const wrong = valid.replace('code: [src/**]', 'retires: 2\n    environment: dev').replace('params.lr', 'params.lrr')
    const file = await have('pipelines/churn.yaml', wrong)
    const { code, stdout } = await evenkeel('pipeline', 'validate', file, '--json')

    const { valid: isValid, findings } = JSON.parse(stdout) as { valid: boolean; findings: object[] }
    expect({ code, isValid }).toEqual({ code: 2, isValid: false })
    expect(findings).toEqual([
      {
        file,
        line: 7,
        column: 5,
        path: 'steps.train.retires',
        message: expect.stringContaining('Did you mean "retries"?'),
      },
      {
        file,
        line: 8,
        column: 5,
        path: 'steps.train.environment',
        message: expect.stringContaining('not supported yet'),
      },
    ])
    const { stdout: lines } = await evenkeel('pipeline', 'validate', file)
    expect(lines).toContain('churn.yaml:7:5 There is no key "retires" here.')
  })

  it('reads the pipelines of an evenkeel.yaml, under their names', async () => {
    const text =
      'owner: me\npipelines:\n  one:\n    steps: { a: { run: "true", code: [] } }\n  two:\n    steps: { a: { rnu: x } }\n'
    const file = await have('evenkeel.yaml', text)
    const { code, stdout } = await evenkeel('pipeline', 'validate', file)

    expect(code).toBe(2)
    expect(stdout).toContain(': one is valid, 1 step')
    expect(stdout).toContain('evenkeel.yaml:6:19 There is no key "rnu" here. Did you mean "run"?')
  })

  it.each([
    ['a tab', 'a:\n\tb: 1', ':2:1 A line is indented by a tab'],
    ['nothing', '', ':1:1 It must be a map.'],
    ['JSON', '{"name": "x", "steps": {"a": {"run": "true", "code": []}}}', 'x is valid'],
  ])('of %s', async (_, text, says) => {
    const file = await have('pipelines/x.yaml', text)

    expect((await evenkeel('pipeline', 'validate', file)).stdout).toContain(says)
  })

  it('does not read a file of 10 MB', async () => {
    const file = await have('pipelines/x.yaml', valid)
    await truncate(file, 10 * 1024 ** 2)
    const { code, stdout } = await evenkeel('pipeline', 'validate', file)

    expect(code).toBe(2)
    expect(stdout).toContain('The file has 10485760 bytes, and a pipeline at most 1048576')
  })

  it('ends with 3 where there is no file', async () => {
    const { code, stderr } = await evenkeel('pipeline', 'validate', join(folder, 'nope.yaml'))

    expect(code).toBe(3)
    expect(stderr).toContain('evenkeel pipeline init NAME')
  })
})

describe('pipeline apply', () => {
  let file: string
  beforeEach(async () => {
    await have('src/train.py', 'print()')
    await have('src/same.py', 'print()')
    file = await have('pipelines/churn.yaml', valid)
  })
  const missing = () => {
    throw new Refusal(404, 'pipelines.not_found')
  }
  const noBlob = () => {
    throw new Refusal(404, 'platform.blob_not_found')
  }
  const put: Answers = {
    'pipelines.put': ({ body }) => pipelineOf({ version: 1, spec: PipelineSpec.parse(body) }),
    'artifacts.upload': ({ query }) => ({ digest: query['digest'], sizeBytes: 7 }),
  }

  it('sends each content once, then the pipeline', async () => {
    const answers = { ...put, 'pipelines.get': missing, 'artifacts.download': noBlob }
    const { code, stdout, asked } = await ask(answers, 'pipeline', 'apply', file)

    expect(code).toBe(0)
    const operations = asked.map(({ operation }) => operation)
    expect(operations).toEqual(['pipelines.get', 'artifacts.download', 'artifacts.upload', 'pipelines.put'])
    expect(asked[2]!.body).toBe('print()')
    const run = ['sh', '-eu', '-c', 'python src/train.py --lr "${EVENKEEL_PARAM_LR}"']
    expect(asked[3]!.body).toMatchObject({
      params: { lr: 0.1 },
      steps: [{ key: 'train', run, params: ['lr'], code: [{ path: 'src/same.py' }, { path: 'src/train.py' }] }],
    })
    expect(stdout).toContain('churn is new: version 1\ncode   1 file, 1 sent (7 bytes); in no git repository\n')
    expect(stdout).toContain('next   evenkeel run start churn')
  })

  it('sends nothing that the server has', async () => {
    const answers = { ...put, 'pipelines.get': missing, 'artifacts.download': () => 'p' }
    const { asked } = await ask(answers, 'pipeline', 'apply', file)

    expect(asked.map(({ operation }) => operation)).not.toContain('artifacts.upload')
  })

  it('says what is other in a new version', async () => {
    const before = pipelineOf({ spec: specOf({ params: { lr: 0.2 } }) })
    const after = ({ body }: { body: unknown }) => pipelineOf({ version: 4, spec: PipelineSpec.parse(body) })
    const answers: Answers = {
      ...put,
      'pipelines.get': () => before,
      'pipelines.put': after,
      'artifacts.download': () => 'p',
    }
    const { stdout } = await ask(answers, 'pipeline', 'apply', file)

    expect(stdout).toContain(
      'churn has a new version: 4\n  ~ param lr: 0.2 → 0.1\n  ~ param lr may be a number, and could be anything\n  ~ step train: run, params, code (src/same.py, src/train.py)\n',
    )
  })

  it('says so when nothing changed', async () => {
    const answers: Answers = {
      ...put,
      'pipelines.get': () => pipelineOf({ version: 1 }),
      'artifacts.download': () => 'p',
    }
    const { stdout } = await ask(answers, 'pipeline', 'apply', file)

    expect(stdout).toContain('churn is unchanged: version 1')
  })

  it('writes the triggers that are other, and takes the secret of a webhook from a variable', async () => {
    const on = 'on:\n  drift: [{ endpoint: e }]\n  webhook: [{ name: crm, secret_env: CRM_HOOK }]\n'
    await have('pipelines/churn.yaml', `${on}${valid}`)
    const spec = {
      on: { kind: 'drift', endpoint: 'e' },
      params: {},
      cooldownDays: 0,
      cooldownSeconds: 0,
      enabled: true,
    } as const
    const before = pipelineOf({
      version: 1,
      triggers: [
        { name: 'drift', spec },
        { name: 'old', spec },
      ],
    })
    const answers: Answers = {
      ...put,
      'pipelines.get': () => before,
      'pipelines.putTrigger': () => before,
      'artifacts.download': () => 'p',
    }

    const refused = await ask(answers, 'pipeline', 'apply', file)
    expect(refused.code).toBe(2)
    expect(refused.stderr).toContain('the variable CRM_HOOK is not set here')
    expect(refused.asked.map(({ operation }) => operation)).not.toContain('pipelines.put')

    vi.stubEnv('CRM_HOOK', 'x'.repeat(32))
    const { stdout, asked } = await ask(answers, 'pipeline', 'apply', file)
    vi.unstubAllEnvs()
    const written = asked.filter(({ operation }) => operation === 'pipelines.putTrigger')
    expect(written).toMatchObject([
      { params: { trigger: 'crm' }, body: { on: { kind: 'webhook' }, secret: 'x'.repeat(32) } },
    ])
    expect(stdout).toContain('trigger old is not in the file, and stays')
  })

  it('asks a server for nothing when the file is wrong', async () => {
    await have('pipelines/churn.yaml', valid.replace('run:', 'rnu:'))
    const { code, stderr, asked } = await ask({}, 'pipeline', 'apply', file)

    expect({ code, asked }).toEqual({ code: 2, asked: [] })
    expect(stderr).toContain('churn.yaml:6:5 There is no key "rnu" here.')
  })

  it('changes nothing with --dry-run', async () => {
    const { stdout, asked } = await ask({ 'pipelines.get': missing }, 'pipeline', 'apply', file, '-n')

    expect(stdout).toBe('would write churn:\n  + pipeline of 1 step\n')
    expect(asked.map(({ operation }) => operation)).toEqual(['pipelines.get'])
  })
})

describe('pipeline list and show', () => {
  it('says how to begin where there is none', async () => {
    const { code, stdout } = await ask({ 'pipelines.list': () => ({ items: [] }) }, 'pipeline', 'list')

    expect(code).toBe(0)
    expect(stdout).toContain('no pipeline yet\n  next   evenkeel pipeline init NAME')
  })

  it('lists pipelines in columns', async () => {
    const lastRun = runOf({ state: 'failed' })
    const { stdout } = await ask({ 'pipelines.list': () => ({ items: [pipelineOf({ lastRun })] }) }, 'pipeline', 'list')

    expect(stdout.split('\n')[1]).toBe('churn     3        1      0     failed, 2026-03-02 00:00  –')
  })

  it('shows what each param must be, and the steps', async () => {
    const spec = specOf({
      declarations: { lr: { type: 'number', min: 0, max: 1, description: 'How fast.' }, from: { type: 'moment' } },
      steps: specOf().steps.map((step) => ({ ...step, params: ['lr', 'from'] })),
    })
    const { stdout } = await ask({ 'pipelines.get': () => pipelineOf({ spec }) }, 'pipeline', 'show', 'churn')

    const lines = stdout.split('\n').map((line) => line.split(/ {2,}/))
    const moment = 'a moment in UTC as in 2001-01-01T00:00:00Z'
    expect(lines).toContainEqual(['lr', 'number', 'a number from 0 to 1', '0.1', 'How fast.'])
    expect(lines).toContainEqual(['from', 'moment', moment, 'must be given', '–'])
    expect(lines).toContainEqual(['tags', '–', 'anything', '["a"]', '–'])
    expect(stdout).toContain('train  –      true  yes')
  })

  it('of one that is not there ends with 3', async () => {
    const refuse = () => {
      throw new Refusal(404, 'pipelines.not_found')
    }
    expect((await ask({ 'pipelines.get': refuse }, 'pipeline', 'show', 'nope')).code).toBe(3)
  })
})

it('pipeline plan says what would run, and why', async () => {
  const steps = [
    { key: 'prepare', action: 'reuse', verdict: null, says: 'Reused from the run 7.', typicalDurationMs: 3000 },
    { key: 'train', action: 'run', verdict: null, says: 'The param lr is 0.2 and was 0.1.', typicalDurationMs: 65_000 },
    { key: 'report', action: 'unknown', verdict: null, says: 'It depends on train.', typicalDurationMs: null },
  ] as const
  const answers: Answers = {
    'pipelines.get': () => pipelineOf(),
    'pipelines.plan': () => ({ pipeline: 'churn', version: 3, steps }),
  }
  const args = ['--param', 'lr=0.2', '--no-cache=train[a=1,b=2],report', '--version', '2']
  const { stdout, asked } = await ask(answers, 'pipeline', 'plan', 'churn', ...args)

  expect(asked.at(-1)!.body).toEqual({
    environment: 'dev',
    params: { lr: 0.2 },
    noCache: ['train[a=1,b=2]', 'report'],
    version: 2,
  })
  expect(stdout).toBe(
    [
      'churn  version 3',
      'step     action   typical    why',
      'prepare  reuse    3.0 s      Reused from the run 7.',
      'train    run      1 min 5 s  The param lr is 0.2 and was 0.1.',
      'report   unknown  –          It depends on train.',
      '1 to run, 1 to reuse, 1 unknown; about 1 min 5 s of work at most',
      '',
    ].join('\n'),
  )
})

describe('pipeline init', () => {
  const inFolder = async <T>(work: () => Promise<T>): Promise<T> => {
    vi.restoreAllMocks()
    const before = process.cwd()
    process.chdir(folder)
    try {
      return await work()
    } finally {
      process.chdir(before)
    }
  }

  it('writes an example that is valid, with the schema that editors look for', () =>
    inFolder(async () => {
      expect((await evenkeel('pipeline', 'init', 'words')).code).toBe(0)
      const { code, stdout } = await evenkeel('pipeline', 'validate')
      const { stdout: schema } = await evenkeel('pipeline', 'schema')

      expect({ code, stdout }).toEqual({ code: 0, stdout: 'pipelines/words.yaml: words is valid, 4 steps\n' })
      const [first] = (await readFile('pipelines/words.yaml', 'utf8')).split('\n')
      const named = first!.replace('# yaml-language-server: $schema=', '')
      expect(await readFile(join('pipelines', named), 'utf8')).toBe(schema)
      expect(JSON.parse(schema)).toMatchObject({ required: ['name', 'steps'], additionalProperties: false })
    }))

  it('overwrites nothing', () =>
    inFolder(async () => {
      await have('pipelines/words.yaml', 'mine')
      await have('.evenkeel/pipeline.schema.json', 'mine')
      const { code } = await evenkeel('pipeline', 'init', 'words')
      await evenkeel('pipeline', 'init', 'other')

      expect(code).toBe(5)
      expect(await readFile('pipelines/words.yaml', 'utf8')).toBe('mine')
      expect(await readFile('.evenkeel/pipeline.schema.json', 'utf8')).toBe('mine')
    }))

  it('takes a name, and no path', async () => {
    expect((await evenkeel('pipeline', 'init', '../x')).code).toBe(2)
  })
})
