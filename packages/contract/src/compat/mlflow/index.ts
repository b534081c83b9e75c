export * from './rpc.ts'
export * as mlflowScalars from './scalars.ts'
export * from './experiments.ts'
