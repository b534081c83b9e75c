import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { open } from 'node:fs/promises'
import type { Answer, Birth, Order } from './spawner.ts'

/** Starts processes for the server, and collects them when they end. Started by spawner.ts only. */
process.on('message', ({ id, ...birth }: Order) => {
  void start(birth, () => answer({ id, isGone: true })).then(
    () => answer({ id }),
    (error: unknown) => answer({ id, error: (error as Error).message }),
  )
})
process.on('disconnect', () => process.exit(0))

function answer(told: Answer): void {
  if (process.connected) process.send!(told)
}

async function start({ program, args, cwd, environment, log }: Birth, onGone: () => void): Promise<void> {
  const out = await open(log, 'a')
  try {
    const child = spawn(program, args, {
      cwd,
      env: environment,
      detached: true,
      // A file, not a pipe: a pipe would break, and end the job, when this process dies.
      stdio: ['ignore', out.fd, out.fd],
    })
    await once(child.on('exit', onGone), 'spawn')
    child.unref()
  } finally {
    await out.close()
  }
}
