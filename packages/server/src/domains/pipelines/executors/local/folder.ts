import { mkdir, rename, rm, writeFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { isErrno } from '../../../../platform/errors.ts'
import type { JobSpec, PlaceFile } from '../executor.ts'

/**
 * Builds the folder of an attempt under another name and moves it into place, so it is there completely or not at all.
 *
 * @throws when an input cannot be placed; nothing is left then
 */
export async function prepare(home: string, job: JobSpec, place: PlaceFile): Promise<void> {
  const part = `${home}.part`
  await rm(part, { recursive: true, force: true })
  try {
    await fill(part, job.describe(home).context, job.inputs, place)
    await rename(part, home)
  } catch (error) {
    await rm(part, { recursive: true, force: true })
    // Another process was faster; its folder is as good as ours.
    if (!isErrno(error, 'ENOTEMPTY', 'EEXIST')) throw error
  }
}

async function fill(part: string, context: unknown, inputs: JobSpec['inputs'], place: PlaceFile): Promise<void> {
  for (const name of ['control', 'inputs', 'outputs', 'scratch']) await mkdir(join(part, name), { recursive: true })
  await writeFile(join(part, 'control/context.json'), JSON.stringify(context, undefined, 2))
  for (const { path, digest } of inputs) {
    const target = join(part, 'inputs', path)
    await mkdir(dirname(target), { recursive: true })
    await place(digest, target)
  }
}
