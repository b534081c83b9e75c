import type { PipelineSpec } from '@evenkeel/contract'
import { mkdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { type Answers, ask, evenkeel, makeFolder, Refusal } from '../testing.ts'
import { pipelineOf, specOf } from '../testing-world.ts'

vi.setConfig({ testTimeout: 30_000 })

let folder: string
beforeEach(async () => {
  folder = await makeFolder()
  vi.spyOn(process, 'cwd').mockReturnValue(folder)
  await mkdir(join(folder, 'pipelines'))
})
afterEach(() => vi.restoreAllMocks())

const commit = 'c'.repeat(40)
const source = { repository: 'https://git.example.org/ml/steps.git', path: 'clean', commit }
const uses = `git+${source.repository}//clean@${commit}`
const digestOf = (letter: string) => `sha256:${letter.repeat(64)}`
const files = [
  { path: 'clean.sh', digest: digestOf('a'), executable: true },
  { path: 'step.yaml', digest: digestOf('b'), executable: false },
]

const pipeline = async (step: string) => {
  const file = join(folder, 'pipelines/words.yaml')
  await writeFile(file, `name: words\nsteps:\n  clean: ${step}\n`)
  return file
}

// JSON is YAML: this is the content of step.yaml.
const declared = { run: ['./clean.sh', '${{ params.limit }}'], params: { limit: { type: 'number', default: 3 } } }
const known: Answers = {
  'stepSources.fetch': () => ({ source, files }),
  'artifacts.download': () => declared,
}

describe('a step of another repository', () => {
  it('is fetched by the server, and becomes a step with its code and its commit', async () => {
    const file = await pipeline(`{ uses: '${uses}', credentials_secret: GIT, with: { limit: 5 } }`)
    const answers: Answers = {
      ...known,
      'pipelines.get': () => {
        throw new Refusal(404, 'pipelines.not_found')
      },
      'pipelines.put': () => pipelineOf({ name: 'words', spec: specOf() }),
    }
    const { code, asked } = await ask(answers, 'pipeline', 'apply', file)

    expect(code).toBe(0)
    expect(asked.find(({ operation }) => operation === 'stepSources.fetch')!.body).toEqual({
      ...source,
      credentialsSecret: 'GIT',
    })
    const put = asked.find(({ operation }) => operation === 'pipelines.put')!.body as PipelineSpec
    expect(put.steps).toMatchObject([{ key: 'clean', source, code: files, with: { limit: 5 } }])
  })

  it('that the server refuses is told where it stands in the file', async () => {
    const file = await pipeline(`{ uses: '${uses}' }`)
    const answers: Answers = {
      'stepSources.fetch': () => {
        throw new Refusal(422, 'pipelines.step_source_refused', {
          detail: 'The repository has no such commit.',
          details: { reason: 'The repository has no such commit.' },
        })
      },
    }
    const { code, stdout } = await ask(answers, 'pipeline', 'validate', file)

    expect(code).toBe(2)
    expect(stdout).toContain('words.yaml:3:18 The repository has no such commit.')
  })

  it.each([
    ['git+https://git.example.org/r//clean@v1.2', 'Find it with: git ls-remote https://git.example.org/r v1.2'],
    ['git+https://git.example.org/r//clean', 'Write git+https://<host>/<repository>//<folder>@<commit>'],
    [`git+http://git.example.org/r@${commit}`, 'Write git+https://'],
    [`git+https://u:p@git.example.org/r@${commit}`, 'a secret is named apart from it'],
    [`git+https://git.example.org/r//../x@${commit}`, 'must lead to a folder below'],
  ])('%s is refused without a server', async (wrong, says) => {
    const { code, stdout } = await evenkeel('pipeline', 'validate', await pipeline(`{ uses: '${wrong}' }`))

    expect(code).toBe(2)
    expect(stdout).toContain(says)
  })

  it('alone takes a secret that opens it', async () => {
    const file = await pipeline('{ run: "true", code: [], credentials_secret: GIT }')
    const { stdout } = await evenkeel('pipeline', 'validate', file)

    expect(stdout).toContain('"credentials_secret" opens a repository')
  })
})
