import { createHash, randomBytes } from 'node:crypto'
import { once } from 'node:events'
import { readdir } from 'node:fs/promises'
import { request as httpRequest, type IncomingMessage } from 'node:http'
import { join } from 'node:path'
import { Readable } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { type Face, startFace } from './testing.ts'

let face: Face
beforeAll(async () => {
  face = await startFace()
})
afterAll(() => face.world.stop())

const artifacts = '/api/2.0/mlflow-artifacts/artifacts'
const at = (path: string) => `${artifacts}/${path.split('/').map(encodeURIComponent).join('/')}`

interface Sent {
  readonly status: number
  readonly body: string
  readonly headers: IncomingMessage['headers']
}

/** Sends exactly this address, which `fetch` would tidy up; a body without a length goes in chunks. */
function send(method: string, path: string, body?: Buffer, headers: Record<string, string> = {}): Promise<Sent> {
  const { hostname, port } = new URL(face.world.url)
  return new Promise((resolve, reject) => {
    const request = httpRequest({ hostname, port, method, path, headers }, (response) => {
      readAll(response).then(resolve, reject)
    })
    request.on('error', reject)
    request.end(body)
  })
}

async function readAll(response: IncomingMessage): Promise<Sent> {
  const chunks = await Array.fromAsync(response as AsyncIterable<Buffer>)
  return { status: response.statusCode!, body: Buffer.concat(chunks).toString(), headers: response.headers }
}

/** @returns the status of the answer to so many times the same bytes */
async function putRepeated(path: string, bytes: Buffer, times: number): Promise<number> {
  const { hostname, port } = new URL(face.world.url)
  const request = httpRequest({ hostname, port, method: 'PUT', path: at(path) })
  const answered = once(request, 'response')
  await pipeline(Readable.from(Array.from({ length: times }, () => bytes)), request)
  const [response] = (await answered) as [IncomingMessage]
  await readAll(response)
  return response.statusCode!
}

const put = (path: string, text = path, headers: Record<string, string> = {}) =>
  send('PUT', at(path), Buffer.from(text), { 'content-type': 'text/plain', ...headers })
const read = (path: string, headers: Record<string, string> = {}) => send('GET', at(path), undefined, headers)
const list = async (path?: string) =>
  (await face.call('GET', artifacts, path === undefined ? {} : { path })).body.files as { path: string }[]
const names = async (path: string) => (await list(path)).map((file) => file.path)
const codeOf = ({ status, body }: Sent) => ({ status, code: JSON.parse(body).error_code })
const invalidPath = { error_code: 'INVALID_PARAMETER_VALUE', message: 'Invalid path' }

describe('artifact proxy', () => {
  it('takes bytes of any type as they are, also JSON, and none at all', async () => {
    const texts = ['{"a": [1,', '', '"text"', '\u0000\u0001']
    for (const [index, text] of texts.entries()) {
      for (const type of ['application/json', 'text/html; charset=utf-8', 'no type', '']) {
        const name = `types/${index}-${type.length}`
        const answer = await send('PUT', at(name), Buffer.from(text), type === '' ? {} : { 'content-type': type })
        expect({ name, status: answer.status, body: answer.body }).toEqual({ name, status: 200, body: '{}' })
        expect((await read(name)).body).toBe(text)
      }
    }
  })

  it('takes an empty file that comes in chunks, as from the Python client', async () => {
    const headers = { 'transfer-encoding': 'chunked', 'content-type': 'application/json' }
    expect((await send('PUT', at('empty/chunked.json'), undefined, headers)).status).toBe(200)
    expect((await send('PUT', at('empty/length.json'), undefined, { 'content-length': '0' })).status).toBe(200)
    expect(await list('empty')).toEqual([
      { path: 'chunked.json', is_dir: false, file_size: 0 },
      { path: 'length.json', is_dir: false, file_size: 0 },
    ])
  })

  it('lists names without their folder, and says of each whether it is one', async () => {
    await put('list/a/b.txt', '12345')
    await put('list/c.txt', '1')
    expect(await list('list')).toEqual([
      { path: 'a', is_dir: true },
      { path: 'c.txt', is_dir: false, file_size: 1 },
    ])
    expect(await list('list/a/')).toEqual([{ path: 'b.txt', is_dir: false, file_size: 5 }])
    expect(await list('list/c.txt')).toEqual([])
    expect(await list('list/none')).toEqual([])
    expect((await list()).map((file) => file.path)).toContain('list')
  })

  it('keeps names as people write them', async () => {
    const odd = ['50 % done.txt', 'a b.txt', 'Größe.txt', '🛫 = ok?.txt', 'a&b+c;d,e.txt', "it's (1) [2].txt", '~.-_']
    for (const name of odd) expect((await put(`odd/${name}`, name)).status).toBe(200)
    for (const name of odd) expect((await read(`odd/${name}`)).body).toBe(name)
    expect((await names('odd')).toSorted()).toEqual(odd.toSorted())
  })

  it('answers a file to be saved, never to be run', async () => {
    await put('page/report 🛫.html', '<script>alert(1)</script>')
    const { headers } = await read('page/report 🛫.html')
    expect(headers['content-type']).toBe('text/html')
    expect(headers['content-disposition']).toMatch(/^attachment; .*filename\*=UTF-8''report%20%F0%9F%9B%AB\.html$/)
    expect(headers['x-content-type-options']).toBe('nosniff')
  })

  it('answers ranges, and nothing to who has it already', async () => {
    await put('ranges/digits.txt', '0123456789')
    const whole = await read('ranges/digits.txt')
    expect({ status: whole.status, length: whole.headers['content-length'] }).toEqual({ status: 200, length: '10' })

    const part = await read('ranges/digits.txt', { range: 'bytes=2-4' })
    expect({ status: part.status, body: part.body }).toEqual({ status: 206, body: '234' })
    expect((await read('ranges/digits.txt', { range: 'bytes=-3' })).body).toBe('789')
    expect(codeOf(await read('ranges/digits.txt', { range: 'bytes=10-' }))).toEqual({
      status: 400,
      code: 'INVALID_PARAMETER_VALUE',
    })
    const same = await read('ranges/digits.txt', { 'if-none-match': whole.headers.etag! })
    expect({ status: same.status, body: same.body }).toEqual({ status: 304, body: '' })
    const head = await send('HEAD', at('ranges/digits.txt'))
    expect({ status: head.status, length: head.headers['content-length'] }).toEqual({ status: 200, length: '10' })
  })

  it('deletes a file, a tree, and what is not there', async () => {
    for (const path of ['gone/a/1', 'gone/a/b/2', 'gone/a.txt', 'gone/file']) await put(path)
    expect(await send('DELETE', `${at('gone/a')}/`)).toMatchObject({ status: 200, body: '{}' })
    expect((await send('DELETE', at('gone/file'))).status).toBe(200)
    expect((await send('DELETE', at('gone/file'))).status).toBe(200)
    expect(await names('gone')).toEqual(['a.txt'])
    expect(codeOf(await read('gone/a/1'))).toEqual({ status: 404, code: 'RESOURCE_DOES_NOT_EXIST' })
    expect((await send('DELETE', `${artifacts}/`)).status).toBe(400)
  })

  it('refuses paths that leave the tree, in every spelling and by every door', async () => {
    const json = { 'content-type': 'application/json' }
    const parents = ['../a', 'a/../../b', '%2e%2e/a', '..%2fa', '%252e%252e%252fa', 'a/%2e%2e/%2e%2e/b', 'a%5c..%5cb']
    const absolute = ['/etc/passwd', '%2fetc%2fpasswd', 'C:/windows', 'file:%2f%2f%2fetc/passwd', '%5cserver']
    const attacks = [...parents, ...absolute, 'a%23b', 'a%00b', 'a%0ab', 'a%7fb']
    for (const attack of attacks) {
      for (const method of ['PUT', 'GET', 'DELETE']) {
        const answer = await send(method, `${artifacts}/${attack}`, method === 'PUT' ? Buffer.from('x') : undefined)
        expect({ attack, method, status: answer.status, ...JSON.parse(answer.body) }).toMatchObject({
          attack,
          method,
          status: 400,
          ...invalidPath,
        })
      }
      const listed = await send('GET', `${artifacts}?path=${attack}`)
      expect({ attack, status: listed.status }).toEqual({ attack, status: 400 })
      const begun = await send(
        'POST',
        `/api/2.0/mlflow-artifacts/mpu/create/${attack}`,
        Buffer.from('{"path":"f"}'),
        json,
      )
      expect({ attack, status: begun.status }).toEqual({ attack, status: 400 })
    }
    for (const bad of ['%', 'a%zz', 'a%ff']) expect((await send('GET', `${artifacts}/${bad}`)).status).toBe(400)
    expect((await send('PUT', `${artifacts}/folder/`, Buffer.from('x'))).status).toBe(400)
  })

  it('lets no path be a file and a folder at once, and says so in a way that nobody repeats', async () => {
    await put('clash/file')
    expect(codeOf(await put('clash/file/below'))).toEqual({ status: 400, code: 'INVALID_PARAMETER_VALUE' })
    expect(codeOf(await put('clash'))).toEqual({ status: 400, code: 'INVALID_PARAMETER_VALUE' })
    const outcomes = await Promise.all([put('clash/new'), put('clash/new/below')])
    expect(new Set(outcomes.map(({ status }) => status))).toEqual(new Set([200, 400]))
  })

  it('keeps nothing of a stream that is cut half-way, announced or in chunks', async () => {
    const { hostname, port } = new URL(face.world.url)
    const incoming = () => readdir(join(face.world.folder, 'blobs/incoming'))
    for (const headers of [{ 'content-length': '1000000' }, { 'transfer-encoding': 'chunked' }]) {
      const request = httpRequest({ hostname, port, method: 'PUT', path: at('cut/model.bin'), headers })
      request.on('error', () => {})
      request.write(randomBytes(100_000))
      await expect.poll(incoming, { interval: 10 }).toHaveLength(1)
      request.destroy()
      await expect.poll(incoming).toEqual([])
    }
    expect(await list('cut')).toEqual([])
  })

  it('takes more than any JSON route, and gives the same bytes back', async () => {
    const bytes = randomBytes(40 * 1024 ** 2)
    const response = await fetch(face.world.url + at('large/model.bin'), { method: 'PUT', body: bytes })
    expect(response.status).toBe(200)
    const back = await fetch(face.world.url + at('large/model.bin'))
    expect(Buffer.from(await back.arrayBuffer()).equals(bytes)).toBe(true)
  })

  it('takes long bodies, several at once, in no more memory than short ones', async () => {
    const mib = randomBytes(1024 ** 2)
    const idleBytes = process.memoryUsage().arrayBuffers
    let peakBytes = 0
    const watch = setInterval(() => (peakBytes = Math.max(peakBytes, process.memoryUsage().arrayBuffers)), 5)

    const answers = await Promise.all([1, 2, 3].map((n) => putRepeated(`long/${n}.bin`, mib, 64)))
    clearInterval(watch)

    expect(answers).toEqual([200, 200, 200])
    expect(peakBytes - idleBytes).toBeLessThan(40 * 1024 ** 2)
    const back = await fetch(face.world.url + at('long/3.bin'), { headers: { range: 'bytes=-1048576' } })
    expect(Buffer.from(await back.arrayBuffer()).equals(mib)).toBe(true)
  })

  it('lists 5,000 files of a folder at once', async () => {
    const rows = Array.from({ length: 5000 }, (_, i) => ({
      project_id: 'default',
      path: `many/${i}.txt`,
      digest: `sha256:${createHash('sha256').update(String(i)).digest('hex')}`,
      size_bytes: i,
      stored_at: new Date(),
    }))
    await face.world.platform.db.insertInto('artifacts.file').values(rows).execute()
    expect((await list('many')).length).toBe(5000)
    expect(await names('')).toContain('many')
  })

  it('asks for the right to write, and to read', async () => {
    const viewer = { authorization: `Bearer ${(await face.world.asRole('viewer')).token}` }
    await put('rights/a')
    expect((await read('rights/a', viewer)).status).toBe(200)
    expect(codeOf(await put('rights/b', 'b', viewer))).toEqual({ status: 403, code: 'PERMISSION_DENIED' })
    expect((await send('DELETE', at('rights/a'), undefined, viewer)).status).toBe(403)
    expect((await read('rights/a', { authorization: 'Bearer unknown' })).status).toBe(401)
  })

  it('declines presigned downloads for good', async () => {
    const { status, body } = await face.call('GET', '/api/2.0/mlflow-artifacts/presigned/a/b')
    expect({ status, code: body.error_code }).toEqual({ status: 501, code: 'NOT_IMPLEMENTED' })
  })
})

describe('uploads in parts', () => {
  const base = '/api/2.0/mlflow-artifacts/mpu'
  const begin = async (folder: string, path: string, count: number) =>
    (await face.call('POST', `${base}/create/${folder}`, { path, num_parts: count })).body as {
      upload_id: string
      credentials: { url: string; part_number: number; headers: Record<string, string> }[]
    }
  const sendPart = async (url: string, body: Buffer) => {
    const response = await fetch(url, { method: 'PUT', body: new Uint8Array(body) })
    return { status: response.status, etag: response.headers.get('etag') }
  }

  it('joins what came in any order, sent without a token', async () => {
    const bytes = randomBytes(250_000)
    const { upload_id, credentials } = await begin('parts/models', 'C:\\work\\big model.bin', 3)
    const parts = await Promise.all(
      credentials.toReversed().map(async ({ url, part_number }) => {
        const { etag } = await sendPart(url, bytes.subarray((part_number - 1) * 100_000, part_number * 100_000))
        return { part_number, etag, url }
      }),
    )
    const message = { path: '/tmp/big model.bin', upload_id, parts: parts.toReversed() }

    for (let turn = 0; turn < 2; turn++) {
      expect(await face.call('POST', `${base}/complete/parts/models`, message)).toEqual({ status: 200, body: {} })
    }
    const back = await fetch(face.world.url + at('parts/models/big model.bin'))
    expect(Buffer.from(await back.arrayBuffer()).equals(bytes)).toBe(true)
  })

  it('goes on after a part was missing or another one', async () => {
    const { upload_id, credentials } = await begin('parts', 'holes.bin', 2)
    const first = await sendPart(credentials[0]!.url, Buffer.from('one'))
    const complete = (parts: object[]) =>
      face.call('POST', `${base}/complete/parts`, { path: 'holes.bin', upload_id, parts })
    const one = { part_number: 1, etag: first.etag }
    expect((await complete([one, { part_number: 2, etag: '"x"' }])).body.message).toBe('Part 2 has not arrived.')
    expect((await complete([{ part_number: 1, etag: '"sha256:other"' }])).status).toBe(400)
    expect(await list('parts')).not.toContainEqual(expect.objectContaining({ path: 'holes.bin' }))

    const second = await sendPart(credentials[1]!.url, Buffer.from('two'))
    expect((await complete([one, { part_number: 2, etag: second.etag }])).status).toBe(200)
    expect((await read('parts/holes.bin')).body).toBe('onetwo')
  })

  it('ends with an abort, and takes nothing more', async () => {
    const { upload_id, credentials } = await begin('parts', 'aborted.bin', 1)
    expect((await face.call('POST', `${base}/abort/parts`, { path: 'aborted.bin', upload_id })).status).toBe(200)
    expect((await sendPart(credentials[0]!.url, Buffer.from('late'))).status).toBe(404)
    const late = await face.call('POST', `${base}/complete/parts`, { path: 'aborted.bin', upload_id, parts: [] })
    expect({ status: late.status, code: late.body.error_code }).toEqual({
      status: 404,
      code: 'RESOURCE_DOES_NOT_EXIST',
    })
  })

  it('is begun and ended only by who may write', async () => {
    const { token } = await face.world.asRole('viewer')
    expect((await face.call('POST', `${base}/create/parts`, { path: 'a', num_parts: 1 }, token)).status).toBe(403)
    expect((await face.call('POST', `${base}/create/parts`, { path: 'a', num_parts: 0 })).status).toBe(400)
    expect((await face.call('POST', `${base}/create/parts`, { path: 'a', num_parts: 10_001 })).status).toBe(400)
  })
})

describe('files of a run', () => {
  const pages = '/ajax-api/2.0/mlflow'
  async function newRun(experiment: object = { experiment_id: '0' }): Promise<{ id: string; root: string }> {
    const { body } = await face.call('POST', 'runs/create', experiment)
    const { run_id: id } = body.run.info
    return { id, root: `0/${id}/artifacts` }
  }

  it('lists them by paths below its root', async () => {
    const { id, root } = await newRun()
    await put(`${root}/a/b.txt`)
    await put(`${root}/c.txt`)
    const listing = async (path?: string) =>
      (await face.call('GET', 'artifacts/list', { run_id: id, ...(path && { path }) })).body
    expect(await listing()).toEqual({
      root_uri: `mlflow-artifacts:/${root}`,
      files: [
        { path: 'a', is_dir: true },
        { path: 'c.txt', is_dir: false, file_size: `${root}/c.txt`.length },
      ],
    })
    expect((await listing('a')).files).toMatchObject([{ path: 'a/b.txt', is_dir: false }])
    expect((await listing('c.txt')).files).toEqual([])
    expect((await face.call('GET', 'artifacts/list', { run_uuid: id })).status).toBe(200)
    expect((await face.call('GET', 'artifacts/list', { run_id: id, path: '../..' })).body).toMatchObject(invalidPath)
    expect((await face.call('GET', 'artifacts/list', { run_id: 'none' })).status).toBe(404)
    expect((await face.call('GET', 'artifacts/list')).body.message).toMatch(
      /^Missing value for required parameter 'run_id'/,
    )
  })

  it('gives one to a page, and takes one of up to 10 MB', async () => {
    const { id, root } = await newRun()
    const upload = (path: string, body: Buffer) =>
      send('POST', `${pages}/upload-artifact?run_uuid=${id}&path=${path}`, body, { 'content-type': 'text/plain' })
    expect((await upload('folder/note.json', Buffer.from('{'))).status).toBe(200)
    expect((await read(`${root}/folder/note.json`)).body).toBe('{')
    expect((await send('GET', `/get-artifact?run_uuid=${id}&path=folder/note.json`)).body).toBe('{')
    await face.call('POST', 'registered-models/create', { name: 'noted' })
    await face.call('POST', 'model-versions/create', { name: 'noted', source: `runs:/${id}/folder`, run_id: id })
    const version = '/model-versions/get-artifact?name=noted&version=1'
    expect((await send('GET', `${version}&path=note.json`)).body).toBe('{')
    expect((await send('GET', `${version}&path=..%2Fnote.json`)).status).toBe(400)
    expect(codeOf(await send('GET', `${version}0&path=note.json`)).status).toBe(404)
    expect((await send('GET', `/get-artifact?run_id=${id}&path=..%2Fx`)).status).toBe(400)
    expect(codeOf(await send('GET', `/get-artifact?run_id=${id}&path=none`)).status).toBe(404)
    expect(codeOf(await upload('big.bin', Buffer.alloc(10 * 1024 ** 2 + 1)))).toEqual({
      status: 400,
      code: 'INVALID_PARAMETER_VALUE',
    })
    expect(await names(root)).toEqual(['folder'])
  })

  it('leaves files that lie elsewhere to the client', async () => {
    const elsewhere = { name: 'elsewhere', artifact_location: 's3://bucket/folder' }
    const { id } = await newRun((await face.call('POST', 'experiments/create', elsewhere)).body)
    expect((await face.call('GET', 'artifacts/list', { run_id: id })).status).toBe(501)
  })
})
