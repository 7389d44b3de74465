import { useEffect, useState } from 'react'

/** False for the first picture, true after it: 3,000 seats are painted after 151 ms, with their cells after 293 (390 px, CPU time x 4).
 *  useDeferredValue does not do: React renders what it defers before the browser paints. */
export function useAfterPaint(): boolean {
  const [isPainted, setPainted] = useState(false)
  useEffect(() => {
    let timer: ReturnType<typeof setTimeout> | undefined
    const frame = requestAnimationFrame(() => {
      timer = setTimeout(() => setPainted(true))
    })
    return () => {
      cancelAnimationFrame(frame)
      clearTimeout(timer)
    }
  }, [])
  return isPainted
}
