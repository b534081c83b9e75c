import { type Model, type ModelOwner, registryErrors, registryEvents } from '@evenkeel/contract'
import { audit } from '../../../platform/audit.ts'
import type { Caller } from '../../../platform/auth.ts'
import { failures } from '../../../platform/errors.ts'
import { publish } from '../../../platform/events.ts'
import type { Changing } from '../catalog/changing.ts'
import type { Reader } from '../reader.ts'
import { ownerStore } from './owner-store.ts'

const fail = failures(registryErrors)

export interface OwnersNeeds {
  /** Whether somebody of this name may sign in. */
  readonly isUser: (projectId: string, name: string) => Promise<boolean>
}

interface OwnersDeps extends OwnersNeeds {
  readonly changing: Changing
  readonly reader: Reader
}

/** Who stands for a model. Whoever did once, and left, may stay; nobody new is named who is not there. */
export function createOwners({ changing, reader, isUser }: OwnersDeps) {
  async function requireKnown(
    { projectId, userName }: Caller,
    before: readonly ModelOwner[],
    after: readonly ModelOwner[],
  ) {
    for (const { kind, name } of after) {
      const isKnown =
        kind === 'team' || name === userName || before.some((one) => one.kind === kind && one.name === name)
      if (isKnown || (await isUser(projectId, name))) continue
      throw fail('registry.unknown_owner', { name }, { why: `There is no user "${name}".` })
    }
  }

  return {
    /** @throws DomainError `registry.model_not_found`, `registry.unknown_owner` */
    async setOwners(caller: Caller, model: string, wanted: readonly ModelOwner[]): Promise<Model> {
      const { projectId } = caller
      await requireKnown(caller, (await reader.getModel(projectId, model)).owners, wanted)
      await changing.model(caller, model, async ({ tx, key, actor }) => {
        const before = await ownerStore(tx).list(key)
        const after = await ownerStore(tx).replace(key, wanted)
        if (namesOf(before).join() === namesOf(after).join()) return
        await publish(tx, registryEvents, 'registry.owners_changed', { ...key, subject: model })
        const change = { before: { owners: namesOf(before) }, after: { owners: namesOf(after) } }
        await audit(tx, { projectId, actor, action: 'registry.set_owners', subject: model, ...change })
      })
      return reader.getModel(projectId, model)
    },
  }
}

const namesOf = (owners: readonly ModelOwner[]) => owners.map(({ kind, name }) => `${kind}:${name}`)
