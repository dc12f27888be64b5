import { start } from "../ui/start";
import { TerminalPage } from "./page";

start("terminal.title", <TerminalPage />);
