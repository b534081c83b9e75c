import type { RuntimePackage } from '@evenkeel/contract'
import { access, readdir, readFile } from 'node:fs/promises'
import { basename, join } from 'node:path'
import {
  type Built,
  type RuntimeKind,
  RuntimeProblem,
  type Site,
  type Tool,
  type WantedRuntime,
} from '../runtime-kind.ts'
import { ask, findProgram } from '../tools.ts'
import { findInterpreter } from './interpreter.ts'

/** Virtual environments: by uv where it is there, else by venv and pip. */
export function createPythonRuntime({ searchPath }: { readonly searchPath: string }): RuntimeKind {
  return {
    kind: 'python',

    async toolFor(wanted) {
      const uv = await findProgram('uv', searchPath)
      if (uv) return uvFor(uv, wanted, searchPath)
      if (isUvLock(wanted)) throw new RuntimeProblem('config', noUv)
      return pipFor(wanted, searchPath)
    },

    async build(site) {
      if (isUv(site.tool)) await buildWithUv(site)
      else await buildWithPip(site)
      return builtIn(site.folder)
    },

    // A link to an interpreter that somebody may have taken away.
    isWhole: (folder) =>
      access(pythonIn(folder)).then(
        () => true,
        () => false,
      ),

    faceOf: (folder) => ({
      path: [join(folder, 'venv/bin')],
      variables: { VIRTUAL_ENV: join(folder, 'venv') },
      links: [],
    }),
  }
}

const noUv =
  'Its lock file is a uv.lock, which only uv can read, and uv is not on the PATH of the server. ' +
  'Install it (https://docs.astral.sh/uv, or "pipx install uv"), or write a requirements file: "uv export > requirements.txt".'

const isUvLock = ({ lock }: WantedRuntime): boolean => basename(lock.path) === 'uv.lock'
const isUv = ({ name }: Tool): boolean => name.startsWith('uv ')
const pythonIn = (folder: string): string => join(folder, 'venv/bin/python')

async function uvFor(uv: string, { version }: WantedRuntime, searchPath: string): Promise<Tool> {
  const [, number = 'of an unknown version'] = /^uv (\S+)/.exec((await ask(uv, ['--version'], searchPath)) ?? '') ?? []
  // What is on the PATH of the server is found by us: uv runs with another one. What is nowhere, uv downloads.
  const found = await findInterpreter(version, searchPath)
  return { name: `uv ${number}`, program: uv, interpreter: found?.path ?? null, version: found?.version ?? null }
}

async function pipFor({ version }: WantedRuntime, searchPath: string): Promise<Tool> {
  const found = await findInterpreter(version, searchPath)
  if (!found) {
    const which = version === null ? 'Python 3' : `Python ${version}`
    const why = `It needs ${which}, and that is not on the PATH of the server. Install it, or install uv, which downloads it.`
    throw new RuntimeProblem('config', why)
  }
  const pip = found.pip ?? (found.newPip && `${found.newPip} (new)`)
  if (pip) return { name: `pip ${pip}`, program: found.path, interpreter: found.path, version: found.version }
  const why = `${found.path} cannot make environments with pip. Install its package "python3-venv", or install uv.`
  throw new RuntimeProblem('config', why)
}

/** The project itself is not there: a step brings its own code. */
const withoutProject = ['--no-install-project', '--no-install-workspace']

async function buildWithUv({ wanted, tool, folder, run }: Site): Promise<void> {
  const python = tool.interpreter ?? wanted.version
  const which = python === null ? [] : ['--python', python]
  // Written now, because nobody may write there later, and an import would compile anew each time.
  const variables = { UV_COMPILE_BYTECODE: '1', UV_PROJECT_ENVIRONMENT: join(folder, 'venv'), UV_NO_PROGRESS: '1' }
  if (isUvLock(wanted)) return run([tool.program, 'sync', '--frozen', ...withoutProject, ...which], variables)
  await run([tool.program, 'venv', ...which, 'venv'], variables)
  const inside = ['--python', pythonIn(folder)]
  await run([tool.program, 'pip', 'sync', ...inside, basename(wanted.lock.path)], variables)
  await run([tool.program, 'pip', 'check', ...inside])
}

/** As uv does it: what the file lists and nothing else, and then a look at whether that is all. */
async function buildWithPip({ wanted, tool, folder, run }: Site): Promise<void> {
  // A pip of its own would take as long as a dozen packages; the interpreter's can install there as well.
  const isNew = tool.name.endsWith(' (new)')
  await run([tool.program, '-m', 'venv', ...(isNew ? [] : ['--without-pip']), 'venv'])
  const which = isNew ? [pythonIn(folder), '-m', 'pip'] : [tool.program, '-m', 'pip', '--python', pythonIn(folder)]
  const pip = [...which, '--disable-pip-version-check', '--no-input']
  await run([...pip, 'install', '--no-deps', '--progress-bar', 'off', '-r', basename(wanted.lock.path)])
  await run([...pip, 'check'])
}

async function builtIn(folder: string): Promise<Built> {
  const config = await readFile(join(folder, 'venv/pyvenv.cfg'), 'utf8')
  const version = /^version(?:_info)?\s*=\s*(\d+\.\d+\.\d+)/m.exec(config)?.[1]
  if (version === undefined) throw new Error(`There is no version in ${folder}/venv/pyvenv.cfg: ${config}`)
  return { version, packages: await packagesIn(join(folder, 'venv/lib')) }
}

/** @see https://packaging.python.org/en/latest/specifications/recording-installed-packages/ */
async function packagesIn(lib: string): Promise<RuntimePackage[]> {
  const [python] = await readdir(lib)
  const names = await readdir(join(lib, python!, 'site-packages'))
  return names
    .flatMap((name) => {
      const [, distribution, version] = /^(.+)-([^-]+)\.dist-info$/.exec(name) ?? []
      return distribution && version ? [{ name: distribution, version }] : []
    })
    .toSorted((a, b) => (a.name < b.name ? -1 : 1))
}
