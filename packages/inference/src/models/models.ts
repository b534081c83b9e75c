import { setTimeout as sleep } from 'node:timers/promises'
import { isErrno } from '../files.ts'
import type { Log } from '../log.ts'
import { type ArtifactCache, DigestMismatch, DownloadRefused } from './artifact-cache.ts'
import { createTrialProcess, type TrialProcess } from './trial-process.ts'
import { type Artifact, openResident, Refused, type Resident } from './resident.ts'

/** The models of the node: on disk, and resident. */
export interface Models {
  /**
   * Makes every artifact resident, one after the other; what is resident already stays as it is.
   *
   * @throws Refused with the reason for the control plane
   * @throws AbortError when the signal aborts while the control plane does not answer
   */
  require(artifacts: readonly Artifact[], signal: AbortSignal): Promise<Resident[]>
  /** Lets go of what is not needed, in memory once it is not used any more, and on disk. */
  keepOnly(resident: readonly Artifact[], onDisk: readonly Artifact[]): Promise<void>
  stop(): Promise<void>
}

const keyOf = ({ model, version, digest }: Artifact): string => `${model}/${version}/${digest}`

export function createModels(cache: ArtifactCache, log: Log): Models {
  const residents = new Map<string, Resident>()

  async function load(artifact: Artifact, trials: TrialProcess, signal: AbortSignal): Promise<Resident> {
    const { digest, golden, path } = artifact
    const modelPath = await fetchPatiently(cache, digest, path, signal, log)
    const goldenPath =
      golden === null ? undefined : await fetchPatiently(cache, golden, path.replace(digest, golden), signal, log)
    const resident = await openResident(artifact, { modelPath, goldenPath }, trials)
    const { hiddenOutputs } = resident.proof.signature
    if (hiddenOutputs.length > 0)
      log.warn({ model: artifact.model, hiddenOutputs }, 'outputs that are no tensors are not served')
    return resident
  }

  async function retire(key: string): Promise<void> {
    const resident = residents.get(key)
    residents.delete(key)
    await resident?.retire()
  }

  return {
    async require(artifacts, signal) {
      const required: Resident[] = []
      const trials = createTrialProcess()
      try {
        for (const artifact of artifacts) {
          const resident = residents.get(keyOf(artifact)) ?? (await load(artifact, trials, signal))
          residents.set(keyOf(artifact), resident)
          required.push(resident)
        }
      } finally {
        trials.stop()
      }
      return required
    },
    async keepOnly(resident, onDisk) {
      const kept = new Set(resident.map(keyOf))
      const leaving = [...residents.keys()].filter((key) => !kept.has(key))
      await cache.prune(
        new Set(onDisk.flatMap(({ digest, golden }) => (golden === null ? [digest] : [digest, golden]))),
      )
      await Promise.all(leaving.map(retire))
    },
    async stop() {
      await Promise.all([...residents.keys()].map(retire))
    },
  }
}

/** Tries for ever while the control plane does not answer: a newer state ends it through the signal. */
async function fetchPatiently(
  cache: ArtifactCache,
  digest: string,
  path: string,
  signal: AbortSignal,
  log: Log,
): Promise<string> {
  for (let pauseMs = 250; ; pauseMs = Math.min(pauseMs * 2, 10_000)) {
    try {
      return await cache.fetch(digest, path, signal)
    } catch (error) {
      signal.throwIfAborted()
      if (error instanceof DigestMismatch) throw new Refused('digest', error.message)
      if (error instanceof DownloadRefused) throw new Refused('load', error.message)
      if (isErrno(error, 'ENOSPC', 'EDQUOT', 'EROFS', 'EACCES', 'EIO'))
        throw new Refused('disk', `${path}: ${String(error)}`)
      log.warn({ err: error, path }, 'an artifact could not be fetched; trying again')
      await sleep(pauseMs * (0.5 + Math.random() / 2), undefined, { signal })
    }
  }
}
