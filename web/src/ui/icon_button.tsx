import type { ComponentChildren } from "preact";

export interface IconButtonProps {
  readonly label: string;
  readonly onClick: () => void;
  readonly pressed?: boolean;
  readonly disabled?: boolean;
  readonly children: ComponentChildren;
}

/** A square button with a picture; its words are the tooltip and the accessible name. */
export function IconButton({ label, onClick, pressed, disabled, children }: IconButtonProps) {
  return (
    <button
      type="button"
      class="button icon plain"
      title={label}
      aria-label={label}
      aria-pressed={pressed}
      disabled={disabled}
      onClick={onClick}
    >
      {children}
    </button>
  );
}
