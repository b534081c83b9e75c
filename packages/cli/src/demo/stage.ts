import type { Fact } from './facts.ts'

const QUIET_MS = 1000

/** Tells the story on the terminal: plain lines with the seconds since the start, on stderr. */
export function createStage(out: NodeJS.WriteStream = process.stderr) {
  const startedAt = performance.now()
  const seconds = () => (performance.now() - startedAt) / 1000
  let last = ''
  let lastAt = -QUIET_MS

  return {
    seconds,
    /** Prints a line; what only counts up (the same words with other numbers) is printed once a second at most. */
    say(text: string): void {
      const words = text.replaceAll(/\d+/g, '#')
      const now = performance.now()
      if (words === last && now - lastAt < QUIET_MS) return
      last = words
      lastAt = now
      out.write(`${seconds().toFixed(1).padStart(6)} s  ${text}\n`)
    },
    /** Prints the acts with what happened in each, and what should have and did not. */
    finish(facts: readonly Fact[]): void {
      out.write('\n')
      for (const { act, title, happened, says, problems } of facts) {
        out.write(`${happened ? '✓' : '✗'} ${String(act).padStart(2)} ${title.padEnd(20)} ${says}\n`)
        for (const problem of problems) out.write(`     ✗ ${problem}\n`)
      }
    },
  }
}

export type Stage = ReturnType<typeof createStage>
