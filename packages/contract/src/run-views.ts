import { z } from 'zod'
import { Timestamp } from './common.ts'
import { defineEndpoints } from './endpoint.ts'

/** Views of one experiment. */
export const mostRunViews = 200

/** Such as `metric:auc`, `best-max:auc`, `param:lr` or `run:status`; keys have 250 characters at most. */
const Column = z.string().min(1).max(270)

/** How a table of runs is looked at: which runs, in which order, with which columns. */
export const RunViewContents = z
  .object({
    /** From left to right; null: those that the console shows while nobody chose. */
    columns: z.array(Column).max(500).nullable().default(null),
    /** In pixels, of columns that are not as wide as usual. */
    widthsPx: z
      .record(Column, z.int().min(60).max(1200))
      .refine((widths) => Object.keys(widths).length <= 500, { error: 'at most 500 columns' })
      .default({}),
    /** See docs/search.md. */
    filter: z.string().max(20_000).default(''),
    /** Such as `metrics.auc DESC`; the newest first when empty. */
    orderBy: z.array(z.string().max(1000)).max(20).default([]),
    /** Such as `params.optimizer`, `tags.team` or `status`; null: not grouped. */
    groupBy: z.string().max(1000).nullable().default(null),
  })
  .meta({ id: 'RunViewContents' })
export type RunViewContents = z.infer<typeof RunViewContents>

const Name = z.string().trim().min(1).max(100)

/** A way to look at the runs of an experiment, shared with everybody in the project. */
export const RunView = z
  .object({
    id: z.string(),
    name: z.string(),
    contents: RunViewContents,
    /** It opens when nothing else is asked for; one of an experiment at most. */
    isDefault: z.boolean(),
    madeBy: z.string(),
    createdAt: Timestamp,
    updatedBy: z.string(),
    updatedAt: Timestamp,
  })
  .meta({ id: 'RunView' })
export type RunView = z.infer<typeof RunView>

const experiment = z.object({ experiment: z.string() })
const one = experiment.extend({ view: z.string().max(64) })
const experimentNotFound = 'tracking.experiment_not_found'
/** What a filter or an order that cannot be read is refused with. */
const badFilter = 'tracking.bad_filter'
const changing = [experimentNotFound, 'tracking.wrong_lifecycle'] as const

/** Saved views of the table of runs. */
export const runViews = defineEndpoints({
  list: {
    method: 'GET',
    path: '/api/v1/experiments/{experiment}/views',
    summary: 'List the saved views of an experiment, by name.',
    access: 'tracking:read',
    params: experiment,
    success: { status: 200, body: z.object({ views: z.array(RunView) }) },
    errors: [experimentNotFound],
  },
  create: {
    method: 'POST',
    path: '/api/v1/experiments/{experiment}/views',
    summary: 'Save a view of the runs of an experiment, for everybody in the project.',
    access: 'tracking:write',
    params: experiment,
    body: z.object({ name: Name, contents: RunViewContents, isDefault: z.boolean().default(false) }),
    success: { status: 201, body: RunView },
    errors: [...changing, 'tracking.view_name_taken', 'tracking.too_many_views', badFilter],
  },
  update: {
    method: 'PATCH',
    path: '/api/v1/experiments/{experiment}/views/{view}',
    summary: 'Rename a view, change what it holds, or make it the one that opens; what is absent stays.',
    access: 'tracking:write',
    params: one,
    body: z.object({
      name: Name.optional(),
      contents: RunViewContents.optional(),
      /** True takes it from the view that had it. */
      isDefault: z.boolean().optional(),
    }),
    success: { status: 200, body: RunView },
    errors: [...changing, 'tracking.view_not_found', 'tracking.view_name_taken', badFilter],
  },
  delete: {
    method: 'DELETE',
    path: '/api/v1/experiments/{experiment}/views/{view}',
    summary: 'Delete a view; the runs stay.',
    access: 'tracking:write',
    params: one,
    success: { status: 200, body: RunView },
    errors: [...changing, 'tracking.view_not_found'],
  },
})
