import { openSeal, type Seal } from '../../platform/seal.ts'
import type { WebhookRow } from './store.ts'

type Sealed = Pick<WebhookRow, 'project_id' | 'webhook_id'>

export interface Secrets {
  close(of: Sealed, secret: string): Promise<Buffer>
  /** Null when there is none. @throws Error when another key sealed it */
  open(row: WebhookRow): Promise<string | null>
}

/** Keeps secrets of webhooks from whoever reads the database. */
export function createSecrets(folder: string): Secrets {
  let opened: Promise<Seal> | undefined
  const seal = () => (opened ??= openSeal(folder))
  const aboutOf = ({ project_id, webhook_id }: Sealed) => JSON.stringify(['webhook', project_id, webhook_id])
  return {
    close: async (of, secret) => (await seal()).close(secret, aboutOf(of)),
    open: async (row) => (row.secret === null ? null : (await seal()).open(row.secret, aboutOf(row))),
  }
}
