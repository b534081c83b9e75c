import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { setTimeout as delay } from 'node:timers/promises'

/** A small process that waits, in a group of its own as a kept child is; asked to end, it prints when (nanoseconds). */
export async function startWaiting(): Promise<ChildProcess & { readonly pid: number }> {
  const end = `process.on('SIGTERM', () => process.stdout.write(' ' + process.hrtime.bigint(), () => process.exit(143)))`
  const code = `${end}; setInterval(() => {}, 1000); process.stdout.write('ready')`
  const child = spawn(process.execPath, ['-e', code], { stdio: ['ignore', 'pipe', 'ignore'], detached: true })
  await once(child.stdout, 'data')
  return Object.assign(child, { pid: child.pid! })
}

export async function until(what: string, happened: () => boolean | Promise<boolean>): Promise<void> {
  const giveUpAt = Date.now() + 10_000
  while (!(await happened())) {
    if (Date.now() > giveUpAt) throw new Error(`it did not happen within 10 s: ${what}`)
    await delay(10)
  }
}
