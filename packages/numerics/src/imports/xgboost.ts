import type { Tree, TreeModel, TreeNode } from '../trees/model.ts'
import type { Loss } from '../trees/options.ts'
import { modelOf, scaled, treeFrom } from './build.ts'
import { ForeignModelError } from './error.ts'
import { below } from './float32.ts'
import { readUbjson } from './ubjson.ts'

/**
 * Reads a model that XGBoost saved as JSON or UBJSON: `Booster.save_model`, `model.json`, `model.ubj`.
 *
 * @throws ForeignModelError for another file, and for what no ONNX file of ours can say: linear models, categorical
 *   splits, links other than identity, logistic and softmax
 * @see https://xgboost.readthedocs.io/en/stable/tutorials/saving_model.html
 */
export function readXgboost(bytes: Uint8Array): TreeModel {
  const learner = part(parse(bytes), 'learner')
  const { loss, hasProbability } = linkOf(text(part(learner, 'objective'), 'name'))
  const params = part(learner, 'learner_model_param')
  const outputCount = Math.max(1, Number(text(params, 'num_class')))
  if ((loss === 'softmax') !== outputCount > 1 || Number(params['num_target'] ?? 1) > 1)
    throw new ForeignModelError('It answers several values a row, which can be served only as classes of softmax.')
  const { booster, weights } = boosterOf(learner)
  const trees = list(booster, 'trees').map((tree, at) => scaled(treeOf(tree), weights?.[at] ?? 1))
  const names = namesOf(learner, Number(text(params, 'num_feature')))
  return modelOf(
    loss,
    baseScores(text(params, 'base_score'), outputCount, hasProbability),
    names.map((name) => ({ name, kind: 'numerical' })),
    inRounds(trees, numbers(booster, 'tree_info'), outputCount),
  )
}

type Part = Readonly<Record<string, unknown>>

function parse(bytes: Uint8Array): Part {
  try {
    // JSON begins with a brace and a quote or a space, UBJSON with a brace and the type of a length.
    const isJson = /^\{\s*"/.test(new TextDecoder().decode(bytes.subarray(0, 100)))
    const parsed: unknown = isJson ? JSON.parse(new TextDecoder().decode(bytes)) : readUbjson(bytes)
    if (isPart(parsed)) return parsed
  } catch (error) {
    if (!(error instanceof SyntaxError || error instanceof ForeignModelError)) throw error
  }
  throw new ForeignModelError('It is no model of XGBoost; save it with Booster.save_model("model.json").')
}

const isPart = (value: unknown): value is Part => typeof value === 'object' && value !== null && !Array.isArray(value)

function part(of: Part, key: string): Part {
  const found = of[key]
  if (isPart(found)) return found
  throw new ForeignModelError(`It is no model of XGBoost: "${key}" is missing.`)
}

function text(of: Part, key: string): string {
  const found = of[key]
  if (typeof found === 'string') return found
  throw new ForeignModelError(`It is no model of XGBoost: "${key}" is missing.`)
}

function list(of: Part, key: string): unknown[] {
  const found = of[key]
  if (Array.isArray(found)) return found
  throw new ForeignModelError(`It is no model of XGBoost: the list "${key}" is missing.`)
}

function numbers(of: Part, key: string): number[] {
  const found = list(of, key)
  if (found.every((value) => typeof value === 'number' || typeof value === 'boolean')) return found.map(Number)
  throw new ForeignModelError(`The list "${key}" holds what is no number.`)
}

function linkOf(objective: string): { readonly loss: Loss; readonly hasProbability: boolean } {
  if (objective === 'binary:logistic' || objective === 'reg:logistic') return { loss: 'logistic', hasProbability: true }
  if (objective === 'multi:softprob' || objective === 'multi:softmax') return { loss: 'softmax', hasProbability: false }
  if (objective === 'binary:logitraw') return { loss: 'squared', hasProbability: true }
  const isIdentity = /^(?:reg:(?:squarederror|linear|absoluteerror|pseudohubererror|quantileerror)|rank:)/.test(
    objective,
  )
  if (isIdentity) return { loss: 'squared', hasProbability: false }
  throw new ForeignModelError(
    `The objective "${objective}" is not known here; convert the model with onnxmltools, and import the ONNX file.`,
  )
}

/** The trees, and of a model with dropout how much each counts. */
function boosterOf(learner: Part): { readonly booster: Part; readonly weights?: readonly number[] } {
  const booster = part(learner, 'gradient_booster')
  const name = text(booster, 'name')
  if (name === 'gbtree') return { booster: part(booster, 'model') }
  if (name === 'dart')
    return { booster: part(part(booster, 'gbtree'), 'model'), weights: numbers(booster, 'weight_drop') }
  throw new ForeignModelError(`A "${name}" has no trees; convert it with onnxmltools, and import the ONNX file.`)
}

function namesOf(learner: Part, count: number): string[] {
  const names = Array.isArray(learner['feature_names']) ? learner['feature_names'].map(String) : []
  return names.length > 0 ? names : Array.from({ length: count }, (_, at) => `f${at}`)
}

/** `5E-1` or, since 3.1, `[5E-1]`; of a logistic model a probability. */
function baseScores(written: string, count: number, hasProbability: boolean): number[] {
  const values = written.replace(/[[\]]/g, '').split(',').map(Number)
  const scores = hasProbability ? values.map((share) => Math.log(share / (1 - share))) : values
  if (!scores.every(Number.isFinite)) throw new ForeignModelError(`The base score "${written}" cannot be read.`)
  return Array.from({ length: count }, (_, at) => scores[at] ?? scores[0]!)
}

function treeOf(tree: unknown): Tree {
  if (!isPart(tree)) throw new ForeignModelError('A tree is damaged.')
  const [left, right] = [numbers(tree, 'left_children'), numbers(tree, 'right_children')]
  const [features, conditions] = [numbers(tree, 'split_indices'), numbers(tree, 'split_conditions')]
  const [gains, hessians] = [numbers(tree, 'loss_changes'), numbers(tree, 'sum_hessian')]
  const defaultLeft = numbers(tree, 'default_left')
  if (Array.isArray(tree['split_type']) && tree['split_type'].some((type) => type === 1))
    throw new ForeignModelError('It splits by categories; convert it with onnxmltools, and import the ONNX file.')
  const nodeAt = (at: number): TreeNode => {
    const condition = conditions[at]
    if (condition === undefined) throw new ForeignModelError('A tree is cut short; save the model again.')
    const rowCount = Math.round(hessians[at] ?? 0)
    if (left[at] === -1) return { kind: 'leaf', value: condition, rowCount }
    return {
      kind: 'numerical',
      feature: features[at]!,
      // Left is what is less; ours is what is at most.
      threshold: below(Math.fround(condition)),
      missingLeft: defaultLeft[at] === 1,
      gain: gains[at] ?? 0,
      rowCount,
      left: left[at]!,
      right: right[at]!,
    }
  }
  return treeFrom(0, left.length, nodeAt)
}

/** Class after class, round after round; a round of a forest has several trees of a class one after the other. */
function inRounds(trees: readonly Tree[], classes: readonly number[], count: number): Tree[] {
  const ofClass = Array.from({ length: count }, (_, own) => trees.filter((_, at) => (classes[at] ?? 0) === own))
  if (new Set(ofClass.map(({ length }) => length)).size > 1)
    throw new ForeignModelError('Its classes have different numbers of trees.')
  return ofClass[0]!.flatMap((_, round) => ofClass.map((own) => own[round]!))
}
