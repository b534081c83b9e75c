import { createClient } from '@evenkeel/client'
import { backfills } from '@evenkeel/contract'
import { clientOptions } from '../api.ts'

export const backfillsApi = createClient(backfills, clientOptions)
