import { parentPort, workerData } from 'node:worker_threads'

const limitBytes = (workerData as number) * 1024 ** 2

/** Ends the process when it outgrows its limit, also while its main thread is held. */
function check(): void {
  if (process.memoryUsage.rss() > limitBytes) process.kill(process.pid, 'SIGKILL')
}

check()
setInterval(check, 20)
parentPort!.postMessage('ready')
