import { plural } from '../plural.ts'
import { attributesOf, isKind, itemsOf, type Made, nameOf, type Value } from './values.ts'

const libraries: Readonly<Record<string, string>> = {
  sklearn: 'scikit-learn',
  lightgbm: 'LightGBM',
  xgboost: 'XGBoost',
  catboost: 'CatBoost',
  numpy: 'NumPy',
  scipy: 'SciPy',
  pandas: 'pandas',
  torch: 'PyTorch',
  tensorflow: 'TensorFlow',
  keras: 'Keras',
}

/** What a library calls itself, by the name that it is imported with. */
export const libraryOf = (module: string): string => libraries[module.split('.')[0]!] ?? module.split('.')[0]!

const deepest = 4
const mostParts = 8

/** What a value is, in a few words: `a scikit-learn Pipeline of StandardScaler, RandomForestClassifier`. */
export function wordsOf(value: Value): string {
  if (isKind(value, 'made'))
    return `${article(libraryOf(value.by.module))} ${libraryOf(value.by.module)} ${nested(value, 0)}`
  if (isKind(value, 'dict')) {
    const keys = [...value.entries.keys()].slice(0, mostParts)
    return keys.length > 0 ? `a dictionary with ${keys.map((key) => `"${key}"`).join(', ')}` : 'a dictionary'
  }
  if (isKind(value, 'list', 'tuple')) return `a ${value.kind} of ${plural(value.items.length, 'value')}`
  if (isKind(value, 'import')) return `the name ${nameOf(value)}`
  return typeof value === 'object' ? 'a value' : `a ${typeof value}`
}

const article = (word: string) => (/^[AEIOX]/i.test(word) ? 'an' : 'a')

function nested(made: Made, depth: number): string {
  const parts = depth < deepest ? partsOf(made) : []
  const words = parts.slice(0, mostParts).map((part) => nested(part, depth + 1))
  if (parts.length > mostParts) words.push('…')
  if (words.length === 0) return made.by.name
  return depth === 0 ? `${made.by.name} of ${words.join(', ')}` : `${made.by.name} (${words.join(', ')})`
}

/** Attributes in which scikit-learn keeps what something is made of, as pairs of name and estimator. */
const namedParts = ['steps', 'transformers', 'transformer_list', 'estimators']
const single = ['best_estimator_', 'estimator', 'regressor']
/** Forests keep the kind of their trees under `estimator`, which says nothing. */
const wrappers = /\.(model_selection|calibration|multiclass|multioutput|compose|feature_selection|semi_supervised)\./

/** The estimators inside of one: the steps of a pipeline, what a search found best. */
export function partsOf(made: Made): readonly Made[] {
  const attributes = attributesOf(made)
  for (const name of namedParts) {
    const found = itemsOf(attributes.get(name)).map((pair) => itemsOf(pair)[1])
    const parts = found.filter((part) => isKind(part, 'made'))
    if (parts.length > 0) return parts
  }
  if (!wrappers.test(nameOf(made.by))) return []
  const one = single.map((name) => attributes.get(name)).find((part) => isKind(part, 'made'))
  return isKind(one, 'made') ? [one] : []
}

/** Classes of the estimators in a value, the outermost first, each once. */
export function estimatorsOf(value: Value): string[] {
  const found = new Set<string>()
  const visit = (made: Made, depth: number) => {
    found.add(nameOf(made.by))
    if (depth < deepest) for (const part of partsOf(made).slice(0, 100)) visit(part, depth + 1)
  }
  if (isKind(value, 'made')) visit(value, 0)
  return [...found]
}
