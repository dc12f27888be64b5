import { useId } from "preact/hooks";
import type { FieldError } from "../shared/problem";
import { fieldWords } from "./problem_note";
import "./form.css";

export type FieldErrors = readonly FieldError[];

export interface FieldProps {
  readonly name: string;
  readonly label: string;
  readonly value: string;
  readonly errors: FieldErrors;
  readonly hint?: string;
  readonly list?: string;
  readonly optional?: boolean;
}

/** One line of a form: label, input, a hint, and what the server says is wrong with it. */
export function Field({ name, label, value, errors, hint, list, optional = false }: FieldProps) {
  const id = useId();
  const error = errors.find(({ field }) => field === name);
  return (
    <div class="form-row">
      <label for={id}>{label}</label>
      <input
        id={id}
        name={name}
        class="field"
        defaultValue={value}
        list={list}
        required={!optional}
        autocomplete="off"
        spellcheck={false}
        aria-invalid={error !== undefined}
        aria-describedby={`${id}-note`}
      />
      <div id={`${id}-note`}>
        {error !== undefined && (
          <p class="field-error" role="alert">
            {fieldWords(error)}
          </p>
        )}
        {hint !== undefined && <p class="hint">{hint}</p>}
      </div>
    </div>
  );
}
