import { createClient } from '@evenkeel/client'
import { lineage } from '@evenkeel/contract'
import { clientOptions } from '../api.ts'

export const lineageApi = createClient(lineage, clientOptions)
