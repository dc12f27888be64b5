import logoUrl from "./logo.svg";

/** The green pepper. Decorative: the name always stands beside it in text. */
export function Logo({ size = 28 }: { size?: number }) {
  return <img class="logo" src={logoUrl} width={size} height={size} alt="" />;
}
