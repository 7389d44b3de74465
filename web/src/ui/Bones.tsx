import { useEffect, useState } from 'react'

const afterMs = 150

/** Only what takes longer than a blink shows bones. */
function useLate(): boolean {
  const [isLate, setLate] = useState(false)
  useEffect(() => {
    const timer = setTimeout(() => setLate(true), afterMs)
    return () => clearTimeout(timer)
  }, [])
  return isLate
}

export function TicketBones({ label, count }: { label: string; count: number }) {
  const isLate = useLate()
  return (
    <div className="stack-s" aria-busy="true">
      <span className="sr">{label}</span>
      {Array.from({ length: count }, (_, at) => (
        // biome-ignore lint/suspicious/noArrayIndexKey: bones are all alike.
        <div key={at} className="ticket stock-grey" style={{ visibility: isLate ? 'visible' : 'hidden' }}>
          <div className="stub">
            <span className="bone" style={{ width: '3rem', height: '3.75rem', opacity: 0.4 }} />
          </div>
          <div className="face stack-s">
            <span className="bone" style={{ width: '60%', height: '1.6rem' }} />
            <span className="bone" style={{ width: '35%' }} />
          </div>
        </div>
      ))}
    </div>
  )
}

export function BandBones({ label }: { label: string }) {
  const isLate = useLate()
  return (
    <div aria-busy="true">
      <h1 className="sr">{label}</h1>
      <div className="band stock-grey" style={{ visibility: isLate ? 'visible' : 'hidden' }}>
        <div className="stack">
          <span className="bone" style={{ width: '60%', height: '4rem', opacity: 0.4 }} />
          <span className="bone" style={{ width: '80%', height: '2rem', opacity: 0.4 }} />
        </div>
      </div>
      <div className="wrap">
        <div className="panel bone" style={{ height: '24rem', visibility: isLate ? 'visible' : 'hidden' }} />
      </div>
    </div>
  )
}
