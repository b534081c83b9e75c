import { chmod, copyFile, mkdir, rename, rm, stat, symlink, writeFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { isErrno } from '../../../../platform/errors.ts'
import type { JobCode, JobInput, JobSpec, PlacedInput, PlaceFile } from '../executor.ts'

/**
 * Builds the folder of an attempt under another name and moves it into place, so it is there completely or not at all.
 *
 * @throws when an input cannot be placed; nothing is left then
 */
export async function prepare(home: string, job: JobSpec, place: PlaceFile): Promise<void> {
  const part = `${home}.part`
  await rm(part, { recursive: true, force: true })
  try {
    await fill(part, job.describe(home).context, job, place)
    await rename(part, home)
  } catch (error) {
    await rm(part, { recursive: true, force: true })
    // Another process was faster; its folder is as good as ours.
    if (!isErrno(error, 'ENOTEMPTY', 'EEXIST')) throw error
  }
}

async function fill(
  part: string,
  context: unknown,
  { inputs, code, secrets, links = [] }: Pick<JobSpec, 'inputs' | 'code' | 'secrets' | 'links'>,
  place: PlaceFile,
): Promise<void> {
  for (const name of ['control', 'inputs', 'outputs', 'scratch']) await mkdir(join(part, name), { recursive: true })
  await writeFile(join(part, 'control/context.json'), JSON.stringify(context, undefined, 2))
  const placed: PlacedInput[] = []
  for (const input of inputs) {
    const shared = await placeInput(part, input, place)
    if (shared) placed.push(shared)
  }
  if (placed.length > 0) await writeFile(join(part, 'control/placed.json'), JSON.stringify(placed))
  if (secrets && Object.keys(secrets).length > 0)
    await writeFile(join(part, 'control/secrets'), exportsOf(secrets), { mode: 0o600 })
  if (code) await mkdir(join(part, 'code'))
  for (const file of code ?? []) await placeCode(part, file, place)
  if (code) for (const { path, target } of links) await symlink(target, join(part, 'code', path))
}

/** What is placed may share its bytes with the store; a job may write to its code. */
const placeCode = (part: string, { path, digest, executable }: JobCode, place: PlaceFile): Promise<void> =>
  placeCopy(part, join(part, 'code', path), digest, place, executable ? 0o755 : 0o644)

async function placeCopy(part: string, target: string, digest: string, place: PlaceFile, mode: number): Promise<void> {
  const stored = join(part, 'scratch/stored')
  await mkdir(dirname(target), { recursive: true })
  await place(digest, stored)
  await copyFile(stored, target)
  await chmod(target, mode)
  await rm(stored)
}

/** @returns what to compare later, when the input shares its bytes with the store */
async function placeInput(part: string, input: JobInput, place: PlaceFile): Promise<PlacedInput | undefined> {
  const { path, digest, executable } = input
  const target = join(part, 'inputs', path)
  if (executable) {
    await placeCopy(part, target, digest, place, 0o555)
    return undefined
  }
  await mkdir(dirname(target), { recursive: true })
  await place(digest, target)
  const { nlink, size, mtimeMs } = await stat(target)
  return nlink > 1 ? { path, digest, sizeBytes: size, mtimeMs } : undefined
}

/** Read by a POSIX shell: nothing within single quotes means anything but a single quote. */
const exportsOf = (secrets: NonNullable<JobSpec['secrets']>): string =>
  Object.entries(secrets)
    .map(([name, value]) => `export ${name}='${value.replaceAll("'", `'\\''`)}'\n`)
    .join('')
