import { t } from "../shared/i18n";
import type { Problem } from "../shared/problem";
import { CardPage } from "../ui/card";
import { ProblemNote } from "./problem_note";

export interface SignInProps {
  readonly problem: Problem | null;
  readonly hadCode: boolean;
  readonly onRetry: () => void;
}

export function SignIn({ problem, hadCode, onRetry }: SignInProps) {
  if (problem === null) return <CardPage children={<Busy />} />;
  const refused = problem.status === 401 || problem.status === 403 || problem.status === 404;
  return (
    <CardPage>
      <h1>{t("sign_in.title")}</h1>
      <div aria-live="polite">
        {refused ? hadCode && <p class="lead">{t("sign_in.used")}</p> : <ProblemNote problem={problem} onRetry={onRetry} />}
      </div>
      <HowToSignIn />
    </CardPage>
  );
}

/** Said to whoever has just left. */
export function SignedOut() {
  return (
    <CardPage>
      <h1 role="status">{t("sign_in.left")}</h1>
      <HowToSignIn />
    </CardPage>
  );
}

function HowToSignIn() {
  return (
    <>
      <p class="lead">{t("sign_in.text")}</p>
      <pre class="command">region login</pre>
    </>
  );
}

function Busy() {
  return (
    <p class="opening" role="status">
      <span class="spinner" aria-hidden="true" /> {t("sign_in.busy")}
    </p>
  );
}
