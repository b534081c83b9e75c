import { parse } from 'yaml'
import { z } from 'zod'
import { CliError, exitCodes } from '../../errors.ts'

const Flavor = z.looseObject({
  data: z.string().optional(),
  model_data: z.string().optional(),
  pickled_model: z.string().optional(),
})
const MlModel = z.looseObject({ flavors: z.record(z.string(), Flavor) })

/** Flavors whose file can be converted, the best first. */
const known = ['onnx', 'lightgbm', 'xgboost', 'sklearn'] as const

/** Where the file that can be converted lies in a folder that MLflow wrote, as its `MLmodel` says. */
export function fileOfMlModel(yaml: string): string {
  const { flavors } = read(yaml)
  const flavor = known.find((name) => flavors[name] !== undefined)
  const { data, model_data: modelData, pickled_model: pickled } = flavors[flavor ?? ''] ?? {}
  const file = data ?? modelData ?? pickled
  if (file) return file.replace(/^\.\//, '')
  const others = Object.keys(flavors).filter((name) => name !== 'python_function')
  throw new CliError({
    code: 'cli.cannot_convert',
    message: 'The model cannot be converted.',
    why: `It was saved by ${others.join(', ') || 'Python'}, and none of its files is of a format that is known here.`,
    fix: 'Log it as ONNX too: mlflow.onnx.log_model(skl2onnx.to_onnx(model, X[:1], options={"zipmap": False}), name="onnx")',
    exitCode: exitCodes.usage,
  })
}

function read(yaml: string): z.infer<typeof MlModel> {
  try {
    return MlModel.parse(parse(yaml, { maxAliasCount: 100 }))
  } catch (error) {
    throw new CliError(
      {
        code: 'cli.cannot_convert',
        message: 'The file MLmodel cannot be read.',
        why: error instanceof Error ? error.message : String(error),
        fix: 'Give the file of the model itself: evenkeel register model.txt --model churn',
        exitCode: exitCodes.usage,
      },
      { cause: error },
    )
  }
}
