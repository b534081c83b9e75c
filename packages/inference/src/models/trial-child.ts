import { tryModel, type TrialRequest } from './trial.ts'

// One model after the other, so that they do not disturb each other's measurement.
let last: Promise<unknown> = Promise.resolve()

process.on('message', (request: TrialRequest) => {
  last = last.then(async () => process.send?.(await tryModel(request)))
})
