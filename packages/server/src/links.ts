import type { StoredFile } from '@evenkeel/contract'
import type { Artifacts } from './domains/artifacts/service.ts'
import type { Config } from './config.ts'
import type { Change } from './domains/monitoring/service.ts'
import type { Champion } from './domains/pipelines/needs.ts'
import type { Datasets } from './domains/datasets/service.ts'
import type { Deployments } from './domains/deployments/service.ts'
import type { Registry } from './domains/registry/service.ts'
import { folderBehind } from './domains/tracking/origins.ts'
import type { Db } from './platform/db.ts'

/** Answers that take two domains to give; `app.ts` hands them to the one that asks. */

/** The version in production, what it was trained on, and when in event time it got there. */
export function championOf(registry: Registry) {
  return async (projectId: string, model: string): Promise<Champion | null> => {
    const champion = await registry.champion(projectId, model)
    if (!champion) return null
    const { canary } = await registry.version(projectId, model, champion.version)
    return { ...champion, promotedEventTime: canary?.verdict === 'promoted' ? canary.eventTime : null }
  }
}

interface ChangeSources {
  readonly deployments: Deployments
  readonly datasets: Datasets
}

/** Rollouts of an endpoint and refused data in a span of event time, oldest first. */
export function changesBetween({ deployments, datasets }: ChangeSources) {
  return async (projectId: string, endpoint: string, from: string, until: string): Promise<readonly Change[]> => {
    const rollouts = await deployments.rolloutsBetween(projectId, endpoint, from, until)
    const refused = await datasets.refusedBetween(projectId, from, until)
    const changes = [
      ...rollouts.map(({ toVersion, state, eventTimeStart, startedAt, says }) => ({
        says: `version ${toVersion} was rolled out (${state}): ${says}`,
        link: `/deployments/${endpoint}`,
        at: eventTimeStart ?? startedAt,
      })),
      ...refused.map(({ dataset, version, eventTimeMin, checks }) => ({
        says: `${dataset}@${version} was refused: ${checks.find(({ status }) => status === 'fail')?.says ?? ''}`,
        link: null,
        at: eventTimeMin ?? from,
      })),
    ]
    return changes.toSorted((a, b) => a.at.localeCompare(b.at))
  }
}

/** What the environment says about lineage. */
export const lineageSettings = ({ folder, version, publicUrl, repositoryUrl, lineage }: Config) => ({
  folder,
  version,
  publicUrl,
  repository: repositoryUrl,
  ...lineage,
})

/** Files in a place that MLflow knows; null when clients keep them elsewhere. */
export const filesAt =
  ({ files }: Artifacts) =>
  async (projectId: string, uri: string, limit: number) => {
    const folder = folderBehind(uri)
    return folder === null ? null : files.listBelow(projectId, folder, limit)
  }

/** Folders of versions that are no ONNX, among the files that MLflow's clients read. */
export const versionFolders = ({ files }: Artifacts) => ({
  async keepFolder(tx: Db, projectId: string, folder: string, stored: readonly StoredFile[]): Promise<string> {
    await files.nameBelow(tx, projectId, folder, stored)
    return `mlflow-artifacts:/${folder}`
  },
  async dropFolder(tx: Db, projectId: string, uri: string): Promise<void> {
    const folder = folderBehind(uri)
    if (folder !== null) await files.deleteBelow(tx, projectId, [folder])
  },
})

/** Where a model is served, and by how much of the traffic of each endpoint. */
export const servingOf = (deployments: () => Deployments) => async (projectId: string, model: string) => {
  const endpoints = await deployments().everyEndpoint(projectId, model)
  return endpoints.map(({ name, environment, url, arms }) => ({ endpoint: name, environment, url, arms }))
}
