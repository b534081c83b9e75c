import type { Output } from '../output.ts'
import { durationText } from '../table.ts'

const everyMs = { terminal: 500, otherwise: 15_000 }

/** Says how far an import is, how fast, and how long it will take. */
export function createProgress(output: Output, { quiet }: { readonly quiet: boolean }) {
  const isTerminal = process.stderr.isTTY && !output.json && !quiet
  const everyFew = isTerminal ? everyMs.terminal : everyMs.otherwise
  const startedAt = performance.now()
  let [total, done, points, bytes] = [0, 0, 0, 0]
  let saidAt = startedAt

  function text(now: number): string {
    const left = done === 0 ? '' : `, ${durationText(((now - startedAt) / done) * Math.max(0, total - done))} left`
    return `${done} of ${total} runs, ${points} points, ${(bytes / 1e6).toFixed(1)} MB${left}`
  }

  function say(): void {
    const now = performance.now()
    if (now - saidAt < everyFew) return
    saidAt = now
    if (isTerminal) process.stderr.write(`\r\u001b[K${text(now)}`)
    else output.say(text(now))
  }

  return {
    expect(runs: number): void {
      total += runs
    },
    ran(): void {
      done++
      say()
    },
    brought(what: { readonly points?: number; readonly bytes?: number }): void {
      points += what.points ?? 0
      bytes += what.bytes ?? 0
      say()
    },
    /** Leaves the line of a terminal to what follows. */
    end(): void {
      if (isTerminal) process.stderr.write('\r\u001b[K')
    },
  }
}

export type Progress = ReturnType<typeof createProgress>
