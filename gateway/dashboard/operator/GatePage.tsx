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

  // Keys for the next guest, wherever the focus is; with Alt, so that no scanner that types and nobody's speech presses them by accident.
  useEffect(() => {
    const press = (event: globalThis.KeyboardEvent) => {
      if (event.code !== "KeyN" || !event.altKey || event.ctrlKey || event.metaKey || event.repeat) return;
      event.preventDefault();
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
    const found = await envelopeIn(file);
    if ("failure" in found) setFailure(found.failure);
    else take(found.envelope);
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

const PICTURE_BYTES_MAX = 20 * 2 ** 20;
const TEXT_BYTES_MAX = 2 ** 16;

/** The envelope in a file: its text, or the QR code of a picture; or why there is none, as a sentence. */
async function envelopeIn(file: File): Promise<{ readonly envelope: string } | { readonly failure: string }> {
  const nothing = { failure: `${file.name} has no ticket in it.` };
  const isPicture = file.type.startsWith("image/");
  if (file.size > (isPicture ? PICTURE_BYTES_MAX : TEXT_BYTES_MAX)) {
    return { failure: `${file.name} is larger than any ticket. Choose the ticket itself, or a smaller picture of it.` };
  }
  if (!isPicture) {
    try {
      return { envelope: textOf(await file.arrayBuffer()) };
    } catch {
      return nothing;
    }
  }
  const picture = await createImageBitmap(file).catch(() => null);
  if (picture === null) return nothing;
  try {
    const envelope = await (await makeDetector())(picture);
    return envelope === null ? nothing : { envelope };
  } catch {
    return { failure: "The code that reads QR codes could not be loaded. Try again, or paste the ticket." };
  } finally {
    picture.close();
  }
}
