import { ForeignModelError } from '@evenkeel/numerics'
import { parentPort, workerData } from 'node:worker_threads'
import { convertTrees, type ConvertedTrees } from './trees.ts'

export interface ConversionTask {
  readonly bytes: Uint8Array
  readonly format: 'lightgbm' | 'xgboost'
}

export type ConversionAnswer = ConvertedTrees | { readonly reason: string }

function answer({ bytes, format }: ConversionTask): ConversionAnswer {
  try {
    return convertTrees(bytes, format)
  } catch (error) {
    if (error instanceof ForeignModelError) return { reason: error.message }
    throw error
  }
}

parentPort!.postMessage(answer(workerData as ConversionTask))
