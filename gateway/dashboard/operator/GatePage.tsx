import { type ChangeEvent, type FormEvent, type KeyboardEvent, useEffect, useId, useRef, useState } from "react";
import { Notice } from "../parts/Notice.tsx";
import { Page } from "../routing/Page.tsx";
import { textOf } from "../verify/verification.ts";
import { GuestPanel } from "./GuestPanel.tsx";
import { OperatorsOnly } from "./OperatorsOnly.tsx";
import { makeDetector } from "./qrDetector.ts";
import { Scanner } from "./Scanner.tsx";
import { useGate } from "./useGate.ts";

/** The gate: one guest after the other shows a ticket, by camera, by file, or by a scanner that types. */
export function GatePage() {
  return (
    <OperatorsOnly title="Gate">
      <Page title="Gate" lead="Look at a ticket, use it up, let the next one come.">
        <Gate />
      </Page>
    </OperatorsOnly>
  );
}

function Gate() {
  const { guest, show, admit, next } = useGate();
  const [isScanning, setIsScanning] = useState(false);
  const [text, setText] = useState("");
  const [failure, setFailure] = useState<string | null>(null);
  const box = useRef<HTMLTextAreaElement>(null);
  const id = useId();
  const isAwaited = guest.state === "awaited";

  useEffect(() => {
    if (isAwaited && !isScanning) box.current?.focus();
  }, [isAwaited, isScanning]);

  // One key for the next guest, wherever the focus is, except where it is a letter of a text.
  useEffect(() => {
    const press = (event: globalThis.KeyboardEvent) => {
      const isTyping = event.target instanceof HTMLTextAreaElement || event.target instanceof HTMLInputElement;
      if (event.key.toLowerCase() !== "n" || event.ctrlKey || event.metaKey || event.altKey || isTyping) return;
      if (guest.state !== "awaited" && guest.state !== "looking" && guest.state !== "redeeming") next();
    };
    addEventListener("keydown", press);
    return () => removeEventListener("keydown", press);
  }, [guest.state, next]);

  const take = (envelope: string) => {
    setText("");
    setFailure(null);
    void show(envelope);
  };
  const submit = (event?: FormEvent) => {
    event?.preventDefault();
    const line = text.replace(/[\r\n]+$/, "");
    if (line !== "") take(line);
  };
  const typed = (event: KeyboardEvent) => {
    // A ticket is one line, and a scanner that types ends it so.
    if (event.key !== "Enter") return;
    event.preventDefault();
    submit();
  };
  const choose = async (event: ChangeEvent<HTMLInputElement>) => {
    const file = event.target.files?.[0];
    event.target.value = "";
    if (file === undefined) return;
    const envelope = await envelopeIn(file);
    if (envelope === null) setFailure(`${file.name} has no ticket in it.`);
    else take(envelope);
  };
  if (!isAwaited) return <GuestPanel guest={guest} admit={admit} next={next} />;
  return (
    <div className="columns">
      <section className="card" aria-label="By camera">
        <h2>By camera</h2>
        {isScanning ? (
          <Scanner onFound={take} onClose={() => setIsScanning(false)} />
        ) : (
          <p>
            <button type="button" className="button primary" onClick={() => setIsScanning(true)}>
              Scan with the camera
            </button>
          </p>
        )}
        <p className="help">It looks again for each guest. Nothing that it sees leaves this browser but the ticket.</p>
      </section>
      <section className="card" aria-label="By text or file">
        <h2>By text or file</h2>
        <form className="form" onSubmit={submit}>
          <div className="field">
            <label htmlFor={`${id}-text`}>Ticket</label>
            <textarea
              ref={box}
              id={`${id}-text`}
              value={text}
              spellCheck={false}
              onChange={(event) => setText(event.target.value)}
              onKeyDown={typed}
            />
          </div>
          <div className="actions">
            <button type="submit" className="button primary" disabled={text.trim() === ""}>
              Look at it
            </button>
            <label className="button">
              <input className="visually-hidden" type="file" accept=".json,.txt,image/*" onChange={choose} />
              Choose a file
            </label>
          </div>
        </form>
        {failure === null ? null : <Notice tone="error">{failure}</Notice>}
      </section>
    </div>
  );
}

/** The envelope in a file: its text, or the QR code of a picture. */
async function envelopeIn(file: File): Promise<string | null> {
  if (file.type.startsWith("image/")) {
    const picture = await createImageBitmap(file).catch(() => null);
    return picture === null ? null : (await makeDetector())(picture);
  }
  try {
    return textOf(await file.arrayBuffer());
  } catch {
    return null;
  }
}
