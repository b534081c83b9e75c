import { createClient } from '@evenkeel/client'
import { artifacts, datasets, modelImports } from '@evenkeel/contract'
import { clientOptions } from '../api.ts'
import { fetchTelling } from './upload.ts'

export const modelImportsApi = createClient(modelImports, clientOptions)
export const datasetsApi = createClient(datasets, clientOptions)
export const artifactsApi = createClient(artifacts, clientOptions)

/** Stores a file under its digest. @param onSent - told how many bytes are on their way */
export const upload = (file: File, onSent: (bytes: number) => void, signal: AbortSignal) =>
  createClient(artifacts, { ...clientOptions, fetch: fetchTelling(onSent) }).upload({ query: {}, file }, { signal })
