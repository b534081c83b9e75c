import { z } from 'zod'
import { defineErrors } from './endpoint.ts'
import { CardIssue } from './model-cards.ts'
import { Stage } from './registry.ts'

export const registryErrors = defineErrors({
  'registry.model_not_found': {
    status: 404,
    message: 'No such model.',
    fix: 'List them with: evenkeel model list',
    details: z.object({ model: z.string() }),
  },
  'registry.version_not_found': {
    status: 404,
    message: 'No such model version.',
    fix: 'List them with: evenkeel model get MODEL',
    details: z.object({ model: z.string(), version: z.int() }),
  },
  'registry.alias_not_found': {
    status: 404,
    message: 'No such alias.',
    fix: 'Set it on a version of the model.',
    details: z.object({ model: z.string(), alias: z.string() }),
  },
  'registry.wrong_stage': {
    status: 409,
    message: 'The stage of the version does not allow this.',
    fix: 'Read the reason in the details.',
    details: z.object({ model: z.string(), version: z.int(), stage: Stage, reason: z.string() }),
  },
  'registry.bad_artifact': {
    status: 422,
    message: 'The artifact is not an ONNX model that can be served; nothing was registered.',
    fix: 'Upload the file that your exporter wrote, and check it with onnx.checker.',
    details: z.object({ reason: z.string() }),
  },
  'registry.bad_folder': {
    status: 422,
    message: 'The files are no folder of weights; nothing was registered.',
    fix: 'Read the reason; upload each file with PUT /api/v1/artifacts, and send the digests that it answers.',
    details: z.object({ reason: z.string() }),
  },
  'registry.unreadable_model': {
    status: 422,
    message: 'The file is not a model that can be converted; nothing was stored.',
    fix: 'Read the reason; save the model in a format that is known here: ONNX, text of LightGBM, JSON or UBJSON of XGBoost.',
    details: z.object({ reason: z.string() }),
  },
  'registry.no_artifact': {
    status: 409,
    message: 'The version has no ONNX file, only others: what a client of MLflow logged, or a folder of weights.',
    fix: 'Trees of LightGBM and XGBoost: evenkeel register MODEL@VERSION. Other models: export them to ONNX, and register that; see docs/models.md.',
    details: z.object({ model: z.string(), version: z.int() }),
  },
  'registry.no_files': {
    status: 409,
    message: 'The version has no files that a client of MLflow could load; it is an ONNX file.',
    fix: 'Download it with GET /api/v1/artifacts/{digest}.',
    details: z.object({ model: z.string(), version: z.int(), digest: z.string() }),
  },
  'registry.card_not_found': {
    status: 404,
    message: 'The card has no such revision.',
    fix: 'List them with: evenkeel model card MODEL@VERSION --history',
    details: z.object({ model: z.string(), version: z.int(), revision: z.int() }),
  },
  'registry.card_changed': {
    status: 409,
    message: 'Somebody else edited the card in the meantime; nothing was written.',
    fix: 'Read what changed, put your changes into the card as it is now, and save that.',
    details: z.object({
      revision: z.int(),
      editedBy: z.string(),
      editedAt: z.string(),
      reason: z.string(),
      /** Lines that begin with `+`, `-` or a blank; `…` stands for those that are left out. */
      changes: z.array(z.string()),
    }),
  },
  'registry.bad_card': {
    status: 422,
    message: 'The front matter of the card is not what Hugging Face expects; nothing was written.',
    fix: 'Correct the lines that are named; https://huggingface.co/docs/hub/model-cards says what belongs there.',
    details: z.object({ issues: z.array(CardIssue) }),
  },
  'registry.comment_not_found': {
    status: 404,
    message: 'No such comment.',
    fix: 'List them with: evenkeel model comment MODEL@VERSION',
    details: z.object({ comment: z.string() }),
  },
  'registry.not_yours': {
    status: 403,
    message: 'The comment is of somebody else.',
    fix: 'Answer it with a comment of your own; an administrator may delete it.',
    details: z.object({ comment: z.string(), author: z.string() }),
  },
  'registry.unknown_owner': {
    status: 422,
    message: 'An owner is not a user here; nothing was written.',
    fix: 'List the users with: evenkeel api GET /api/v1/users. A team has any name: team:risk.',
    details: z.object({ name: z.string() }),
  },
  'registry.nothing_to_download': {
    status: 409,
    message: 'The version has no files here that could be downloaded.',
    fix: 'Read the reason: its files lie elsewhere, or are too many for one archive.',
    details: z.object({ model: z.string(), version: z.int() }),
  },
  'registry.name_taken': {
    status: 409,
    message: 'A model of this name is there.',
    fix: 'Take another name, or add a version to it.',
    details: z.object({ model: z.string() }),
  },
  'registry.bad_value': {
    status: 422,
    message: 'A value is not one that can be kept; nothing was written.',
    fix: 'Read the reason, and send another value.',
    details: z.object({ field: z.string() }),
  },
  'registry.protected': {
    status: 403,
    message: 'It follows what is deployed.',
    fix: 'Deploy the version, with the approval that its environment asks for.',
    details: z.object({ model: z.string() }),
  },
})
