/** The dashboard's first page: what the press is, and what it has on sale. */
import { StrictMode, useEffect, useState } from "react";
import { createRoot } from "react-dom/client";
import "./main.css";

interface Edition {
  readonly slug: string;
  readonly title: string;
  readonly status: string;
  readonly cap: number;
  readonly remainingCount: number;
}

const EDITIONS = "{ editions(first: 100) { nodes { slug title status cap remainingCount } } }";

async function readEditions(): Promise<readonly Edition[]> {
  const response = await fetch("/graphql", {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify({ query: EDITIONS }),
  });
  const { data, errors } = await response.json();
  if (errors !== undefined) throw new Error(errors[0].message);
  return data.editions.nodes;
}

function Home() {
  const [editions, setEditions] = useState<readonly Edition[]>();
  const [failure, setFailure] = useState<string>();
  useEffect(() => {
    readEditions().then(setEditions, (error: Error) => setFailure(error.message));
  }, []);
  return (
    <main>
      <h1>Golden Press</h1>
      <p>
        It issues things that must never be over-issued. Every ticket is signed, and everything is in a public ledger.
      </p>
      {failure !== undefined && <p role="alert">{failure}</p>}
      <ul>
        {editions?.map(({ slug, title, status, cap, remainingCount }) => (
          <li key={slug}>
            <strong>{title}</strong>: {status}, {remainingCount} of {cap} left
          </li>
        ))}
      </ul>
    </main>
  );
}

createRoot(document.querySelector("#root") as HTMLElement).render(
  <StrictMode>
    <Home />
  </StrictMode>,
);
