import { createNodeRuntime } from './node/index.ts'
import { createPythonRuntime } from './python/index.ts'
import type { RuntimeKind } from './runtime-kind.ts'

/**
 * Every kind of software environment. A new one is a folder, a line here and a green conformance suite.
 *
 * @param searchPath - folders in which tools are looked for, as in PATH
 */
export const createRuntimeKinds = ({ searchPath }: { readonly searchPath: string }): readonly RuntimeKind[] => [
  createPythonRuntime({ searchPath }),
  createNodeRuntime({ searchPath }),
]
