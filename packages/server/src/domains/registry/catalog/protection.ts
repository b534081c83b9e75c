import { registryErrors } from '@evenkeel/contract'
import { failures } from '../../../platform/errors.ts'
import type { ModelKey } from '../store.ts'

const fail = failures(registryErrors)

/** Where a model is used, now or ever. */
export interface ModelUse {
  readonly endpoints: readonly string[]
  /** Versions that were ever rolled out. */
  readonly versions: readonly number[]
  /** Where any of them was rolled out. */
  readonly environments: readonly string[]
}

export interface ProtectionNeeds {
  readonly useOf: (projectId: string, model: string) => Promise<ModelUse>
  readonly isProduction: (environment: string) => boolean
}

/** Aliases that follow rollouts, from the first one in production on. */
const followers: readonly string[] = ['champion', 'challenger']

/** Who may do what to a model once it is deployed. Every refusal says what to do instead. */
export function createProtection({ useOf, isProduction }: ProtectionNeeds) {
  const inProduction = async ({ projectId, model }: ModelKey) =>
    (await useOf(projectId, model)).environments.some(isProduction)

  return {
    /** @throws DomainError `registry.protected` */
    async requireFreeAlias(key: ModelKey, alias: string): Promise<void> {
      if (!followers.includes(alias) || !(await inProduction(key))) return
      throw refuse(
        key.model,
        `The alias '${alias}' of '${key.model}' follows what is deployed to production. ${deployInstead}`,
      )
    },

    /** @throws DomainError `registry.protected` */
    async requireFreeStage(key: ModelKey): Promise<void> {
      if (!(await inProduction(key))) return
      throw refuse(
        key.model,
        `The stage Production of '${key.model}' follows what is deployed to production. ${deployInstead}`,
      )
    },

    /** @throws DomainError `registry.protected` for a version that was rolled out: records and approvals name it */
    async requireNeverDeployed({ projectId, model }: ModelKey, version: number): Promise<void> {
      if (!(await useOf(projectId, model)).versions.includes(version)) return
      const why = `Version ${version} of '${model}' was deployed, and records of predictions and decisions name it.`
      throw refuse(model, `${why} Keep it, and archive it with the stage Archived if it should not be used.`)
    },

    /** @throws DomainError `registry.protected` for a model that an endpoint serves or served */
    async requireUnused({ projectId, model }: ModelKey, action: 'renamed' | 'deleted'): Promise<void> {
      const { endpoints } = await useOf(projectId, model)
      if (endpoints.length === 0) return
      const why = `'${model}' cannot be ${action}: it belongs to the endpoint ${endpoints.join(', ')}, whose records name it.`
      throw refuse(model, `${why} Create a model under another name instead.`)
    },
  }
}

export type Protection = ReturnType<typeof createProtection>

const deployInstead =
  'To change it, deploy the version (evenkeel deploy, or POST /api/v1/endpoints/{endpoint}/rollouts); that asks for the approval which production needs.'

const refuse = (model: string, why: string) => fail('registry.protected', { model }, { why })
