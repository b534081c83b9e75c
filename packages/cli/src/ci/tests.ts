import { PipelineFile, type StepFile } from '@evenkeel/contract'
import { spawn } from 'node:child_process'
import { join } from 'node:path'
import type { LoadedPipeline } from '../pipeline/load.ts'

/** A command that must end with 0. */
export interface ComponentTest {
  /** `churn`, or the folder of a step. */
  readonly of: string
  readonly command: NonNullable<StepFile['test']>
  readonly folder: string
}

export interface TestResult {
  readonly of: string
  readonly command: string
  readonly passed: boolean
  /** Null when a signal ended it, or it could not be started. */
  readonly exitCode: number | null
  readonly durationMs: number
  /** The last of what it wrote, both streams in their order. */
  readonly output: string
}

const shownBytes = 16 * 1024

/** The tests of pipelines and of the step folders they use, each once. */
export function testsOf(loaded: readonly LoadedPipeline[]): ComponentTest[] {
  const tests = loaded.flatMap(({ source, folder, project }): ComponentTest[] => {
    const file = PipelineFile.parse(source)
    const folders = Object.values(file.steps).flatMap(({ uses }) => (uses?.startsWith('./') ? [uses.slice(2)] : []))
    const parts = [...new Set(folders.map((path) => path.replace(/\/+$/, '')))]
    return [
      ...parts.flatMap((path): ComponentTest[] => {
        const { test } = project.step(path)
        return test === undefined ? [] : [{ of: path, command: test, folder: join(folder, path) }]
      }),
      ...(file.tests ?? []).map((command) => ({ of: file.name, command, folder })),
    ]
  })
  return [...new Map(tests.map((test) => [`${test.folder}\0${textOf(test.command)}`, test])).values()]
}

const textOf = (command: ComponentTest['command']): string =>
  typeof command === 'string' ? command.trim() : command.join(' ')

/** Runs a test as a process of its own, in its folder. */
export async function runTest({ of, command, folder }: ComponentTest): Promise<TestResult> {
  const startedAt = performance.now()
  const [program, ...args] = typeof command === 'string' ? ['/bin/sh', '-euc', command] : command.map(String)
  const child = spawn(program!, args, { cwd: folder, stdio: ['ignore', 'pipe', 'pipe'] })
  let output = ''
  const keep = (chunk: Buffer) => {
    output = (output + chunk.toString()).slice(-shownBytes)
  }
  child.stdout.on('data', keep)
  child.stderr.on('data', keep)
  const exitCode = await new Promise<number | null>((resolve) => {
    child.once('error', (error) => {
      output += error.message
      resolve(null)
    })
    child.once('close', resolve)
  })
  const durationMs = performance.now() - startedAt
  return { of, command: textOf(command), passed: exitCode === 0, exitCode, durationMs, output }
}
