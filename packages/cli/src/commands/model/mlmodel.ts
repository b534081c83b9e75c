import { parse } from 'yaml'
import { z } from 'zod'
import { CliError, exitCodes } from '../../errors.ts'

const Flavor = z.looseObject({ data: z.string().optional(), model_data: z.string().optional() })
const MlModel = z.looseObject({ flavors: z.record(z.string(), Flavor) })

/** Flavors whose file can be converted, the best first. */
const known = ['onnx', 'lightgbm', 'xgboost'] as const

/** Where the file that can be converted lies in a folder that MLflow wrote, as its `MLmodel` says. */
export function fileOfMlModel(yaml: string): string {
  const { flavors } = read(yaml)
  const flavor = known.find((name) => flavors[name] !== undefined)
  const file = flavor && (flavors[flavor]!.data ?? flavors[flavor]!.model_data)
  if (file) return file.replace(/^\.\//, '')
  const others = Object.keys(flavors).filter((name) => name !== 'python_function')
  throw new CliError({
    code: 'cli.cannot_convert',
    message: 'The model cannot be converted.',
    why: `It was saved by ${others.join(', ') || 'Python'}, as a pickle: that may run any code when it is loaded, so it is not.`,
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
