#!/usr/bin/env node
// Plain JavaScript for any Node from 20 on: the program itself needs Node 24, which `npm ci` brings.
import { spawn } from 'node:child_process'
// Not by name: older Nodes lack some of it.
import nodeModule from 'node:module'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'

const needed = 24

if (Number(process.versions.node.split('.')[0]) >= needed) {
  // Halves the time to the first output: TypeScript is stripped and compiled once, not at each start.
  nodeModule.enableCompileCache()
  await import('../src/main.ts')
} else {
  const child = spawn(findNode(), [fileURLToPath(import.meta.url), ...process.argv.slice(2)], { stdio: 'inherit' })
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) process.on(signal, () => child.kill(signal))
  child.on('exit', (code, signal) => {
    process.exitCode = code ?? (signal === 'SIGINT' ? 130 : 1)
  })
}

function findNode() {
  try {
    const manifest = nodeModule.createRequire(import.meta.url).resolve('node/package.json')
    return join(dirname(manifest), 'bin', process.platform === 'win32' ? 'node.exe' : 'node')
  } catch {
    process.stderr.write(
      `✗ Evenkeel needs Node ${needed}\n  why   this is Node ${process.versions.node}, and the npm package "node" is not installed\n  fix   npm ci   (or install Node ${needed})\n`,
    )
    process.exit(1)
  }
}
