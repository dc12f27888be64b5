import { t } from "../shared/i18n";
import type { Phase } from "../shared/status";
import { PlusIcon } from "../ui/icons";
import type { Filter } from "./fleet";

export interface FilterBarProps {
  readonly filter: Filter;
  readonly total: number;
  readonly counts: readonly (readonly [Phase, number])[];
  readonly onFilter: (filter: Filter) => void;
  readonly onCreate: () => void;
}

export function FilterBar({ filter, total, counts, onFilter, onCreate }: FilterBarProps) {
  const search = (event: Event) => onFilter({ ...filter, text: (event.currentTarget as HTMLInputElement).value });
  const label = t("list.search");
  return (
    <div class="filters">
      <input class="field search" type="search" aria-label={label} placeholder={label} value={filter.text} onInput={search} />
      <div class="chips" role="group" aria-label={t("list.filter")}>
        <Chip words={t("list.all")} count={total} pressed={filter.phase === null} onClick={() => onFilter({ ...filter, phase: null })} />
        {counts.map(([phase, count]) => (
          <Chip
            key={phase}
            words={t(`phase.${phase}`)}
            count={count}
            pressed={filter.phase === phase}
            onClick={() => onFilter({ ...filter, phase })}
          />
        ))}
      </div>
      <button type="button" class="button primary" onClick={onCreate}>
        <PlusIcon />
        {t("list.create")}
      </button>
    </div>
  );
}

interface ChipProps {
  readonly words: string;
  readonly count: number;
  readonly pressed: boolean;
  readonly onClick: () => void;
}

function Chip({ words, count, pressed, onClick }: ChipProps) {
  return (
    <button type="button" class="chip" aria-pressed={pressed} onClick={onClick}>
      {words} <span class="chip-count">{count}</span>
    </button>
  );
}
