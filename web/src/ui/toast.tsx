import { useEffect, useState } from "preact/hooks";
import "./toast.css";

const SHOWN_MS = 5000;

export interface Toaster {
  readonly words: string | null;
  say(words: string): void;
}

/** A short word that goes by itself. */
export function useToast(): Toaster {
  const [said, setSaid] = useState<{ readonly words: string } | null>(null);
  useEffect(() => {
    if (said === null) return;
    const timer = setTimeout(() => setSaid(null), SHOWN_MS);
    return () => clearTimeout(timer);
  }, [said]);
  return { words: said?.words ?? null, say: (words) => setSaid({ words }) };
}

export function Toast({ words }: { words: string | null }) {
  return (
    <div class="toast-place" role="status">
      {words !== null && <p class="toast">{words}</p>}
    </div>
  );
}
