import type { Metric, RunStep } from '@evenkeel/contract'
import { createHash } from 'node:crypto'
import { readFile, stat, writeFile } from 'node:fs/promises'
import { createServer } from 'node:http'
import { join } from 'node:path'
import { beforeEach, describe, expect, it, onTestFinished, vi } from 'vitest'
import { evenkeel, makeFolder, startFixture } from '../../testing.ts'
import { runOf, stepOf } from '../../testing-world.ts'

vi.setConfig({ testTimeout: 30_000 })

let folder: string
beforeEach(async () => {
  folder = await makeFolder()
})

const { id } = runOf()

describe('run metrics', () => {
  const metric = (name: string, value: Metric['value'], labels: Metric['labels'] = {}): Metric => ({
    name,
    value,
    labels,
    step: 3,
    time: null,
  })
  const other = '01a1fffa-35fa-72e4-a05a-000000000000'
  const ofRun: Record<string, Metric[]> = {
    [id]: [metric('auc', 0.75, { slice: 'eu' }), metric('loss', 'NaN'), metric('new', 1)],
    [other]: [metric('auc', 0.5, { slice: 'eu' }), metric('loss', 2)],
  }
  const ask = async (...args: string[]) => {
    const fixture = await startFixture({
      'pipelines.getRun': ({ params }) =>
        runOf({ id: params['run']!, steps: [stepOf('train', 'succeeded', { metrics: ofRun[params['run']!]! })] }),
    })
    onTestFinished(() => fixture.stop())
    return evenkeel('run', 'metrics', ...args, '--url', fixture.url, '--folder', folder)
  }

  it('prints the newest value of each', async () => {
    const { stdout } = await ask(id, 'train')

    expect(stdout.split('\n').slice(0, 3)).toEqual([
      'step   metric  labels    at  value',
      'train  auc     slice=eu  3   0.75',
      'train  loss              3   NaN',
    ])
  })

  it('compares two runs', async () => {
    const { stdout } = await ask(id, '--against', other, '--json')

    const { items, against } = JSON.parse(stdout)
    expect(against).toBe(other)
    expect(
      items.map(({ name, value, before }: { name: string; value: number; before: number }) => [name, value, before]),
    ).toEqual([
      ['auc', 0.75, 0.5],
      ['loss', 'NaN', 2],
      ['new', 1, null],
    ])
    expect((await ask(id, '--against', other)).stdout).toMatch(/auc +slice=eu +3 +0\.75 +0\.5 +\+0\.25/)
  })
})

describe('run download', () => {
  const digestOf = (text: string) => `sha256:${createHash('sha256').update(text).digest('hex')}`
  const list = (path: string) =>
    JSON.stringify({
      kind: 'evenkeel.folder',
      version: 1,
      files: [
        { path, digest: digestOf('hello'), sizeBytes: 5, executable: true },
        { path: 'b', digest: digestOf(''), sizeBytes: 0, executable: false },
      ],
    })
  const good = list('sub/a')
  const evil = list('../../evil')
  const contents = new Map(['hello', '', good, evil].map((text) => [digestOf(text), text]))

  /** A server that has one step with outputs, and what is stored of them. */
  async function serve(outputs: RunStep['outputs']): Promise<string> {
    const run = runOf({ steps: [stepOf('train', 'succeeded', { outputs })] })
    const server = createServer(({ url = '' }, response) => {
      const stored = contents.get(decodeURIComponent(url.slice('/api/v1/artifacts/'.length)))
      response.end(url.startsWith('/api/v1/runs/') ? JSON.stringify(run) : stored)
    })
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
    onTestFinished(() => void server.close())
    const address = server.address()
    return `http://127.0.0.1:${address !== null && typeof address === 'object' ? address.port : 0}`
  }

  const stored = (text: string, fileCount: number | null) => ({ digest: digestOf(text), sizeBytes: 5, fileCount })
  const get = async (url: string, output: string, to: string) =>
    evenkeel('run', 'download', id, 'train', output, '--to', to, '--url', url, '--folder', folder)

  it('writes a file, or a folder with what is executable, and nothing over what is there', async () => {
    const url = await serve({ file: stored('hello', null), model: stored(good, 2) })
    const to = (name: string) => join(folder, name)
    await writeFile(to('there'), 'mine')

    expect((await get(url, 'file', to('one'))).code).toBe(0)
    expect(await readFile(to('one'), 'utf8')).toBe('hello')
    expect((await get(url, 'model', to('two'))).code).toBe(0)
    expect(await readFile(to('two/sub/a'), 'utf8')).toBe('hello')
    expect((await stat(to('two/sub/a'))).mode & 0o100).toBe(0o100)
    expect((await stat(to('two/b'))).mode & 0o100).toBe(0)
    expect((await get(url, 'file', to('there'))).code).toBe(5)
    expect(await readFile(to('there'), 'utf8')).toBe('mine')
    expect((await get(url, 'absent', to('three'))).code).toBe(3)
  })

  it('writes nothing outside of the folder, whatever the list says', async () => {
    const url = await serve({ model: stored(evil, 2) })

    expect((await get(url, 'model', join(folder, 'deep/er/x'))).code).not.toBe(0)
    await expect(stat(join(folder, 'deep'))).rejects.toThrow('ENOENT')
    await expect(stat(join(folder, 'evil'))).rejects.toThrow('ENOENT')
  })
})
