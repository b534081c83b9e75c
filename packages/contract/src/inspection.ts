/** Files of Python's libraries, looked at without loading them. Apart from the index: only who inspects loads it. */
export { InspectionError } from './inspection/error.ts'
export * from './inspection/inspect.ts'
export * from './inspection/verdict.ts'
export * from './inspection/safetensors.ts'
