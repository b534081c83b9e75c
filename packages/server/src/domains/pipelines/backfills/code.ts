import type { BackfillCode } from '@evenkeel/contract'

interface VersionTime {
  readonly version: number
  readonly created_at: Date
}

/**
 * The version each partition runs, fixed before the first one does.
 *
 * @param versions - ascending, at least one
 * @param starts - when each partition begins, epoch milliseconds
 * @returns one version per partition, or in words why there is none
 */
export function versionsFor(
  code: BackfillCode,
  versions: readonly VersionTime[],
  starts: readonly number[],
): number[] | string {
  if (code === 'current') return starts.map(() => versions.at(-1)!.version)
  if (code === 'as-of-run') return starts.map((start) => inForceAt(versions, start))
  const wanted = Number(code.slice('version:'.length))
  if (versions.some(({ version }) => version === wanted)) return starts.map(() => wanted)
  return `The pipeline has no version ${wanted}; the newest is ${versions.at(-1)!.version}.`
}

function inForceAt(versions: readonly VersionTime[], moment: number): number {
  const found = versions.findLast(({ created_at }) => created_at.getTime() <= moment)
  return (found ?? versions[0]!).version
}
