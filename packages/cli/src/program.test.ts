import { execFile } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { describe, expect, it, vi } from 'vitest'
import { evenkeel } from './testing.ts'

// Processes start slowly on a busy machine.
vi.setConfig({ testTimeout: 30_000 })

const program = fileURLToPath(new URL('../bin/evenkeel.js', import.meta.url))

describe('help', () => {
  it('lists every command in the order of the loop, with examples and exit codes', async () => {
    const { code, stdout } = await evenkeel('--help')

    const verbs = [...stdout.matchAll(/^ {2}(?!evenkeel)([a-z-]+) +(?:\[options\]|<|[a-z])/gm)].map(([, verb]) => verb)
    expect(code).toBe(0)
    expect(verbs.join(' ')).toBe(
      'up demo down doctor open register reproduce approve deploy promote abort rollback pipeline run slots secret experiment backfill ci release promote-pipeline model explain lineage status query targets runtimes retention gc import export api completion version',
    )
    expect(stdout).toContain('evenkeel deploy churn@7 --canary 10 --wait')
    expect(stdout).toContain('9 rolled back automatically')
  })

  it('is what comes without a command', async () => {
    expect(await evenkeel()).toEqual(await evenkeel('--help'))
  })
})

describe('a slip of the fingers ends with 2', () => {
  it.each([
    [['staus'], 'Did you mean status?'],
    [['deploy', 'churn@7', '--wat'], 'Did you mean --wait?'],
    [['deploy'], "missing required argument 'version'"],
    [['rollback', 'churn'], "'--reason <reason>' not specified"],
    [['up', '--port', 'seventy'], 'a whole number from 1 to 65535'],
    [['up', '--port', '70.7'], 'a whole number from 1 to 65535'],
    [['deploy', 'churn@7', '--canary', '60'], 'a number from 0 to 50'],
    [['completion', 'csh'], 'bash, zsh and fish are known'],
    [['pipeline', 'validat'], 'Did you mean validate?'],
    [['run', 'list', '--limit', '0'], 'a whole number from 1 to 500'],
    [['run', 'start'], "missing required argument 'pipeline'"],
    [['run'], 'start a run'],
  ])('%j', async (args, says) => {
    const { code, stdout, stderr } = await evenkeel(...args)

    expect(code).toBe(2)
    expect(stdout).toBe('')
    expect(stderr).toContain(says)
  })
})

it.each(['bash', 'zsh', 'fish'])('the completion of %s knows every verb', async (shell) => {
  const { code, stdout } = await evenkeel('completion', shell)

  expect(code).toBe(0)
  for (const verb of ['up', 'demo', 'rollback', 'status', 'validate', 'retry']) expect(stdout).toContain(verb)
})

describe('the program itself', () => {
  const start = (...args: string[]) => promisify(execFile)(process.execPath, [program, ...args])

  it('prints JSON and nothing else when asked to', async () => {
    const { stdout, stderr } = await start('version', '--json')

    expect(JSON.parse(stdout)).toEqual({ version: '0.1.0', node: process.versions.node })
    expect(stderr).toBe('')
  })

  it('ends with the exit code of the failure', async () => {
    const failure = start('status', '--json', '--url', 'http://127.0.0.1:1')

    await expect(failure).rejects.toMatchObject({ code: 8, stdout: '' })
    await expect(failure).rejects.toThrow('cli.unreachable')
  })
})
