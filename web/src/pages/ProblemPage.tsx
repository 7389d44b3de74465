import { useQuery } from '@tanstack/react-query'
import { getRouteApi } from '@tanstack/react-router'
import { getProblem, Problem } from '../api.ts'
import { pages } from '../paths.ts'
import { TicketBones } from '../ui/Bones.tsx'
import { HomeButton } from '../ui/HomeButton.tsx'
import { PageHeading } from '../ui/PageHeading.tsx'
import { useWords } from '../words.ts'
import { Failure } from './Failure.tsx'
import { MissingPage } from './NotFoundPage.tsx'

const route = getRouteApi(pages.problem)

/** What a code of the interface means: for who writes a program, so its text is the contract's, in English. */
export function ProblemPage() {
  const { t } = useWords()
  const { code } = route.useParams()
  const { data, error, refetch } = useQuery({ queryKey: ['problem', code], queryFn: ({ signal }) => getProblem(code, signal) })
  if (error instanceof Problem && error.status < 500) return <MissingPage text={t('refusal.unknown-problem')} />
  if (!data) {
    return (
      <main id="main" className="stack read">
        <h1 className="sr">{code}</h1>
        {error ? <Failure failure={error} again={() => void refetch()} /> : <TicketBones label={t('problem.loading')} count={1} />}
      </main>
    )
  }
  return (
    <main id="main" className="stack read">
      <PageHeading title={data.title}>
        <bdi lang="en">{data.title}</bdi>
      </PageHeading>
      <p className="lead" lang="en" dir="ltr">
        {data.about.split('`').map((part, at) => (at % 2 === 1 ? <code key={part}>{part}</code> : part))}
      </p>
      <p className="soft">{t('problem.code', { code, status: data.status })}</p>
      <HomeButton />
    </main>
  )
}
