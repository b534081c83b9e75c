import { registryEvents } from '@evenkeel/contract'
import type { z } from 'zod'
import type { Db } from '../../platform/db.ts'
import { publish } from '../../platform/events.ts'
import type { ModelKey } from './store.ts'

type Change = z.output<(typeof registryEvents)['registry.catalog_changed']>['change']

/** Tells what somebody said about a model, or about one of its versions when `of` has one. */
export async function publishChange(
  tx: Db,
  { projectId, model, version }: ModelKey & { readonly version?: number },
  change: Change,
  { key, value }: { readonly key?: string; readonly value?: string } = {},
): Promise<void> {
  const what = { version: version ?? null, key: key ?? null, value: value ?? null }
  const news = { projectId, subject: model, change, model, ...what }
  await publish(tx, registryEvents, 'registry.catalog_changed', news)
}
