import { createClient } from '@evenkeel/client'
import { experiments, runViews, trackedRuns } from '@evenkeel/contract'
import { clientOptions } from '../api.ts'

export const experimentsApi = createClient(experiments, clientOptions)
export const trackedRunsApi = createClient(trackedRuns, clientOptions)
export const viewsApi = createClient(runViews, clientOptions)
