import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync } from 'node:fs'

/** `npm run bench -- NAME [options]`: runs `bench/NAME/bench.ts`, which prints a ratio against a peer. */
const [name, ...options] = process.argv.slice(2)
const file = new URL(`${name}/bench.ts`, import.meta.url)
if (!name || !existsSync(file)) {
  process.stderr.write('Say which bench: npm run bench -- trees | predict | pipeline | tracking | console\n')
  process.exitCode = 2
} else {
  const child = spawn(process.execPath, [file.pathname, ...options], { stdio: 'inherit' })
  const [code] = await once(child, 'exit')
  process.exitCode = Number(code ?? 1)
}
