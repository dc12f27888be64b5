import { useEffect, useState } from "preact/hooks";
import type { Problem } from "../shared/problem";
import * as api from "./api";
import { Shell } from "./shell";
import { SignedOut, SignIn } from "./sign_in";

type Session = "checking" | "signed in" | "signed out" | { readonly problem: Problem };

/** Signs in with the code of the address, or with the session that is there already. */
export function ConsolePage({ code }: { code: string | null }) {
  const [session, setSession] = useState<Session>("checking");
  const check = () => {
    setSession("checking");
    enter(code).then(
      () => setSession("signed in"),
      (problem: Problem) => setSession({ problem }),
    );
  };
  useEffect(check, []);
  const signOut = () => void api.signOut().then(() => setSession("signed out"), (problem: Problem) => setSession({ problem }));
  if (session === "signed in") return <Shell onRefused={(problem) => setSession({ problem })} onSignOut={signOut} />;
  if (session === "signed out") return <SignedOut />;
  return <SignIn problem={session === "checking" ? null : session.problem} hadCode={code !== null} onRetry={check} />;
}

/** A spent code doesn't matter to somebody who is signed in: a reload of the first page must not lock them out. */
async function enter(code: string | null): Promise<void> {
  const refusal = code === null ? null : await api.signIn(code).then(() => null, (problem: Problem) => problem);
  await api.capacity().catch((problem: Problem) => {
    throw problem.status === 401 ? (refusal ?? problem) : problem;
  });
}
