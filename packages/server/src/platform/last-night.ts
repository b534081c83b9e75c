/** When most people sleep, by the clock of the server. */
const hour = 3

/** The last time it was three in the morning. A machine that was off then is late, and does not skip. */
export function lastNight(now: Date): Date {
  const night = new Date(now)
  night.setHours(hour, 0, 0, 0)
  if (night > now) night.setDate(night.getDate() - 1)
  return night
}
