import type { PipelineSpec, Run } from '@evenkeel/contract'
import { describe, expect, it, vi } from 'vitest'
import { type Answers, ask, evenkeel, Refusal } from '../../testing.ts'
import { pipelineOf, runOf, specOf, stepOf } from '../../testing-world.ts'

vi.setConfig({ testTimeout: 30_000 })

const { id } = runOf()
const startedAt = '2026-03-02T00:00:00.000Z'
const endedAt = '2026-03-02T00:00:05.000Z'
const ended = (state: 'succeeded' | 'failed' | 'cancelled'): Run =>
  runOf({ state, reason: 'It is over.', steps: [stepOf('train', state, { startedAt, endedAt, reason: 'Because.' })] })

describe('run start', () => {
  const starts: Answers = { 'pipelines.get': () => pipelineOf(), 'pipelines.startRun': () => runOf() }

  it('reads params as their defaults suggest', async () => {
    const given = ['lr=0.5', 'deep=true', 'tags=b,c', 'from=2001-01-01', 'text=a=b']
    const { code, stdout, asked } = await ask(
      starts,
      'run',
      'start',
      'churn',
      ...given.flatMap((one) => ['--param', one]),
    )

    expect(code).toBe(0)
    const params = { lr: 0.5, deep: true, tags: ['b', 'c'], from: '2001-01-01', text: 'a=b' }
    expect(asked.at(-1)).toMatchObject({ params: { pipeline: 'churn' }, body: { params, noCache: false } })
    expect(stdout).toContain(`next   evenkeel run show ${id} --follow`)
  })

  it('reads params by the type that is declared, and refuses what the server would refuse', async () => {
    const declarations: PipelineSpec['declarations'] = {
      depth: { type: 'number', max: 9 },
      names: { type: 'list' },
      lr: { type: 'string' },
      span: { type: 'duration' },
    }
    const answers = { ...starts, 'pipelines.get': () => pipelineOf({ spec: specOf({ declarations }) }) }
    const start = (...args: string[]) => ask(answers, 'run', 'start', 'churn', ...args)
    const taken = await start('--param', 'depth=3', '--param', 'names=a,b', '--param', 'lr=1', '--param', 'span=9d')
    const high = await start('--param', 'depth=10')
    const word = await start('--param', 'span=9 days')
    const older = await start('--param', 'depth=10', '--version', '2')

    expect(taken.asked.at(-1)!.body).toMatchObject({ params: { depth: 3, names: ['a', 'b'], lr: '1', span: '9d' } })
    expect([high.code, high.asked.length, word.code, word.asked.length]).toEqual([2, 1, 2, 1])
    expect(high.stderr).toContain('The param "depth" cannot be 10: it must be a number of at most 9.')
    expect(word.stderr).toContain('a duration as in 30s')
    expect(older.asked.at(-1)!.body).toMatchObject({ params: { depth: 10 }, version: 2 })
  })

  it('stops to watch with 7 where only people can move the run on, and says what to do', async () => {
    const approval = { id: 'ap-1', state: 'pending', expiresAt: endedAt } as const
    const waiting = runOf({ state: 'waiting', steps: [stepOf('approve', 'waiting', { approval })] })
    const { code, stdout } = await ask(
      {
        ...starts,
        'pipelines.plan': () => ({ pipeline: 'churn', version: 1, steps: [] }),
        'pipelines.getRun': () => waiting,
      },
      'run',
      'start',
      'churn',
      '--follow',
    )

    expect(code).toBe(7)
    expect(stdout).toContain('next   evenkeel approve show ap-1')
  })

  it.each([['lr=fast'], ['lr='], ['deep=1'], ['tags=[1]'], ['tags=[x'], ['nothing']])(
    'refuses --param %s',
    async (param) => {
      const { code, asked } = await ask(starts, 'run', 'start', 'churn', '--param', param)

      expect(code).toBe(2)
      expect(asked.map(({ operation }) => operation)).not.toContain('pipelines.startRun')
    },
  )

  it.each([
    [[], false],
    [['--no-cache'], true],
    [['--no-cache=train,report'], ['train', 'report']],
  ])('%j', async (args, noCache) => {
    const { asked } = await ask(starts, 'run', 'start', 'churn', ...args)

    expect(asked.at(-1)!.body).toMatchObject({ noCache })
  })

  it('gives a run its priority, and leaves it to the pipeline when nobody says one', async () => {
    const { asked } = await ask(starts, 'run', 'start', 'churn', '--priority', '-10')
    expect(asked.at(-1)!.body).toMatchObject({ priority: -10 })

    const { asked: without } = await ask(starts, 'run', 'start', 'churn')
    expect(without.at(-1)!.body).not.toHaveProperty('priority')
    expect((await ask(starts, 'run', 'start', 'churn', '--priority', '101')).code).toBe(2)
  })

  const planned = { key: 'train', action: 'run', verdict: null, says: '', typicalDurationMs: 60_000 }
  const follows = (states: Run[]): Answers => ({
    ...starts,
    'pipelines.plan': () => ({ pipeline: 'churn', version: 3, steps: [planned] }),
    'pipelines.getRun': () => states.shift() ?? ended('succeeded'),
  })

  it.each([
    ['succeeded', 0],
    ['failed', 1],
    ['cancelled', 1],
  ] as const)('with --follow ends as the run does: %s', async (state, exitCode) => {
    const now = new Date().toISOString()
    const running = runOf({ state: 'running', startedAt: now, steps: [stepOf('train', 'running', { startedAt: now })] })
    const { code, stdout, stderr } = await ask(follows([running, ended(state)]), 'run', 'start', 'churn', '--follow')

    expect(code).toBe(exitCode)
    expect(stderr).toMatch(/▸ train {2}running.*0 of 1 step, \d+ ms so far, about (59|60)/)
    expect(stderr).toContain(`train  ${state}`)
    expect(stdout).toContain(`churn  run ${id}  ${state}: It is over.`)
  })

  it('with --follow --json prints a line for each event, and the run as the last', async () => {
    const { stdout } = await ask(follows([ended('failed')]), 'run', 'start', 'churn', '--follow', '--json')

    const lines = stdout
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line) as object)
    expect(lines[0]).toEqual({ event: 'step', run: id, step: 'train', state: 'failed', reason: 'Because.' })
    expect(lines.at(-1)).toMatchObject({ id, state: 'failed' })
  })

  it('with --follow leaves the run alone on Ctrl-C, and says how to come back', async () => {
    const going = () => runOf({ state: 'running' })
    const answers = { ...follows([]), 'pipelines.getRun': going }
    const interrupt = setInterval(() => process.listenerCount('SIGINT') > 0 && process.emit('SIGINT'), 100)
    const { code, stderr, asked } = await ask(answers, 'run', 'start', 'churn', '--follow')
    clearInterval(interrupt)

    expect(code).toBe(130)
    expect(stderr).toContain(`evenkeel run show ${id} --follow`)
    expect(asked.map(({ operation }) => operation)).not.toContain('pipelines.cancelRun')
  })
})

describe('run list', () => {
  it('asks for what is wanted', async () => {
    const answers: Answers = { 'pipelines.listRuns': () => ({ items: [ended('failed')], nextCursor: 'x' }) }
    const args = ['--pipeline', 'churn', '--state', 'failed', '--limit', '1']
    const { stdout, asked } = await ask(answers, 'run', 'list', ...args)

    expect(asked[0]!.query).toEqual({ pipeline: 'churn', state: 'failed', limit: '1' })
    expect(stdout).toContain(`${id}  churn@3   dev          failed  2026-03-02 00:00  –     It is over.`)
    expect(stdout).toContain('there are older ones')
  })

  it('says how to begin where there is none, and refuses a state that does not exist', async () => {
    const answers: Answers = { 'pipelines.listRuns': () => ({ items: [], nextCursor: null }) }

    expect((await ask(answers, 'run', 'list', '--pipeline', 'churn')).stdout).toBe(
      'no run of churn\n  next   evenkeel run start churn\n',
    )
    expect((await evenkeel('run', 'list', '--state', 'done')).code).toBe(2)
  })
})

describe('one run', () => {
  const known: Answers = {
    'pipelines.getRun': () => ended('failed'),
    'pipelines.listRuns': () => ({ items: [ended('failed'), runOf({ id: '01b' })], nextCursor: null }),
  }

  it('is found by a start of its id that fits no other', async () => {
    const { code, stdout, asked } = await ask(known, 'run', 'show', '01a1')

    expect(code).toBe(0)
    expect(asked.at(-1)).toMatchObject({ operation: 'pipelines.getRun', params: { run: id } })
    expect(stdout).toContain('train  failed  5.0 s  0         Because.')
    expect(stdout).toContain(`next   evenkeel run logs ${id} 'train'\n       evenkeel run retry ${id}`)
  })

  it('is asked for when a start fits two', async () => {
    const { code, stderr } = await ask(known, 'run', 'show', '01')

    expect(code).toBe(2)
    expect(stderr).toContain('"01" fits 2 runs')
  })

  it('that is not there ends with 3', async () => {
    const refuse = () => {
      throw new Refusal(404, 'pipelines.run_not_found')
    }
    expect((await ask({ ...known, 'pipelines.getRun': refuse }, 'run', 'show', 'zzz')).code).toBe(3)
  })

  it('is cancelled with a reason', async () => {
    const answers: Answers = { ...known, 'pipelines.cancelRun': () => ended('cancelled') }
    const { code, asked } = await ask(answers, 'run', 'cancel', id, '--reason', 'wrong data')

    expect(code).toBe(0)
    expect(asked.at(-1)).toMatchObject({ params: { run: id }, body: { reason: 'wrong data' } })
  })

  it('that cannot be retried ends with 5', async () => {
    const refuse = () => {
      throw new Refusal(409, 'pipelines.wrong_state', { details: { run: id, state: 'running', reason: '' } })
    }
    expect((await ask({ ...known, 'pipelines.retryRun': refuse }, 'run', 'retry', id)).code).toBe(5)
  })
})

describe('run logs', () => {
  const steps = [
    stepOf('split[half=low]', 'succeeded'),
    stepOf('split[half=high]', 'succeeded'),
    stepOf('report', 'succeeded'),
  ]
  const texts: Record<string, string> = { 'split[half=low]': 'one\ntwo\n', 'split[half=high]': 'three', report: '' }
  const logged: Answers = {
    'pipelines.getRun': () => runOf({ state: 'succeeded', steps }),
    'pipelines.readLog': ({ params, query }) => {
      const text = texts[params['step']!]!.slice(Number(query['offset']))
      // As little at once as can be, to see that lines stay whole.
      return { text: text.slice(0, 2), nextOffset: Number(query['offset']) + text.slice(0, 2).length, ended: true }
    },
  }

  it('reads an earlier attempt', async () => {
    const { stdout, asked } = await ask(logged, 'run', 'logs', id, 'split[half=low]', '--attempt', '1')

    expect(stdout).toBe('one\ntwo\n')
    expect(asked.at(-1)!.query).toMatchObject({ attempt: '1' })
  })

  it.each([
    [[], ['split[half=low] │ one', 'split[half=low] │ two', 'split[half=high] │ three']],
    [['split'], ['split[half=low] │ one', 'split[half=low] │ two', 'split[half=high] │ three']],
    [['split[half=low]'], ['one', 'two']],
    [['split[half=high]', '--follow'], ['three']],
  ])('%j', async (args, lines) => {
    const { code, stdout } = await ask(logged, 'run', 'logs', id, ...args)

    expect({ code, stdout }).toEqual({ code: 0, stdout: `${lines.join('\n')}\n` })
  })

  it('says so when there is nothing, or no such step', async () => {
    expect((await ask(logged, 'run', 'logs', id, 'report')).stderr).toBe('nothing was written yet\n')
    const { code, stderr } = await ask(logged, 'run', 'logs', id, 'nope')
    expect(code).toBe(3)
    expect(stderr).toContain('split[half=low], split[half=high], report')
  })

  it('prints JSON lines', async () => {
    const { stdout } = await ask(logged, 'run', 'logs', id, 'split[half=high]', '--json')

    expect(JSON.parse(stdout)).toEqual({ step: 'split[half=high]', text: 'three' })
  })
})

it('explain compares with the time before, part by part', async () => {
  const parts = [
    { part: 'command', changes: [] },
    { part: 'params', changes: ['lr 0.1 → 0.2'] },
  ]
  const verdict = { code: 'params', says: 'The param lr is 0.2 and was 0.1.', fromRun: null }
  const answers: Answers = {
    'pipelines.getRun': () => runOf(),
    'pipelines.explainStep': () => ({ verdict, comparedWith: { run: '7', at: endedAt }, parts }),
  }
  const { stdout, asked } = await ask(answers, 'explain', id, 'train[lr=0.2]')

  expect(asked.at(-1)!.params).toEqual({ run: id, step: 'train[lr=0.2]' })
  expect(stdout).toBe(
    'train[lr=0.2]  The param lr is 0.2 and was 0.1.\ncompared with the run 7, 2026-03-02 00:00\n  command  the same\n~ params\n    lr 0.1 → 0.2\n',
  )
})

describe('slots', () => {
  const slot = { name: 'gpu', capacity: 2, heldBy: [{ run: id, step: 'train', count: 1 }], waiting: [] }
  const answers: Answers = {
    'pipelines.listSlots': () => ({ items: [slot] }),
    'pipelines.putSlots': () => ({ items: [{ ...slot, capacity: 4 }] }),
  }

  it('says how many there are and who has them, and sets one', async () => {
    expect((await ask(answers, 'slots', 'list')).stdout).toMatch(new RegExp(`gpu +1 of 2 +train of ${id} +–`))

    const { asked, stdout } = await ask(answers, 'slots', 'set', 'gpu', '4')
    expect(asked.at(-1)!.body).toEqual({ slots: { gpu: 4 } })
    expect(stdout).toContain('1 of 4')
  })
})
