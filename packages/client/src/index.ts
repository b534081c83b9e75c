export * from './http.ts'
export * from './pipeline/index.ts'
