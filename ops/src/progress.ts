/** How far a long command is: one line that is written over where a person looks on, a line each in a pipe or a file. */
let isOpen = false

export function tellProgress(text: string): void {
  // Erased first: what stood there may have been longer.
  process.stderr.write(process.stderr.isTTY ? `\r\x1b[K${text}` : `${text}\n`)
  isOpen = process.stderr.isTTY
}

/** Before something else is said. */
export function endProgress(): void {
  if (isOpen) process.stderr.write('\n')
  isOpen = false
}
