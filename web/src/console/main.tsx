import { start } from "../ui/start";
import { ConsolePage } from "./page";

const code = new URLSearchParams(location.hash.slice(1)).get("code");
// A used code is of no use to anyone, but it need not stay in the history either.
if (code !== null) history.replaceState(null, "", location.pathname + location.search);
start("console.title", <ConsolePage code={code} />);
