import { type FormEvent, useId, useState } from "react";
import { Loading } from "../parts/Loading.tsx";
import { Pager } from "../parts/Pager.tsx";
import { ProblemNotice } from "../parts/ProblemNotice.tsx";
import { Time } from "../parts/Time.tsx";
import { useReading } from "../press/useReading.ts";
import { Link } from "../routing/Link.tsx";
import { Page } from "../routing/Page.tsx";
import { AllHolders } from "./HolderDocuments.ts";
import { HolderName } from "./HolderName.tsx";
import { OperatorsOnly } from "./OperatorsOnly.tsx";

/** For operators: everybody whom the press knows, the newest first. */
export function HoldersPage() {
  return (
    <OperatorsOnly title="Holders">
      <Page
        title="Holders"
        kicker={<Link to={{ page: "operator" }}>Operator</Link>}
        lead="Everybody whom the press knows, the newest first."
      >
        <HoldersTable />
      </Page>
    </OperatorsOnly>
  );
}

function HoldersTable() {
  const [subject, setSubject] = useState("");
  const [trail, setTrail] = useState<readonly (string | null)[]>([null]);
  const id = useId();
  // A filter that is there and empty is refused.
  const filter = subject === "" ? undefined : { subject: { equalTo: subject } };
  const { data, problem } = useReading(AllHolders, { after: trail.at(-1) ?? null, filter }, "proofs");
  const search = (event: FormEvent<HTMLFormElement>) => {
    event.preventDefault();
    setSubject(String(new FormData(event.currentTarget).get("holder") ?? "").trim());
    setTrail([null]);
  };
  const page = data?.holders;
  return (
    <section className="card" aria-label="Holders">
      <form className="filter" aria-label="Find a holder" onSubmit={search}>
        <div className="field">
          <label htmlFor={`${id}-holder`}>Holder</label>
          <input id={`${id}-holder`} name="holder" autoCapitalize="none" spellCheck={false} />
        </div>
        <button type="submit" className="button">
          Show
        </button>
      </form>
      {page === undefined ? problem === null ? <Loading /> : <ProblemNotice problem={problem} /> : null}
      {page === undefined ? null : (
        <>
          <div className="scroll">
            <table>
              <caption>{page.totalCount === 1 ? "1 holder" : `${page.totalCount.toLocaleString()} holders`}</caption>
              <thead>
                <tr>
                  <th scope="col">Holder</th>
                  <th scope="col">Trust level</th>
                  <th scope="col">State</th>
                  <th scope="col">Known since</th>
                </tr>
              </thead>
              <tbody>
                {page.nodes.map(({ rowId, subject: name, trustLevel, isActive, createdAt }) => (
                  <tr key={rowId}>
                    <th scope="row" className="subject">
                      <Link to={{ page: "holder", id: rowId }}>
                        <HolderName subject={name} />
                      </Link>
                    </th>
                    <td>{trustLevel}</td>
                    <td>{isActive ? "active" : "deactivated"}</td>
                    <td>
                      <Time at={createdAt} />
                    </td>
                  </tr>
                ))}
              </tbody>
            </table>
          </div>
          <Pager
            of="holders"
            trail={trail}
            next={page.pageInfo.hasNextPage ? page.pageInfo.endCursor : null}
            onTurn={setTrail}
          />
        </>
      )}
    </section>
  );
}
