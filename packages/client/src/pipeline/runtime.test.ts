import type { CodeFile } from '@evenkeel/contract'
import { describe, expect, it } from 'vitest'
import { compilePipeline } from './compile.ts'
import type { Sources } from './uses.ts'

const file = (path: string): CodeFile => ({ path, digest: `sha256:${'a'.repeat(64)}`, executable: false })

const files: Readonly<Record<string, string>> = {
  'uv.lock': '[[package]]\nname = "numpy"\nversion = "2.1.0"\nsource = { registry = "https://example.org/simple" }\n',
  'pyproject.toml': '[project]',
  'lone/uv.lock': '',
  'local/uv.lock': 'version = 1\n[[package]]\nname = "lib"\nsource = { editable = "../lib" }\n',
  'requirements.txt': 'numpy==2.1.0\nlib @ https://host/lib-1.0.whl # a comment\n',
  'editable.txt': 'numpy==2.1.0\n-e .\n',
  'path.txt': './dist/lib-1.0-py3-none-any.whl\n',
  'wheel.txt': 'dist/lib-1.0-py3-none-any.whl\n',
  'url.txt': 'lib @ file:///home/me/lib.whl\n',
  'other.txt': '-r base.txt\n',
  'js/package-lock.json': '{ "packages": { "node_modules/ms": { "version": "2.1.3" } } }',
  'js/package.json': '{}',
  'linked/package-lock.json': '{\n "node_modules/lib": {\n  "resolved": "../lib",\n  "link": true\n } }',
  'linked/package.json': '{}',
}

const sources: Sources = {
  step: () => ({ inputs: ['raw'], outputs: ['table'], run: ['./clean'] }),
  code: () => [],
  file: (path) => (path in files ? { file: file(path), text: files[path]! } : undefined),
}

const params = { from: { type: 'moment' }, until: { type: 'moment' } }
const compile = (steps: object, rest: object) => compilePipeline({ name: 'p', params, steps, ...rest }, sources)

function compiled(steps: object, rest: object = {}) {
  const result = compile(steps, rest)
  if (!result.ok) throw new Error(JSON.stringify(result.problems))
  return result.pipeline
}

function problemsOf(steps: object, rest: object = {}): string[] {
  const result = compile(steps, rest)
  return result.ok ? [] : result.problems.map(({ path, message }) => `${path.join('.')}: ${message}`)
}

const a = { run: 'true', outputs: ['out'] }

describe('the software of a step', () => {
  const python = { python: '3.12', lock: 'uv.lock' }

  it('is pinned by its lock file and what goes with it, and comes from defaults where it can', () => {
    const { spec } = compiled(
      {
        a,
        b: { ...a, runtime: { python: true, lock: 'requirements.txt' } },
        c: { uses: './steps/clean', with: { raw: '${{ steps.a.outputs.out }}' } },
        d: { ...a, runtime: { node: true, lock: 'js/package-lock.json' } },
        e: { ...a, runtime: 'none' },
        f: { uses: 'evenkeel/validate-data@1', with: { data: 'dataset:flights@from..until' } },
      },
      { defaults: { runtime: python } },
    )

    const uv = { kind: 'python', version: '3.12', lock: file('uv.lock'), manifest: file('pyproject.toml') }
    expect(spec.steps.map(({ runtime }) => runtime)).toEqual([
      uv,
      { kind: 'python', version: null, lock: file('requirements.txt') },
      uv,
      { kind: 'node', lock: file('js/package-lock.json'), manifest: file('js/package.json') },
      null,
      null,
    ])
  })

  it('of a step that is used is what that brings, unless the pipeline says otherwise', () => {
    const brings = {
      ...sources,
      step: () => ({ run: ['./clean'], runtime: { python: '3.11', lock: 'requirements.txt' } }),
      file: (path: string) => ({ file: file(path), text: files['requirements.txt']! }),
    }
    const steps = {
      a: { uses: './steps/clean' },
      b: { uses: './steps/clean', runtime: 'none' },
      c: { uses: './steps/clean', runtime: { python: true, lock: 'other.txt' } },
    }
    const result = compilePipeline({ name: 'p', steps, defaults: { runtime: python } }, brings)

    expect(result.ok && result.pipeline.spec.steps.map(({ runtime }) => runtime)).toEqual([
      { kind: 'python', version: '3.11', lock: file('steps/clean/requirements.txt') },
      null,
      { kind: 'python', version: null, lock: file('other.txt') },
    ])
  })

  it.each([
    [{ python: '3.12', lock: 'no.txt' }, 'There is no file "no.txt" below the project folder'],
    [{ python: '3.12', lock: 'lone/uv.lock' }, '"uv.lock" goes with the file "pyproject.toml" in the same folder'],
    [{ python: '3.12', lock: 'local/uv.lock' }, 'local/uv.lock, line 4: "../lib" is a path of your machine'],
    [{ python: '3.12', lock: 'poetry.lock' }, '"poetry.lock" is no lock file of Python'],
    [{ python: '3.12', lock: 'editable.txt' }, 'editable.txt, line 2: an editable install is a link to a folder'],
    [{ python: '3.12', lock: 'path.txt' }, 'path.txt, line 1: it is a path of your machine'],
    [{ python: '3.12', lock: 'wheel.txt' }, 'wheel.txt, line 1: it is a path of your machine'],
    [{ python: '3.12', lock: 'url.txt' }, 'url.txt, line 1: it is a path of your machine'],
    [{ python: '3.12', lock: 'other.txt' }, 'other.txt, line 1: only this file is sent'],
    [{ node: true, lock: 'yarn.lock' }, '"yarn.lock" is no lock file of npm'],
    [{ node: true, lock: 'linked/package-lock.json' }, 'linked/package-lock.json, line 4: it links a folder'],
  ])('%j: %s', (runtime, says) => {
    expect(problemsOf({ a: { ...a, runtime } })[0]).toContain(`steps.a.runtime.lock: ${says}`)
  })

  it('is told once where defaults are wrong, and a version without quotes what to write', () => {
    const wrong = { defaults: { runtime: { python: '3.12', lock: 'no.txt' } } }

    expect(problemsOf({ a, b: a }, wrong)).toEqual([
      expect.stringMatching(/^defaults\.runtime\.lock: There is no file/),
    ])
    expect(problemsOf({ a: { ...a, runtime: { python: 3.12, lock: 'uv.lock' } } })[0]).toMatch(/quotes/)
    expect(problemsOf({ a: { ...a, runtime: { python: 'newest', lock: 'uv.lock' } } })[0]).toMatch(/"3\.12"/)
    expect(problemsOf({ f: { uses: 'evenkeel/validate-data@1', runtime: 'none' } })[0]).toMatch(
      /^steps\.f\.runtime: "runtime" goes with commands/,
    )
  })
})
