import type { BlobStore } from '../../../../platform/blobs/blob-store.ts'
import { type Packages, packagesOf } from '../../runtimes/lock-packages.ts'
import type { RunPlanStep } from '../plan.ts'
import type { Remembered } from './compare.ts'
import type { CacheParts } from './parts.ts'

/** A step as it was planned once, with the packages of its lock file. */
export async function remember(
  blobs: Pick<BlobStore, 'bytes'>,
  parts: CacheParts,
  step: Pick<RunPlanStep, 'code' | 'runtime'> | undefined,
): Promise<Remembered> {
  const packages = step?.runtime ? await readPackages(blobs, step.runtime.lock) : undefined
  return { parts, code: step?.code ?? [], packages }
}

/** A lock file that is gone, or cannot be read, has no packages to name; that it changed is known without it. */
async function readPackages(
  blobs: Pick<BlobStore, 'bytes'>,
  { path, digest }: NonNullable<RunPlanStep['runtime']>['lock'],
): Promise<Packages | undefined> {
  try {
    return packagesOf(path, (await blobs.bytes(digest)).toString())
  } catch {
    return undefined
  }
}
