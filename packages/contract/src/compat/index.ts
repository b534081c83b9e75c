export * from './open-inference.ts'
export * from './mlflow/index.ts'
