export * from './open-inference.ts'
