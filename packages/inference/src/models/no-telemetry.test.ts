import { execFile } from 'node:child_process'
import { mkdtemp, readdir, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { expect, it } from 'vitest'
import { identity } from '../testing-onnx.ts'

const script = `
  const { openSession } = await import(process.argv[1])
  await openSession(process.argv[2])
  await new Promise((resume) => setTimeout(resume, 300))
  process.exit(0)
`

it('leaves nothing at home that ONNX Runtime would send to its vendor', async () => {
  const home = await mkdtemp(join(tmpdir(), 'evenkeel-home-'))
  const model = join(home, 'model.onnx')
  await writeFile(model, identity('float32'))
  const { ORT_DISABLE_TELEMETRY: _, ...environment } = process.env
  const session = new URL('session.ts', import.meta.url).href

  await promisify(execFile)(process.execPath, ['--input-type=module', '-e', script, session, model], {
    env: { ...environment, HOME: home, XDG_CACHE_HOME: '' },
  })
  const left = await readdir(home)
  await rm(home, { recursive: true })

  expect(left).toEqual(['model.onnx'])
})
