import { ForeignModelError } from '@evenkeel/numerics'
import { parentPort, workerData } from 'node:worker_threads'
import { whyNotPython } from './python-file.ts'
import { convertTrees, type ConvertedTrees } from './trees.ts'

export interface ConversionTask {
  readonly bytes: Uint8Array
  readonly format: 'lightgbm' | 'xgboost' | 'python'
}

export type ConversionAnswer = ConvertedTrees | { readonly reason: string }

async function answer({ bytes, format }: ConversionTask): Promise<ConversionAnswer> {
  try {
    return format === 'python' ? { reason: await whyNotPython(bytes) } : convertTrees(bytes, format)
  } catch (error) {
    if (error instanceof ForeignModelError) return { reason: error.message }
    throw error
  }
}

parentPort!.postMessage(await answer(workerData as ConversionTask))
