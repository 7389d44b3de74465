/**
 * The server's clock, read from the Date header of its answers: a sale opens when the server says so, not when this computer does.
 * The header counts whole seconds, so the truth lies up to a second later; the middle is the best guess.
 */
let offsetMs = 0

export function hearDate(header: string | null): void {
  const time = header ? Date.parse(header) : Number.NaN
  if (!Number.isNaN(time)) offsetMs = time + 500 - Date.now()
}

export function serverNow(): number {
  return Date.now() + offsetMs
}
