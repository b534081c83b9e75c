import type { Slot } from '@evenkeel/contract'
import { exitCodes } from '../errors.ts'
import { cell, table } from '../table.ts'
import { type CommonOptions, connect, outputOf } from './common.ts'

export async function list(options: CommonOptions): Promise<number> {
  const { pipelines } = await connect(options)
  const { items } = await pipelines.listSlots()
  outputOf(options).result({ items }, () => (items.length > 0 ? lines(items) : nothingYet))
  return exitCodes.ok
}

export async function set(name: string, count: number, options: CommonOptions): Promise<number> {
  const { pipelines } = await connect(options)
  const { items } = await pipelines.putSlots({ body: { slots: { [name]: count } } })
  outputOf(options).result({ items }, () => (items.length > 0 ? lines(items) : nothingYet))
  return exitCodes.ok
}

const nothingYet = ['no slot yet', '  next   evenkeel slots set gpu 1, and "resources: { gpu: 1 }" in a step']

const lines = (items: readonly Slot[]): string[] =>
  table(
    ['slot', 'in use', 'held by', 'waiting'],
    items.map(({ name, capacity, heldBy, waiting }) => [
      name,
      `${heldBy.reduce((sum, { count }) => sum + count, 0)} of ${capacity}`,
      namesOf(heldBy),
      namesOf(waiting),
    ]),
  )

const namesOf = (steps: Slot['heldBy']): string =>
  cell(steps.map(({ run, step, count }) => `${step} of ${run}${count > 1 ? ` (${count})` : ''}`).join(', ') || '–', 100)
