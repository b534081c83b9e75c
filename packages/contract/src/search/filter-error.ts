/** Why a filter or an order cannot be read, and where: `position` counts characters from 0. */
export class FilterError extends Error {
  override readonly name = 'FilterError'
  readonly position: number
  constructor(why: string, position: number) {
    super(`${why} (at character ${position + 1})`)
    this.position = position
  }
}
