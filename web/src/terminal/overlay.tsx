import { useEffect, useRef } from "preact/hooks";
import type { Problem } from "../shared/problem";
import type { Status } from "../shared/status";
import { NoAccess } from "../ui/no_access";
import { WaitingPanel } from "../waiting/panel";
import "../ui/card.css";

/** Over the terminal while its sandbox is not running: what is going on, and a button to start it. */
export function StoppedOverlay({ status, trouble }: { status: Status; trouble: boolean }) {
  return (
    <Overlay>
      <WaitingPanel status={status} trouble={trouble} />
    </Overlay>
  );
}

export function DeniedOverlay({ problem, status }: { problem: Problem | null; status: Status | null }) {
  return (
    <Overlay>
      <NoAccess problem={problem} status={status} />
    </Overlay>
  );
}

function Overlay({ children }: { children: preact.ComponentChildren }) {
  const ref = useRef<HTMLDivElement>(null);
  useEffect(() => ref.current?.focus(), []);
  return (
    <div class="overlay">
      <div class="card" ref={ref} tabIndex={-1}>
        {children}
      </div>
    </div>
  );
}
