import { execFileSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import { appendFile, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, it } from 'vitest'
import { listSegments, recoverSegment } from './leftovers.ts'
import { type ClosedSegment, openRecorder, type RecorderOptions } from './recorder.ts'

let folder: string
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'evenkeel-recorder-'))
})
afterEach(() => rm(folder, { recursive: true, force: true }))

async function open(more: Partial<RecorderOptions> = {}) {
  const closed: ClosedSegment[] = []
  const problems: (string | undefined)[] = []
  const recorder = await openRecorder({
    folder,
    idPrefix: 'n1-boot',
    onClosed: (segment) => closed.push(segment),
    onProblem: (problem) => problems.push(problem),
    unsentBytes: () => 0,
    segmentAgeMs: () => 50,
    ...more,
  })
  return { recorder, closed, problems }
}
const contentOf = ({ path }: ClosedSegment) => readFile(path, 'utf8')

it('has every line on the disk when the write returns, and all of a moment in one file', async () => {
  const { recorder, closed } = await open({ segmentAgeMs: () => 60_000 })

  await Promise.all(Array.from({ length: 500 }, (_, i) => recorder.write(`{"i":${i}}\n`)))

  const [name] = await readdir(folder)
  const onDisk = await readFile(join(folder, name!), 'utf8')
  expect(onDisk.split('\n').filter(Boolean)).toEqual(Array.from({ length: 500 }, (_, i) => `{"i":${i}}`))
  expect(closed).toEqual([])
  await recorder.stop()
})

it('closes a segment by age with the digest of its content, and starts the next', async () => {
  const { recorder, closed } = await open()

  await recorder.write('{"a":1}\n')
  await expect.poll(() => closed.length).toBe(1)
  await recorder.write('{"b":2}\n')
  await recorder.stop()

  expect(closed.map(({ id }) => id)).toEqual(['n1-boot-0', 'n1-boot-1'])
  for (const segment of closed) {
    const digest = createHash('sha256')
      .update(await contentOf(segment))
      .digest('hex')
    expect(segment.digest).toBe(`sha256:${digest}`)
  }
})

it('closes a segment that was to wait longer as soon as it need not', async () => {
  let segmentAgeMs = 60_000
  const { recorder, closed } = await open({ segmentAgeMs: () => segmentAgeMs })

  await recorder.write('{"a":1}\n')
  segmentAgeMs = 20

  await expect.poll(() => closed.length).toBe(1)
  await recorder.stop()
})

it('closes a segment of 8 MiB at once', async () => {
  const { recorder, closed } = await open({ segmentAgeMs: () => 60_000 })

  await recorder.write(`${'x'.repeat(8 * 1024 ** 2)}\n`)

  await expect.poll(() => closed.length).toBe(1)
  await recorder.stop()
})

it('spreads a very large write over segments that the control plane takes, whole line by whole line', async () => {
  const { recorder, closed } = await open({ segmentAgeMs: () => 60_000 })
  const lines = Array.from({ length: 200_000 }, (_, i) => `{"i":${i},"text":"${'x'.repeat(100)}"}\n`)

  await recorder.write(lines.join(''))
  await recorder.stop()

  expect(closed.length).toBeGreaterThan(1)
  expect(Math.max(...closed.map(({ sizeBytes }) => sizeBytes))).toBeLessThan(13 * 1024 ** 2)
  const contents = await Promise.all(closed.map(contentOf))
  expect(contents.every((content) => content.endsWith('\n'))).toBe(true)
  expect(contents.join('') === lines.join('')).toBe(true)
})

it('writes what is asked for softly soon, without being asked again', async () => {
  const { recorder, closed } = await open()

  recorder.writeSoon('{"soft":1}\n')

  // 100 ms to the write and 50 ms of age; a busy machine may take much longer.
  await expect.poll(() => closed.length).toBe(1)
  expect(await contentOf(closed[0]!)).toBe('{"soft":1}\n')
  await recorder.stop()
})

it('refuses what must be kept, and counts what may be lost, while too much is unsent', async () => {
  const { recorder } = await open({ unsentBytes: () => 11, unsentLimitBytes: 10 })

  recorder.writeSoon('{"soft":1}\n')

  await expect(recorder.write('{"hard":1}\n')).rejects.toMatchObject({ status: 503, message: /wait to be sent/ })
  expect(recorder.dropped).toEqual({ disk: 0, unsent: 1 })
  await recorder.stop()
  expect(await readdir(folder)).toEqual([])
})

it('says what the disk said, loses no line that it took, and works again when there is room', async ({ skip }) => {
  const unmount = mountSmallDisk(folder)
  if (!unmount) return skip('only root can mount a small disk')
  try {
    const { recorder, closed, problems } = await open()
    await recorder.write('{"kept":1}\n')
    await writeFile(join(folder, 'ballast'), Buffer.alloc(2 * 1024 ** 2)).catch(() => undefined)

    const refusal = recorder.write(`${'x'.repeat(100_000)}\n`)
    await expect(refusal).rejects.toMatchObject({ status: 503, message: /ENOSPC/ })
    recorder.writeSoon(`${'y'.repeat(100_000)}\n`)
    await expect.poll(() => recorder.dropped.disk).toBe(1)
    await rm(join(folder, 'ballast'))
    await recorder.write('{"again":1}\n')
    await recorder.stop()

    expect(problems.some((problem) => problem?.includes('Free space on the disk'))).toBe(true)
    expect(problems.at(-1)).toBeUndefined()
    expect((await Promise.all(closed.map(contentOf))).join('')).toBe('{"kept":1}\n{"again":1}\n')
  } finally {
    unmount()
  }
})

function mountSmallDisk(path: string): (() => void) | undefined {
  try {
    execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=1m', 'tmpfs', path], { stdio: 'ignore' })
  } catch {
    return undefined
  }
  return () => execFileSync('umount', ['-l', path])
}

it('recovers whole lines of a process that was killed', async () => {
  const { recorder } = await open({ segmentAgeMs: () => 60_000 })
  await recorder.write('{"a":1}\n{"b":2}\n')
  const [name] = await listSegments(folder)
  await appendFile(join(folder, name!), '{"c":')

  const segment = await recoverSegment(folder, name!)

  expect(await contentOf(segment!)).toBe('{"a":1}\n{"b":2}\n')
  expect(segment).toMatchObject({ id: 'n1-boot-0', sizeBytes: 16 })
  await recorder.stop()
})

it('reserves room like the last segment took, of which nothing is left when a segment is closed or recovered', async () => {
  let segmentAgeMs = 20
  const { recorder, closed } = await open({ segmentAgeMs: () => segmentAgeMs })
  for (const count of [1, 2]) {
    await recorder.write(`${JSON.stringify('long'.repeat(2000))}\n`)
    await expect.poll(() => closed.length).toBe(count)
  }
  segmentAgeMs = 60_000
  await recorder.write('{"short":1}\n')
  const onDisk = await readFile(join(folder, 'n1-boot-2.jsonl'))
  await writeFile(join(folder, 'n1-killed-2.jsonl'), onDisk)
  await recorder.stop()

  expect(onDisk.length).toBe(8003)
  expect(await contentOf(closed[2]!)).toBe('{"short":1}\n')
  expect(await contentOf((await recoverSegment(folder, 'n1-killed-2.jsonl'))!)).toBe('{"short":1}\n')
})

it('removes a segment without a whole line, and what follows a torn one', async () => {
  await writeFile(join(folder, 'n1-old-9.jsonl'), '{"a"')
  await writeFile(join(folder, 'n1-old-10.jsonl'), '{"a":1}\n\0\0\n{"b":2}\n')

  expect(await listSegments(folder)).toEqual(['n1-old-9.jsonl', 'n1-old-10.jsonl'])
  expect(await recoverSegment(folder, 'n1-old-9.jsonl')).toBeUndefined()
  expect(await contentOf((await recoverSegment(folder, 'n1-old-10.jsonl'))!)).toBe('{"a":1}\n')
})
