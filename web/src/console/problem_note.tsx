import { t } from "../shared/i18n";
import { UNREACHABLE, type FieldError, type Problem } from "../shared/problem";

/** A refusal in words, with the fields it names and the id that finds it in the logs. */
export function ProblemNote({ problem, onRetry }: { problem: Problem; onRetry?: () => void }) {
  return (
    <div class="problem" role="alert">
      {problem.fields.length === 0 ? <p>{problemWords(problem)}</p> : <Fields errors={problem.fields} />}
      {problem.requestId !== null && <p class="quiet small">{t("common.request_id", { id: problem.requestId })}</p>}
      {onRetry !== undefined && (
        <button type="button" class="button" onClick={onRetry}>
          {t("common.retry")}
        </button>
      )}
    </div>
  );
}

function Fields({ errors }: { errors: readonly FieldError[] }) {
  return (
    <ul>
      {errors.map((error) => (
        <li key={error.field}>
          <code>{error.field}</code> {fieldWords(error)}
        </li>
      ))}
    </ul>
  );
}

export function fieldWords({ message, allowed }: FieldError): string {
  return allowed ? t("problem.allowed", { message, allowed }) : message;
}

export function problemWords(problem: Problem): string {
  if (problem.type === UNREACHABLE) return t("problem.unreachable");
  const title = problem.extra["title"];
  return problem.detail || (typeof title === "string" ? title : t("problem.http", { status: problem.status }));
}
