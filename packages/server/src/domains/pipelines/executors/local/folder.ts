import { chmod, copyFile, mkdir, rename, rm, symlink, writeFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { isErrno } from '../../../../platform/errors.ts'
import type { JobCode, JobSpec, PlaceFile } from '../executor.ts'

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
  { inputs, code, links = [] }: Pick<JobSpec, 'inputs' | 'code' | 'links'>,
  place: PlaceFile,
): Promise<void> {
  for (const name of ['control', 'inputs', 'outputs', 'scratch']) await mkdir(join(part, name), { recursive: true })
  await writeFile(join(part, 'control/context.json'), JSON.stringify(context, undefined, 2))
  for (const { path, digest } of inputs) {
    const target = join(part, 'inputs', path)
    await mkdir(dirname(target), { recursive: true })
    await place(digest, target)
  }
  if (code) await mkdir(join(part, 'code'))
  for (const file of code ?? []) await placeCode(part, file, place)
  if (code) for (const { path, target } of links) await symlink(target, join(part, 'code', path))
}

/** What is placed may share its bytes with the store; a job may write to its code. */
async function placeCode(part: string, { path, digest, executable }: JobCode, place: PlaceFile): Promise<void> {
  const target = join(part, 'code', path)
  const stored = join(part, 'scratch/stored')
  await mkdir(dirname(target), { recursive: true })
  await place(digest, stored)
  await copyFile(stored, target)
  await chmod(target, executable ? 0o755 : 0o644)
  await rm(stored)
}
