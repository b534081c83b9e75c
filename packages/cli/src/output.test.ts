import { ApiError, ConnectionError } from '@evenkeel/client'
import { afterEach, describe, expect, it, vi } from 'vitest'
import { CliError } from './errors.ts'
import { createOutput, fail, wantsColour } from './output.ts'

function listen(stream: 'stdout' | 'stderr') {
  let text = ''
  vi.spyOn(process[stream], 'write').mockImplementation((part) => {
    text += String(part)
    return true
  })
  return () => text
}
afterEach(() => {
  vi.restoreAllMocks()
  vi.unstubAllEnvs()
})

const taken = new CliError({
  code: 'cli.port_taken',
  message: 'Port 7070 is taken',
  why: 'another program\nlistens there',
  fix: 'evenkeel up --port 7170',
  exitCode: 5,
})

describe('a failure', () => {
  it('is a block of message, reason and fix for a person', async () => {
    vi.stubEnv('NO_COLOR', '1')
    const stderr = listen('stderr')

    const code = await fail(taken, { json: false, debug: false })

    expect(code).toBe(5)
    expect(stderr()).toBe(
      [
        '✗ Port 7070 is taken',
        '  why   another program',
        '        listens there',
        '  fix   evenkeel up --port 7170',
        '  more  evenkeel doctor   cli.port_taken',
        '',
      ].join('\n'),
    )
  })

  it('is one line of JSON for a program', async () => {
    const stderr = listen('stderr')

    await fail(taken, { json: true, debug: false })

    const { message, why, fix, code } = taken.explanation
    expect(stderr().endsWith('}\n')).toBe(true)
    expect(JSON.parse(stderr())).toEqual({ error: { code, message, why, fix } })
  })

  it('of the server keeps its words, and the id that finds it in the log', async () => {
    vi.stubEnv('NO_COLOR', '1')
    const stderr = listen('stderr')
    const problem = {
      type: '',
      title: 'No such model.',
      detail: 'There is no churn.',
      code: 'registry.model_not_found',
    }

    const code = await fail(
      new ApiError({ ...problem, status: 404, fix: 'List the models.', requestId: 'req-7', details: {} }),
      { json: false, debug: false },
    )

    expect(code).toBe(3)
    expect(stderr()).toContain(
      '✗ No such model.\n  why   There is no churn.\n  fix   List the models.\n  id    req-7\n',
    )
  })

  it('that has no other reason than what it says is not said twice', async () => {
    vi.stubEnv('NO_COLOR', '1')
    const stderr = listen('stderr')

    await fail(
      new CliError({ code: 'cli.usage', message: 'No name.', why: 'No name.', fix: 'Give one.', exitCode: 2 }),
      {
        json: false,
        debug: false,
      },
    )

    expect(stderr()).toMatch(/^✗ No name\.\n {2}fix {3}Give one\.\n/)
  })

  it('to reach the server says how to start one', async () => {
    const stderr = listen('stderr')

    const code = await fail(new ConnectionError('http://127.0.0.1:7070/api', undefined), { json: true, debug: false })

    expect(code).toBe(8)
    expect(JSON.parse(stderr())).toMatchObject({ error: { code: 'cli.unreachable' } })
    expect(stderr()).toContain('evenkeel up')
  })

  it('that nobody foresaw asks for a report, and shows its stack only when asked to', async () => {
    const stderr = listen('stderr')

    expect(await fail(new RangeError('off by one'), { json: false, debug: false })).toBe(1)
    expect(stderr()).toContain('off by one')
    expect(stderr()).not.toContain('output.test.ts')
    await fail(new RangeError('off by one'), { json: false, debug: true })
    expect(stderr()).toContain('output.test.ts')
  })
})

describe('a result', () => {
  const data = { url: 'http://here' }

  it('is lines for a person, with the news on stderr', () => {
    const [stdout, stderr] = [listen('stdout'), listen('stderr')]
    const output = createOutput({ json: false, quiet: false })

    output.say('working')
    output.result(data, () => ['one', 'two'])

    expect([stdout(), stderr()]).toEqual(['one\ntwo\n', 'working\n'])
  })

  it.each([
    ['--json', { json: true, quiet: false }, '{"url":"http://here"}\n'],
    ['--quiet', { json: false, quiet: true }, 'one\n'],
  ])('comes without news with %s', (_, options, expected) => {
    const [stdout, stderr] = [listen('stdout'), listen('stderr')]
    const output = createOutput(options)

    output.say('working')
    output.result(data, () => 'one')

    expect([stdout(), stderr()]).toEqual([expected, ''])
  })
})

describe('colour', () => {
  it.each([
    [true, {}, true],
    [false, {}, false],
    [true, { TERM: 'dumb' }, false],
    [true, { NO_COLOR: '1' }, false],
    [false, { FORCE_COLOR: '1' }, true],
    [true, { FORCE_COLOR: '0' }, false],
    [true, { NO_COLOR: '1', FORCE_COLOR: '1' }, false],
  ])('on a terminal: %s, with %o: %s', (isTTY, environment, expected) => {
    expect(wantsColour({ isTTY }, environment)).toBe(expected)
  })
})
