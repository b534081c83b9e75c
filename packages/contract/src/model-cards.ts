import { z } from 'zod'
import { ModelName, PageQuery, pageOf, Timestamp } from './common.ts'
import { defineEndpoints } from './endpoint.ts'
import { oneVersion } from './registry.ts'

/** Longest card, in characters. */
export const longestCard = 256 * 1024

const texts = z.union([z.string().min(1), z.array(z.string().min(1))], { error: 'write a text, or a list of texts' })

const identifier = (example: string) =>
  z.string().regex(/^[a-z0-9][a-z0-9.+_-]*$/, { error: `use lower case, digits and "-", as in ${example}` })

const Language = z.string().regex(/^([a-z]{2,3}(-[A-Za-z0-9]+)*|multilingual|code)$/, {
  error: 'use a code of ISO 639, as in en',
})

/** Results of an evaluation, in the words of Papers with Code. */
const EvaluationResult = z.looseObject({
  task: z.looseObject({ type: z.string(), name: z.string().optional() }),
  dataset: z.looseObject({
    type: z.string(),
    name: z.string(),
    config: z.string().optional(),
    split: z.string().optional(),
    revision: z.string().optional(),
  }),
  metrics: z
    .array(z.looseObject({ type: z.string(), value: z.union([z.number(), z.string()]), name: z.string().optional() }))
    .min(1),
  source: z.looseObject({ name: z.string().optional(), url: z.url() }).optional(),
})

/**
 * The machine-readable head of a model card; keys that Hugging Face does not know are the author's own.
 *
 * @see https://github.com/huggingface/hub-docs/blob/main/modelcard.md
 */
export const CardFrontMatter = z
  .looseObject({
    language: z
      .union([Language, z.array(Language)], { error: 'use a code of ISO 639, as in en, or a list of them' })
      .optional(),
    license: z
      .union([identifier('apache-2.0'), z.array(identifier('apache-2.0'))], {
        error: 'use lower case, digits and "-", as in apache-2.0, or a list of them',
      })
      .optional(),
    license_name: z.string().optional(),
    license_link: z.string().optional(),
    library_name: identifier('lightgbm').optional(),
    pipeline_tag: identifier('tabular-classification').optional(),
    tags: texts.optional(),
    datasets: texts.optional(),
    metrics: texts.optional(),
    base_model: texts.optional(),
    base_model_relation: z.enum(['finetune', 'adapter', 'quantized', 'merge']).optional(),
    'model-index': z.array(z.looseObject({ name: z.string(), results: z.array(EvaluationResult) })).optional(),
  })
  .refine(({ license, license_name: name }) => ![license].flat().includes('other') || name !== undefined, {
    path: ['license_name'],
    error: 'say how the license is called that "license: other" means',
  })
export type CardFrontMatter = z.infer<typeof CardFrontMatter>

/** What is wrong with a card, and where. */
export const CardIssue = z.object({
  /** As in `model-index.0.name`; empty for the whole. */
  path: z.string(),
  message: z.string(),
  /** Of the card, counted from 1; null when it cannot be told. */
  line: z.int().nullable(),
})
export type CardIssue = z.infer<typeof CardIssue>

/** A card as its author wrote it, without the decisions. */
export const ModelCard = z
  .object({
    model: ModelName,
    version: z.int(),
    /** 0 is the card that the version was registered with; each edit adds one. */
    revision: z.int().nonnegative(),
    card: z.string(),
    /** Empty when the card is what Hugging Face expects. */
    issues: z.array(CardIssue),
    reason: z.string(),
    editedBy: z.string(),
    editedAt: Timestamp,
  })
  .meta({ id: 'ModelCard' })
export type ModelCard = z.infer<typeof ModelCard>

export const CardEdit = ModelCard.pick({ revision: true, reason: true, editedBy: true, editedAt: true })
  .extend({ addedLines: z.int().nonnegative(), removedLines: z.int().nonnegative() })
  .meta({ id: 'CardEdit' })
export type CardEdit = z.infer<typeof CardEdit>

const described = z.strictObject({ description: z.string() })
const dataset = z.strictObject({ name: z.string(), link: z.url().optional(), description: z.string().optional() })

/**
 * A card as Google's Model Card Toolkit keeps it, version 0.0.2 of its schema.
 *
 * @see https://github.com/tensorflow/model-card-toolkit/blob/main/model_card_toolkit/schema/v0.0.2/model_card.schema.json
 */
export const ToolkitCard = z
  .strictObject({
    schema_version: z.literal('0.0.2'),
    model_details: z.strictObject({
      name: z.string(),
      overview: z.string().optional(),
      documentation: z.string().optional(),
      owners: z.array(z.strictObject({ name: z.string(), contact: z.string().optional() })),
      version: z.strictObject({ name: z.string(), date: z.iso.date(), diff: z.string().optional() }),
      licenses: z.array(
        z.union([z.strictObject({ identifier: z.string() }), z.strictObject({ custom_text: z.string() })]),
      ),
      references: z.array(z.strictObject({ reference: z.url() })),
      citations: z.array(z.strictObject({ style: z.string(), citation: z.string() })),
    }),
    model_parameters: z.strictObject({
      model_architecture: z.string().optional(),
      data: z.array(dataset),
      input_format: z.string().optional(),
      output_format: z.string().optional(),
    }),
    quantitative_analysis: z.strictObject({
      performance_metrics: z.array(
        z.strictObject({ type: z.string(), value: z.number(), slice: z.string().optional() }),
      ),
    }),
    considerations: z.strictObject({
      users: z.array(described),
      use_cases: z.array(described),
      limitations: z.array(described),
      tradeoffs: z.array(described),
      ethical_considerations: z.array(z.strictObject({ name: z.string(), mitigation_strategy: z.string().optional() })),
    }),
  })
  .meta({ id: 'ToolkitCard' })
export type ToolkitCard = z.infer<typeof ToolkitCard>

/** Cards of versions: read, edited, with their history, and as others want them. */
export const modelCards = defineEndpoints({
  get: {
    method: 'GET',
    path: '/api/v1/models/{model}/versions/{version}/card',
    summary: 'Read the card of a version as its author wrote it, now or as it was.',
    access: 'registry:read',
    params: oneVersion,
    query: z.object({ revision: z.coerce.number<number>().int().nonnegative().optional() }),
    success: { status: 200, body: ModelCard },
    errors: ['registry.version_not_found', 'registry.card_not_found'],
  },
  put: {
    method: 'PUT',
    path: '/api/v1/models/{model}/versions/{version}/card',
    summary: 'Write the card of a version in place of the revision that it was made from.',
    access: 'registry:write',
    params: oneVersion,
    body: z.object({
      card: z.string().max(longestCard),
      /** The revision that was edited: a card that somebody changed since is not overwritten. */
      revision: z.int().nonnegative(),
      reason: z.string().trim().max(1000).default(''),
    }),
    success: { status: 200, body: ModelCard },
    errors: ['registry.model_not_found', 'registry.version_not_found', 'registry.card_changed', 'registry.bad_card'],
  },
  listEdits: {
    method: 'GET',
    path: '/api/v1/models/{model}/versions/{version}/card/edits',
    summary: 'List who edited the card of a version when and why, newest first.',
    access: 'registry:read',
    params: oneVersion,
    query: PageQuery,
    success: { status: 200, body: pageOf(CardEdit) },
    errors: ['registry.version_not_found'],
  },
  toolkit: {
    method: 'GET',
    path: '/api/v1/models/{model}/versions/{version}/card/toolkit',
    summary: 'Read the card as JSON of the Model Card Toolkit, version 0.0.2.',
    access: 'registry:read',
    params: oneVersion,
    success: { status: 200, body: ToolkitCard },
    errors: ['registry.version_not_found'],
  },
})
