import type { FeatureSpec, Tree, TreeModel, TreeNode } from '../trees/model.ts'
import type { Loss } from '../trees/options.ts'
import { modelOf, scaled, treeFrom } from './build.ts'
import { ForeignModelError } from './error.ts'
import { floorToFloat32 } from './float32.ts'

/** The lines `key=value` of one part of the file. */
type Section = ReadonlyMap<string, string>

/**
 * Reads a model that LightGBM saved as text: `Booster.save_model`, or `model.txt` and `model.lgb` of MLflow.
 *
 * Numbers are compared as float32, as ONNX does. A categorical feature takes text: the categories of the pandas column
 * it was trained on, or the numbers that stood for them.
 *
 * @throws ForeignModelError for another file, and for what no ONNX file of ours can say: linear leaves, links other
 *   than identity, logistic and softmax
 * @see https://github.com/microsoft/LightGBM/blob/master/src/io/tree.cpp
 */
export function readLightgbm(text: string): TreeModel {
  const [head = '', ...parts] = text.split(/^end of trees$/m, 1)[0]!.split(/^Tree=/m)
  const header = sectionOf(head)
  if (!head.startsWith('tree\n') || !header.has('feature_names'))
    throw new ForeignModelError('It is no model of LightGBM; save it as text with Booster.save_model("model.txt").')
  const { loss, factor } = linkOf(header.get('objective'))
  const outputCount = Number(header.get('num_tree_per_iteration') ?? 1)
  if (!Number.isInteger(outputCount) || outputCount < 1 || (loss === 'softmax') !== outputCount > 1)
    throw new ForeignModelError(`The file says ${outputCount} trees a round, which does not go with its objective.`)
  const features = featuresOf(header, text)
  const trees = parts.map((part) => treeOf(sectionOf(part), features))
  // A random forest answers the mean of its trees.
  const share = head.includes('\naverage_output\n') ? outputCount / trees.length : 1
  const scale = factor * share
  return modelOf(
    loss,
    Array.from({ length: outputCount }, () => 0),
    features,
    scale === 1 ? trees : trees.map((tree) => scaled(tree, scale)),
  )
}

const sectionOf = (text: string): Section =>
  new Map(
    text.split('\n').flatMap((line): [string, string][] => {
      const at = line.indexOf('=')
      return at > 0 ? [[line.slice(0, at), line.slice(at + 1).trim()]] : []
    }),
  )

const identities = ['regression', 'regression_l1', 'huber', 'fair', 'quantile', 'mape', 'lambdarank', 'rank_xendcg']

/** What becomes of the sum of the leaves; `factor` belongs to each of them. */
function linkOf(objective = ''): { readonly loss: Loss; readonly factor: number } {
  const [name = '', ...options] = objective.split(' ')
  if (options.includes('sqrt')) throw unknownLink(objective)
  if (name === '' || name === 'custom' || identities.includes(name)) return { loss: 'squared', factor: 1 }
  if (name === 'cross_entropy') return { loss: 'logistic', factor: 1 }
  if (name === 'multiclass') return { loss: 'softmax', factor: 1 }
  const sigmoid = options.find((option) => option.startsWith('sigmoid:'))
  if (name === 'binary') return { loss: 'logistic', factor: Number(sigmoid?.slice('sigmoid:'.length) ?? 1) }
  throw unknownLink(objective)
}

const unknownLink = (objective: string) =>
  new ForeignModelError(
    `The objective "${objective}" is not known here; convert the model with onnxmltools, and import the ONNX file.`,
  )

function featuresOf(header: Section, text: string): FeatureSpec[] {
  const names = header.get('feature_names')!.split(' ')
  const infos = header.get('feature_infos')?.split(' ') ?? []
  const declared = /^\[categorical_feature: ([\d,]*)\]$/m.exec(text)?.[1]?.split(',').filter(Boolean).map(Number) ?? []
  const isCategorical = (at: number) => declared.includes(at) || /^-?\d+(:-?\d+)*$/.test(infos[at] ?? '')
  const columns = names.map((_, at) => at).filter(isCategorical)
  const known = pandasCategories(text)
  if (known.length > 0 && known.length !== columns.length)
    throw new ForeignModelError(
      `The file tells the categories of ${known.length} columns, and ${columns.length} features are categorical.`,
    )
  return names.map((name, at): FeatureSpec => {
    if (!isCategorical(at)) return { name, kind: 'numerical' }
    return { name, kind: 'categorical', categories: known[columns.indexOf(at)] ?? codesIn(infos[at]!) }
  })
}

/** Of each categorical column, its categories in the order of their codes; none when pandas had no part in it. */
function pandasCategories(text: string): string[][] {
  const found = /^pandas_categorical:(.*)$/m.exec(text)?.[1]
  if (found === undefined || found === 'null') return []
  const lists: unknown = JSON.parse(found)
  if (!Array.isArray(lists) || !lists.every((list) => Array.isArray(list)))
    throw new ForeignModelError('The line "pandas_categorical" cannot be read.')
  return lists.map((list: unknown[]) => list.map(String))
}

/** Categories that are only numbers are called by them. */
function codesIn(info: string): string[] {
  const largest = Math.max(-1, ...info.split(':').map(Number).filter(Number.isInteger))
  if (largest > 1_000_000) throw new ForeignModelError('A categorical feature has codes beyond 1,000,000.')
  return Array.from({ length: largest + 1 }, (_, code) => String(code))
}

function treeOf(section: Section, features: readonly FeatureSpec[]): Tree {
  if (section.get('is_linear') === '1')
    throw new ForeignModelError('Its leaves are linear models, which cannot be served; train with linear_tree=false.')
  const leafCount = Number(section.get('num_leaves'))
  const numbers = (key: string) => numbersIn(section, key)
  const [values, leafRows] = [numbers('leaf_value'), numbers('leaf_count')]
  const [columns, gains, rows] = [numbers('split_feature'), numbers('split_gain'), numbers('internal_count')]
  const [thresholds, types] = [numbers('threshold'), numbers('decision_type')]
  const [left, right] = [numbers('left_child'), numbers('right_child')]
  const [bounds, words] = [numbers('cat_boundaries'), numbers('cat_threshold')]
  const splitCount = leafCount - 1
  // Splits come first, then leaves; the file calls leaf 0 "−1".
  const numberOf = (child: number) => (child < 0 ? splitCount - child - 1 : child)
  const nodeAt = (at: number): TreeNode => {
    if (at >= splitCount)
      return { kind: 'leaf', value: given(values[at - splitCount]), rowCount: leafRows[at - splitCount] ?? 0 }
    const threshold = given(thresholds[at])
    const split = {
      feature: given(columns[at]),
      gain: gains[at] ?? 0,
      rowCount: rows[at] ?? 0,
      left: numberOf(given(left[at])),
      right: numberOf(given(right[at])),
    }
    if (given(types[at]) & 1)
      return { ...split, kind: 'categorical', codes: codesOf(words, bounds, threshold, features[split.feature]) }
    return {
      ...split,
      kind: 'numerical',
      threshold: floorToFloat32(threshold),
      missingLeft: isMissingLeft(types[at]!, threshold),
    }
  }
  return treeFrom(0, splitCount + leafCount, nodeAt)
}

function numbersIn(section: Section, key: string): number[] {
  const text = section.get(key) ?? ''
  if (text === '') return []
  const values = text.split(' ').map(numberIn)
  if (values.some(Number.isNaN)) throw new ForeignModelError(`The line "${key}" of a tree holds what is no number.`)
  return values
}

/** As C writes it. */
const numberIn = (text: string): number => Number(text.replace(/^(-?)inf$/, '$1Infinity'))

function given(value: number | undefined): number {
  if (value === undefined) throw new ForeignModelError('A tree is cut short; save the model again.')
  return value
}

/** Where NaN goes. What the model knows as missing is in bits 2 and 3: nothing, zero, or NaN. */
function isMissingLeft(type: number, threshold: number): boolean {
  const defaultsLeft = (type & 2) !== 0
  const zeroLeft = threshold >= 0
  const missing = (type >> 2) & 3
  // To such a model NaN is zero.
  if (missing === 0) return zeroLeft
  if (missing === 2 || defaultsLeft === zeroLeft) return defaultsLeft
  throw new ForeignModelError('It takes zeros for missing, which cannot be served; train with zero_as_missing=false.')
}

/** The codes of one split: a set of bits, 32 to a word. */
function codesOf(words: readonly number[], bounds: readonly number[], set: number, feature?: FeatureSpec): number[] {
  if (feature?.kind !== 'categorical')
    throw new ForeignModelError(`A tree splits "${feature?.name}" by categories, and it has none.`)
  const own = words.slice(given(bounds[set]), given(bounds[set + 1]))
  const codes = own.flatMap((word, at) =>
    Array.from({ length: 32 }, (_, bit) => 32 * at + bit).filter((_, bit) => (word >>> bit) & 1),
  )
  return codes.filter((code) => code < feature.categories.length)
}
