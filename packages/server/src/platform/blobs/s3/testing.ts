import { CreateBucketCommand, S3Client } from '@aws-sdk/client-s3'
import { execFileSync, spawn } from 'node:child_process'
import { once } from 'node:events'
import { createServer } from 'node:net'
import { setTimeout as delay } from 'node:timers/promises'

/** The Python that has moto, a server that speaks S3; another one by `PYTHON_MOTO`. */
const python = process.env['PYTHON_MOTO'] ?? 'python3'

/** A bucket of a real S3 server of its own; undefined, and said so, where there is none to start. */
export async function startBucket(what = 'blobs in S3') {
  if (!hasMoto()) {
    process.stderr.write(`SKIPPED ${what}: ${python} has no moto; pip install 'moto[server]', or set PYTHON_MOTO\n`)
    return undefined
  }
  Object.assign(process.env, { AWS_ACCESS_KEY_ID: 'test', AWS_SECRET_ACCESS_KEY: 'test' })
  const port = await freePort()
  const endpoint = `http://127.0.0.1:${port}`
  const server = spawn(python, ['-m', 'moto.server', '-H', '127.0.0.1', '-p', String(port)], { stdio: 'ignore' })
  while (!(await fetch(`${endpoint}/moto-api/`).catch(() => undefined))) await delay(100)
  const client = new S3Client({ endpoint, forcePathStyle: true, region: 'us-east-1' })
  await client.send(new CreateBucketCommand({ Bucket: 'blobs' }))
  client.destroy()
  return {
    endpoint,
    url: (prefix: string, bucket = 'blobs') =>
      `s3://${bucket}/${prefix.split('/').map(encodeURIComponent).join('/')}?endpoint=${encodeURIComponent(endpoint)}`,
    async stop(): Promise<void> {
      server.kill()
      if (server.exitCode === null) await once(server, 'exit')
    },
  }
}

function hasMoto(): boolean {
  try {
    execFileSync(python, ['-c', 'import moto.server'], { stdio: 'ignore' })
    return true
  } catch {
    return false
  }
}

async function freePort(): Promise<number> {
  const probe = createServer().listen(0, '127.0.0.1')
  await once(probe, 'listening')
  const address = probe.address()
  probe.close()
  await once(probe, 'close')
  return address !== null && typeof address === 'object' ? address.port : 0
}
