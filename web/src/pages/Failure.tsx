import type { ReactNode } from 'react'
import { Problem } from '../api.ts'
import { refusalText } from '../refusals.ts'
import { Notice } from '../ui/Notice.tsx'
import { useWords } from '../words.ts'

type Props = { failure: unknown; what?: string; again: () => void; actions?: ReactNode }

/** The part of a page that failed; the rest stays. */
export function Failure({ failure, what, again, actions }: Props) {
  const words = useWords()
  const requestId = failure instanceof Problem ? failure.requestId : ''
  return (
    <Notice
      tone="red"
      icon="alert"
      actions={
        <>
          <button type="button" className="btn small" onClick={again}>
            {words.t('failure.again')}
          </button>
          {actions}
        </>
      }
    >
      <p>
        {what && <strong>{what} </strong>}
        {refusalText(failure, words)}
      </p>
      {requestId && <p className="small soft">{words.t('failure.reference', { requestId })}</p>}
    </Notice>
  )
}
