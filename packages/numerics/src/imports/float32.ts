const float = new Float32Array(1)
const bits = new Int32Array(float.buffer)

/** The largest float32 that is at most `value`: for every float32 x, `x <= value` and `x <= it` are the same. */
export function floorToFloat32(value: number): number {
  const rounded = Math.fround(value)
  return rounded > value ? below(rounded) : rounded
}

/** The largest float32 below the float32 `value`: for every float32 x, `x < value` and `x <= it` are the same. */
export function below(value: number): number {
  if (value === -Infinity || Number.isNaN(value)) return value
  // Below zero of either sign comes the smallest negative number.
  float[0] = value === 0 ? -0 : value
  bits[0]! += value > 0 ? -1 : 1
  return float[0]!
}
