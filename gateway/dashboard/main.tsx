/** Puts the dashboard into its page. */
import { StrictMode } from "react";
import { createRoot } from "react-dom/client";
import { Dashboard } from "./Dashboard.tsx";
import "./styles/tokens.css";
import "./styles/base.css";
import "./styles/layout.css";
import "./styles/parts.css";
import "./styles/editions.css";
import "./styles/tickets.css";
import "./styles/verdicts.css";
import "./styles/draws.css";
import "./styles/ledger.css";
import "./styles/you.css";
import "./styles/publications.css";
import "./styles/operator.css";
import "./styles/print.css";

const root = document.getElementById("root");
if (root === null) throw new Error("The page has no element with the id root.");
createRoot(root).render(
  <StrictMode>
    <Dashboard />
  </StrictMode>,
);
