export { ForeignModelError } from './error.ts'
export { readLightgbm } from './lightgbm.ts'
export { readXgboost } from './xgboost.ts'
