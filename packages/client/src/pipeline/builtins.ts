/** What a step that ships with Evenkeel reads and makes. */
export interface Builtin {
  readonly inputs: readonly string[]
  readonly outputs: readonly string[]
  /** Params of the run that it reads, by these names. */
  readonly params: readonly string[]
}

/** Every step of `packages/steps`; a test of the command line compares them. */
const declared = {
  'validate-data': { inputs: ['data'], outputs: [], params: ['eventTimeColumn', 'trainFrom', 'holdoutUntil'] },
  'build-training-set': {
    inputs: ['data'],
    outputs: ['train', 'holdout', 'schema'],
    params: [
      'label',
      'features',
      'eventTimeColumn',
      'featureViews',
      'trainFrom',
      'trainUntil',
      'holdoutFrom',
      'holdoutUntil',
      'trainRowLimit',
      'holdoutRowLimit',
    ],
  },
  'train-trees': {
    inputs: ['train', 'schema'],
    outputs: ['model', 'golden', 'baselines', 'training'],
    params: [
      'treeCount',
      'leafCount',
      'learningRate',
      'minRowsPerLeaf',
      'lambdaL2',
      'rowShare',
      'seed',
      'threadCount',
      'shuffleLabels',
      'backtestDays',
      'backtestTreeCount',
      'backtestRowLimit',
    ],
  },
  'evaluate-model': {
    inputs: ['model', 'training', 'holdout', 'schema'],
    outputs: ['evaluation'],
    params: [],
  },
  'register-model': {
    inputs: ['model', 'golden', 'baselines', 'training', 'evaluation', 'schema'],
    outputs: [],
    params: [],
  },
  'backcast-models': {
    inputs: ['rows', 'schema'],
    outputs: ['backcast'],
    params: ['model', 'versions', 'period', 'minRows'],
  },
} as const satisfies Readonly<Record<string, Builtin>>

export type Builtins = typeof declared
export const builtins: Readonly<Record<string, Builtin>> = declared
