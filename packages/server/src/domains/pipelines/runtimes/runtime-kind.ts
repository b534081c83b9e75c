import type { CodeFile, RuntimePackage, StepRuntime } from '@evenkeel/contract'
import type { JobLink } from '../executors/executor.ts'

/** A way to make a software environment from a lock file. */
export interface RuntimeKind {
  readonly kind: StepRuntime['kind']
  /**
   * Finds what would build it on this host.
   *
   * @throws RuntimeProblem when something is missing: what it is, and how to install it
   */
  toolFor(wanted: WantedRuntime): Promise<Tool>
  /**
   * Fills the folder of the site, which never moves afterwards.
   *
   * @throws RuntimeProblem when a command fails
   */
  build(site: Site): Promise<Built>
  /** Whether all that it leans on outside of its folder is still there. */
  isWhole(folder: string): Promise<boolean>
  /** What a step sees of an environment in this folder. */
  faceOf(folder: string): RuntimeFace
}

export interface WantedRuntime {
  readonly kind: StepRuntime['kind']
  readonly version: string | null
  readonly lock: CodeFile
  readonly manifest: CodeFile | null
}

export const wantedOf = (runtime: StepRuntime): WantedRuntime => ({
  kind: runtime.kind,
  version: runtime.kind === 'python' ? runtime.version : null,
  lock: runtime.lock,
  manifest: runtime.manifest ?? null,
})

export interface Tool {
  /** With its version, as in `uv 0.9.1`. */
  readonly name: string
  readonly program: string
  /** What the environment runs with, by path; null when the tool finds one itself. */
  readonly interpreter: string | null
  /** Of the interpreter; null when it is not known before. */
  readonly version: string | null
}

/** Where an environment is built. The files that pin it lie there, by the last part of their paths. */
export interface Site {
  readonly folder: string
  readonly wanted: WantedRuntime
  readonly tool: Tool
  /** Runs a command in the folder; all it writes goes to the log. @throws RuntimeProblem when it fails */
  run(command: readonly string[], variables?: Readonly<Record<string, string>>): Promise<void>
}

export interface Built {
  /** Of Python or Node, as it really is. */
  readonly version: string
  readonly packages: readonly RuntimePackage[]
}

export interface RuntimeFace {
  /** Folders that come first on the PATH. */
  readonly path: readonly string[]
  readonly variables: Readonly<Record<string, string>>
  readonly links: readonly JobLink[]
}

/** Why there is no environment, in words for the person who wrote the step. */
export class RuntimeProblem extends Error {
  override readonly name = 'RuntimeProblem'
  /** `config`: another try ends the same way. `infrastructure`: the network, the disk, a build that was cut short. */
  readonly fault: 'config' | 'infrastructure'
  constructor(fault: RuntimeProblem['fault'], message: string) {
    super(message)
    this.fault = fault
  }
}
