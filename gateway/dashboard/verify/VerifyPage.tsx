import { type ChangeEvent, type DragEvent, useId, useState } from "react";
import { useAnnounce } from "../parts/Announcer.tsx";
import { Notice } from "../parts/Notice.tsx";
import { Page } from "../routing/Page.tsx";
import { PressVerdict } from "./PressVerdict.tsx";
import { VerdictsOf } from "./VerdictsOf.tsx";
import { kindOf, textOf } from "./verification.ts";

/** The largest file that is read: a ticket has about 500 bytes, and 65,536 at most. */
const FILE_BYTES_MAX = 262_144;

/** Verifies a ticket, and its proof if there is one, from a file or from pasted text. */
export function VerifyPage() {
  const [envelope, setEnvelope] = useState<string | null>(null);
  const [proof, setProof] = useState<string | null>(null);
  const [failure, setFailure] = useState<string | null>(null);
  const [isOver, setIsOver] = useState(false);
  const announce = useAnnounce();
  const id = useId();

  const take = (text: string) => {
    if (kindOf(text) === "proof") setProof(text);
    else setEnvelope(text);
  };
  const takeFiles = async (files: readonly File[]) => {
    setFailure(null);
    for (const file of files) {
      if (file.size > FILE_BYTES_MAX) {
        setFailure(`${file.name} is too large to be a ticket or a proof.`);
        continue;
      }
      try {
        const text = textOf(await file.arrayBuffer());
        take(text);
        announce(`${file.name} was read as ${kindOf(text) === "proof" ? "a proof" : "a ticket"}.`);
      } catch {
        setFailure(`${file.name} is no text. Choose the file as it was downloaded.`);
      }
    }
  };
  const drop = (event: DragEvent) => {
    event.preventDefault();
    setIsOver(false);
    void takeFiles([...event.dataTransfer.files]);
  };
  const choose = (event: ChangeEvent<HTMLInputElement>) => {
    void takeFiles([...(event.target.files ?? [])]);
    event.target.value = "";
  };
  return (
    <Page
      title="Verify a ticket"
      lead="In your browser, from the press's public keys. The ticket and its proof do not leave this page for the first two verdicts."
    >
      {/* biome-ignore lint/a11y/noStaticElementInteractions: dropping is for the mouse; the button within does the same for everybody. */}
      <div
        className={isOver ? "drop over" : "drop"}
        onDragOver={(event) => {
          event.preventDefault();
          setIsOver(true);
        }}
        onDragLeave={() => setIsOver(false)}
        onDrop={drop}
      >
        <p>Drop a ticket here, and its proof if you have it.</p>
        <label className="button">
          <input className="visually-hidden" type="file" multiple accept=".json,.txt,.tlog-proof" onChange={choose} />
          Choose files
        </label>
        <ul className="taken">
          <li>{envelope === null ? "no ticket yet" : `a ticket of ${envelope.length} characters`}</li>
          <li>{proof === null ? "no proof yet" : "a proof"}</li>
        </ul>
      </div>
      <details>
        <summary>Or paste the text</summary>
        <div className="field">
          <label htmlFor={`${id}-envelope`}>Ticket</label>
          <textarea
            id={`${id}-envelope`}
            spellCheck={false}
            value={envelope ?? ""}
            onChange={(event) => setEnvelope(pasted(event.target.value))}
          />
        </div>
        <div className="field">
          <label htmlFor={`${id}-proof`}>Proof</label>
          <textarea
            id={`${id}-proof`}
            spellCheck={false}
            value={proof ?? ""}
            onChange={(event) => setProof(event.target.value === "" ? null : event.target.value)}
          />
        </div>
      </details>
      {failure === null ? null : <Notice tone="error">{failure}</Notice>}
      {envelope === null ? null : (
        <section aria-labelledby={`${id}-verdicts`} className="verdict-section">
          <h2 id={`${id}-verdicts`}>Verdicts</h2>
          <VerdictsOf envelope={envelope} proof={proof} />
          <PressVerdict envelope={envelope} />
        </section>
      )}
    </Page>
  );
}

/** Copying adds a line end that is no part of the ticket, which is one line. Files are taken as they are. */
function pasted(text: string): string | null {
  const line = text.replace(/[\r\n]+$/, "");
  return line === "" ? null : line;
}
