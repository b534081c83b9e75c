import type { Run } from '@evenkeel/contract'
import { exitCodes } from '../../errors.ts'
import { type CommonOptions, connect, outputOf } from '../common.ts'
import { interrupted, onInterrupt } from './follow.ts'
import { chooseSteps, codeOfRun, findRun, hasEnded, type Pipelines, waitingApproval } from './runs.ts'

interface LogsOptions extends CommonOptions {
  readonly follow?: boolean
  /** The newest when it is left out. */
  readonly attempt?: number
}

/** Takes what a step has written since, without its step in front when there is one step only. */
type Write = (step: string, text: string) => void

const pauseMs = 500

/** Prints what a step wrote, or all steps in their order; with `--follow` until the run ends, with its outcome as exit code. */
export async function logs(id: string, step: string | undefined, options: LogsOptions): Promise<number> {
  const { pipelines } = await connect(options)
  const run = await findRun(pipelines, id)
  const chosen = chooseSteps(run, step)
  const readers = chosen.map(({ key }) => openReader(pipelines, run.id, key, options.attempt))
  const write = writer(options, chosen.length > 1)
  if (options.follow) return follow(pipelines, run, readers, write)
  for (const reader of readers) await reader.read(run, write)
  for (const reader of readers) reader.end(write)
  if (!options.json && readers.every(({ isEmpty }) => isEmpty())) outputOf(options).say('nothing was written yet')
  return exitCodes.ok
}

function writer({ json }: LogsOptions, named: boolean): Write {
  if (json) return (step, text) => void process.stdout.write(`${JSON.stringify({ step, text })}\n`)
  if (!named) return (_, text) => void process.stdout.write(`${text}\n`)
  return (step, text) => void process.stdout.write(`${step} │ ${text}\n`)
}

/** Reads the log of one step onwards, and hands over whole lines. */
function openReader(api: Pipelines, run: string, step: string, wanted: number | undefined) {
  let offset = 0
  let rest = ''
  let attempt = 0
  return {
    isEmpty: () => offset === 0,
    async read({ steps }: Run, write: Write): Promise<void> {
      const length = wanted ?? steps.find(({ key }) => key === step)?.attempts.length ?? 0
      // Each attempt has a log of its own, which begins anew.
      if (length !== attempt) this.end(write)
      if (length !== attempt) [attempt, offset] = [length, 0]
      for (;;) {
        const page = await api.readLog({
          params: { run, step },
          query: { offset, ...(wanted !== undefined && { attempt: wanted }) },
        })
        const lines = (rest + page.text).split('\n')
        rest = lines.pop()!
        for (const line of lines) write(step, line)
        if (page.nextOffset === offset) return
        offset = page.nextOffset
      }
    },
    /** A last line may have no end. */
    end(write: Write): void {
      if (rest !== '') write(step, rest)
      rest = ''
    },
  }
}

async function follow(
  api: Pipelines,
  started: Run,
  readers: readonly ReturnType<typeof openReader>[],
  write: Write,
): Promise<number> {
  const stop = onInterrupt()
  try {
    for (let run = started; ; run = await api.getRun({ params: { run: run.id } })) {
      const over = hasEnded(run.state)
      for (const reader of readers) await reader.read(run, write)
      if (over || waitingApproval(run)) {
        for (const reader of readers) reader.end(write)
        return codeOfRun(run)
      }
      if (await stop.waits(pauseMs)) return interrupted
    }
  } finally {
    stop.done()
  }
}
