import { type CodeFile, didYouMean, type FileStep, type StepFile, type StepSource } from '@evenkeel/contract'
import { type Builtin, builtins } from './builtins.ts'
import { gitUse } from './git-use.ts'
import { PipelineMistake } from './mistake.ts'

/** What lies beside the file of a pipeline. Each throws a PipelineMistake for what is not there. */
export interface Sources {
  /** The `step.yaml` of a folder, relative to the project folder. */
  step(folder: string): StepFile
  /**
   * The files that fit the globs, below a folder of the project (the project itself is ''), with paths relative to it.
   * Without globs: all that are not ignored.
   */
  code(folder: string, globs: readonly string[] | undefined): readonly CodeFile[]
  /** One file of the project, also one that is ignored; `undefined` when there is none at this path. */
  file(path: string): ProjectFile | undefined
  /** The folder of another repository; absent: none can be used. */
  git?(source: StepSource): StepFolder
}

/** A folder with a `step.yaml`, wherever it lies. Paths are below it. */
export interface StepFolder {
  readonly declared: StepFile
  readonly code: (globs: readonly string[] | undefined) => readonly CodeFile[]
  readonly file: (path: string) => ProjectFile | undefined
}

export interface ProjectFile {
  readonly file: CodeFile
  readonly text: string
}

/** What a step does: a command of its own, a step that ships with Evenkeel, or one in a folder of the project or of a repository. */
export type Body =
  | { readonly kind: 'run'; readonly run: NonNullable<FileStep['run']> }
  | { readonly kind: 'builtin'; readonly name: string; readonly declared: Builtin }
  | ({ readonly kind: 'folder'; readonly source?: StepSource } & StepFolder)
  /** It asks people and runs nothing. */
  | { readonly kind: 'approval' }

/** @throws PipelineMistake when it is none of these, or has keys that do not go with it */
export function bodyOf(step: FileStep, sources: Sources): Body {
  const { run, uses } = step
  if (!uses?.startsWith('git+')) {
    refuseKeys(step, ['credentials_secret'], 'opens a repository; it goes with "uses: git+https://…".')
  }
  if (run !== undefined && uses !== undefined) throw new PipelineMistake('Give either "run" or "uses", not both.')
  if (run !== undefined) {
    refuseKeys(step, ['with'], 'goes with "uses"; a command takes "params" and "inputs".')
    return { kind: 'run', run }
  }
  if (uses === undefined) throw new PipelineMistake('Say what the step does, with "run" or "uses".')
  refuseKeys(step, ['shell', 'params', 'inputs', 'outputs', 'code'], 'comes from the step that is used; give "with".')
  if (uses.startsWith('./')) return folderBody(uses, sources)
  if (uses.startsWith('git+')) return gitBody(uses, sources)
  refuseKeys(step, ['runtime'], 'goes with commands; a step that ships with Evenkeel brings its own.')
  return builtinBody(uses, step)
}

function refuseKeys(step: FileStep, keys: readonly (keyof FileStep)[], why: string): void {
  const found = keys.find((key) => step[key] !== undefined)
  if (found) throw new PipelineMistake(`"${found}" ${why}`, [found])
}

function folderBody(uses: string, sources: Sources): Body {
  const folder = uses.slice(2).replace(/\/+$/, '')
  if (folder.split('/').some((part) => ['', '.', '..'].includes(part))) {
    throw new PipelineMistake('Name a folder below the project folder, as in ./steps/clean.', ['uses'])
  }
  return {
    kind: 'folder',
    declared: sources.step(folder),
    code: (globs) => sources.code(folder, globs),
    file: (path) => sources.file(`${folder}/${path}`),
  }
}

function gitBody(uses: string, sources: Sources): Body {
  const source = gitUse(uses)
  if (sources.git) return { kind: 'folder', source, ...sources.git(source) }
  throw new PipelineMistake('A step of another repository is fetched by a server; compile with "evenkeel pipeline".', [
    'uses',
  ])
}

function builtinBody(uses: string, step: FileStep): Body {
  const [, name, version] = /^evenkeel\/([^@]+)(?:@(.*))?$/.exec(uses) ?? []
  const known = [...Object.keys(builtins), approveStep]
  if (name === undefined) {
    throw new PipelineMistake(
      'Use evenkeel/<step>@1, ./<folder> with a step.yaml, or git+https://<host>/<repository>//<folder>@<commit>.',
      ['uses'],
    )
  }
  if (name === approveStep && version === '1') return approvalBody(step)
  const declared = builtins[name]
  if (!declared) {
    const guess = didYouMean(name, known) || ` There are: ${known.join(', ')}.`
    throw new PipelineMistake(`No step "evenkeel/${name}" ships with Evenkeel.${guess}`, ['uses'])
  }
  if (version === '1') return { kind: 'builtin', name, declared }
  throw new PipelineMistake(`Name the version of the step: evenkeel/${name}@1 is the one there is.`, ['uses'])
}

const approveStep = 'approve'

function approvalBody(step: FileStep): Body {
  refuseKeys(step, ['retries', 'timeout', 'grace', 'env', 'cache'], 'goes with a command; an approval has "expires".')
  return { kind: 'approval' }
}

/** The names of a list, or of a map with a name as each key. */
export const namesOf = (declared: readonly string[] | Readonly<Record<string, unknown>> | undefined): string[] =>
  isList(declared) ? [...declared] : Object.keys(declared ?? {})

// `Array.isArray` does not know of lists that are read only.
const isList = (value: unknown): value is readonly string[] => Array.isArray(value)

export const outputsOf = (step: FileStep, body: Body): readonly string[] =>
  body.kind === 'run' ? namesOf(step.outputs) : body.kind === 'approval' ? [] : namesOf(body.declared.outputs)

/** Those of its outputs that are declared as folders. */
export function foldersOf(step: FileStep, body: Body): string[] {
  if (body.kind === 'approval') return []
  const declared = body.kind === 'run' ? step.outputs : body.declared.outputs
  if (declared === undefined || isList(declared)) return []
  return Object.entries(declared).flatMap(([name, kind]) => (kind === 'dir' ? [name] : []))
}
