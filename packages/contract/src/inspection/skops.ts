import { InspectionError } from './error.ts'
import type { Use } from './pickle.ts'
import { type Import, nameOf } from './values.ts'

/** What the schema of a skops file names. */
export interface SkopsContent {
  readonly root: Import
  readonly imports: ReadonlyMap<string, { readonly of: Import; readonly uses: ReadonlySet<Use> }>
  readonly version: string | undefined
  readonly estimators: readonly string[]
}

const mostNodes = 1_000_000

/**
 * Reads `schema.json` of a skops file: a tree of nodes, each with the class or function that it stands for.
 *
 * @throws InspectionError
 * @see https://skops.readthedocs.io/en/stable/persistence.html
 */
export function readSkops(text: string): SkopsContent {
  const schema = parse(text)
  const imports = new Map<string, { of: Import; uses: Set<Use> }>()
  const estimators = new Set<string>()
  // A list instead of a recursion: the nesting of a hostile file has no bound.
  const left: unknown[] = [schema]
  for (let count = 0; left.length > 0; count++) {
    if (count > mostNodes) throw new InspectionError('The schema of the skops file is larger than is read.')
    const node = left.pop()
    if (typeof node !== 'object' || node === null) continue
    const of = importOf(node)
    if (of) imports.set(nameOf(of), { of, uses: new Set<Use>([useOf(node)]) })
    if (of && /^(sklearn|lightgbm|xgboost|catboost)\..*\.[A-Z]\w*$/.test(nameOf(of))) estimators.add(nameOf(of))
    for (const child of Object.values(node)) left.push(child)
  }
  const version = Reflect.get(schema, '_skops_version') as unknown
  const root = importOf(schema) ?? { kind: 'import', module: 'builtins', name: 'object' }
  return { root, imports, estimators: [...estimators], version: typeof version === 'string' ? version : undefined }
}

/** An object is made by `__new__` of its class; of functions there are only names. */
const useOf = (node: object): Use => (Reflect.get(node, '__loader__') === 'FunctionNode' ? 'named' : 'made')

function parse(text: string): object {
  try {
    const schema: unknown = JSON.parse(text)
    if (typeof schema === 'object' && schema !== null) return schema
  } catch (error) {
    throw new InspectionError('The schema of the skops file is not JSON.', { cause: error })
  }
  throw new InspectionError('The schema of the skops file is no object.')
}

function importOf(node: object): Import | undefined {
  const module = Reflect.get(node, '__module__') as unknown
  const name = Reflect.get(node, '__class__') as unknown
  return typeof module === 'string' && typeof name === 'string' ? { kind: 'import', module, name } : undefined
}
