import { ask, findProgram } from '../tools.ts'

export interface Interpreter {
  readonly path: string
  /** `3.12.4` */
  readonly version: string
  /** Version of its own pip; null when it has none, or one that cannot install elsewhere. */
  readonly pip: string | null
  /** Version of the pip that it puts into new environments; null when it has none. */
  readonly newPip: string | null
}

/** Not the link that was found, but what it leads to: an environment keeps this path. */
const question = `
import sys
def version(of):
    try:
        return of()
    except Exception:
        return ''
def own():
    import pip, venv
    return pip.__version__
def new():
    import ensurepip, venv
    return ensurepip.version()
print(getattr(sys, '_base_executable', None) or sys.executable)
print('%d.%d.%d' % sys.version_info[:3])
print(version(own))
print(version(new))
`

/** A Python of this host that has the version, or any when it is null. */
export async function findInterpreter(wanted: string | null, searchPath: string): Promise<Interpreter | undefined> {
  for (const name of namesFor(wanted)) {
    const program = await findProgram(name, searchPath)
    const found = program && parse(await ask(program, ['-I', '-c', question], searchPath))
    if (found && fits(found.version, wanted)) return found
  }
  return undefined
}

function namesFor(wanted: string | null): string[] {
  const minor = wanted?.split('.').slice(0, 2).join('.')
  return [...(minor === undefined ? [] : [`python${minor}`]), 'python3', 'python']
}

function parse(answer: string | undefined): Interpreter | undefined {
  const [path, version, own = '', newPip = ''] = answer?.split('\n') ?? []
  if (!path || !version) return undefined
  return { path, version, pip: installsElsewhere(own) ? own : null, newPip: newPip || null }
}

/** From pip 22.3 on, by its option `--python`. */
function installsElsewhere(version: string): boolean {
  const [major = 0, minor = 0] = version.split('.').map(Number)
  return major > 22 || (major === 22 && minor >= 3)
}

const fits = (version: string, wanted: string | null): boolean =>
  wanted === null || version === wanted || version.startsWith(`${wanted}.`)
