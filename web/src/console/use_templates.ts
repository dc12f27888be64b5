import { useEffect, useState } from "preact/hooks";
import type { Problem } from "../shared/problem";
import * as api from "./api";
import type { PublishedTemplate, RegionEvent } from "./types";

export interface Templates {
  readonly items: readonly PublishedTemplate[];
  readonly loading: boolean;
  readonly problem: Problem | null;
}

/** The templates, read again whenever one is published. */
export function useTemplates(regionEvent: RegionEvent | null): Templates {
  const [templates, setTemplates] = useState<Templates>({ items: [], loading: true, problem: null });
  const published = regionEvent?.type === "template.published" ? regionEvent.position : "";
  useEffect(() => {
    api.listTemplates().then(
      (items) => setTemplates({ items, loading: false, problem: null }),
      (problem: Problem) => setTemplates({ items: [], loading: false, problem }),
    );
  }, [published]);
  return templates;
}
