import { type ChangeEvent, useState } from "react";
import { useAnnounce } from "../parts/Announcer.tsx";
import { Confirm } from "../parts/Confirm.tsx";
import { Notice } from "../parts/Notice.tsx";
import { ProblemNotice } from "../parts/ProblemNotice.tsx";
import { Time } from "../parts/Time.tsx";
import { usePress } from "../press/PressProvider.tsx";
import type { Problem } from "../press/problem.ts";
import { download } from "../tickets/download.ts";
import { type KeyFacts, RegisterKey, RegistrationText, RevokeKey } from "./PublicationsDocuments.ts";
import { RecordKey } from "./recordKey.ts";

/** A key has 65 bytes. */
const FILE_BYTES_MAX = 1_000;

interface KeyCardProps {
  readonly keys: readonly KeyFacts[];
  /** The key that this page has, and signs with. */
  readonly current: RecordKey | null;
  readonly onKey: (key: RecordKey) => void;
}

/** The caller's keys: made here, given as a file to keep, and registered; or taken from such a file. */
export function KeyCard({ keys, current, onKey }: KeyCardProps) {
  const { isBusy, problem, register } = useRegistration();
  const [failure, setFailure] = useState<string | null>(null);
  const registered = keys.find(({ publicKey }) => publicKey === current?.publicKey);
  const make = async () => {
    if (isBusy) return;
    setFailure(null);
    const key = RecordKey.make();
    // It is theirs before anybody else knows of it: what is registered without its file signs nothing after this page.
    download(key.fileName, key.fileText);
    onKey(key);
    await register(key);
  };
  const choose = async (event: ChangeEvent<HTMLInputElement>) => {
    const [file] = event.target.files ?? [];
    event.target.value = "";
    if (file === undefined) return;
    const key = file.size > FILE_BYTES_MAX ? null : RecordKey.read(await file.text());
    setFailure(key === null ? `${file.name} has no key in it: choose the file as it was downloaded.` : null);
    if (key !== null) onKey(key);
  };
  return (
    <section className="card" aria-labelledby="keys">
      <h2 id="keys">Your keys</h2>
      <p>
        A record is signed here in your browser. The key is a file that you keep: the press never has it, and this page
        forgets it when it is closed. Whoever has the file signs in your name.
      </p>
      {problem === null ? null : <ProblemNotice problem={problem} />}
      {failure === null ? null : <Notice tone="error">{failure}</Notice>}
      {current === null ? null : (
        <p data-testid="current-key">
          Signing with <code className="key-text">{current.publicKey}</code>
          {registered === undefined
            ? ", which is not registered."
            : registered.revokedAt === null
              ? "."
              : ", which was revoked."}
        </p>
      )}
      <div className="actions">
        {current !== null && registered === undefined ? (
          <button type="button" className="button primary" aria-disabled={isBusy} onClick={() => register(current)}>
            {isBusy ? "Registering …" : "Register it"}
          </button>
        ) : null}
        <button
          type="button"
          className={current === null ? "button primary" : "button"}
          aria-disabled={isBusy}
          onClick={make}
        >
          Make a key, and keep its file
        </button>
        <label className="button">
          <input className="visually-hidden" type="file" accept=".key" onChange={choose} />
          Use a key from its file
        </label>
      </div>
      <KeyList keys={keys} />
    </section>
  );
}

/** Registers a key: it signs the text that the press gives for it and its holder. */
function useRegistration() {
  const press = usePress();
  const announce = useAnnounce();
  const [isBusy, setIsBusy] = useState(false);
  const [problem, setProblem] = useState<Problem | null>(null);
  const register = async (key: RecordKey) => {
    if (isBusy) return;
    setIsBusy(true);
    setProblem(null);
    const { publicKey } = key;
    const asked = await press.ask(RegistrationText, { publicKey });
    const outcome =
      "problem" in asked
        ? asked
        : await press.order(RegisterKey, { publicKey, signature: key.sign(asked.value.keyRegistrationText) });
    setIsBusy(false);
    if ("problem" in outcome) setProblem(outcome.problem);
    else announce("The key is registered.");
    press.touch("publications");
  };
  return { isBusy, problem, register };
}

function KeyList({ keys }: { readonly keys: readonly KeyFacts[] }) {
  if (keys.length === 0) return <p className="empty">You have registered none yet.</p>;
  return (
    <ul className="claims">
      {keys.map((key) => (
        <li key={key.rowId} className={`claim ${key.revokedAt === null ? "signed" : "revoked"}`} data-testid="key">
          <p>
            <code className="key-text">{key.publicKey}</code>
          </p>
          {key.revokedAt === null ? (
            <>
              <p className="help">
                Registered on <Time at={key.registeredAt} />. It signs {key.recordsPerHour.toLocaleString()} records an
                hour at most.
              </p>
              <RevokeKeyButton publicKey={key.publicKey} />
            </>
          ) : (
            <p>
              It was revoked on <Time at={key.revokedAt} />
              {key.revocationReason === null ? null : (
                <>
                  : <bdi>{key.revocationReason}</bdi>
                </>
              )}
            </p>
          )}
        </li>
      ))}
    </ul>
  );
}

function RevokeKeyButton({ publicKey }: { readonly publicKey: string }) {
  const press = usePress();
  const [isAsking, setIsAsking] = useState(false);
  const revoke = async (reason: string) => {
    const outcome = await press.order(RevokeKey, { publicKey, reason });
    press.touch("publications");
    return "problem" in outcome ? outcome.problem : null;
  };
  return (
    <>
      <button type="button" className="button small" onClick={() => setIsAsking(true)}>
        Revoke<span className="visually-hidden"> the key {publicKey.slice(2, 10)}</span> …
      </button>
      {isAsking ? (
        <Confirm
          title="Revoke the key?"
          confirmLabel="Revoke it"
          typed="revoke"
          reasonLabel="Why it is revoked"
          reasonHelp="You and operators read it; neither the ledger nor the chain has it."
          onConfirm={revoke}
          onClose={() => setIsAsking(false)}
        >
          <p>It signs nothing any more, for ever, and its records that wait fail. What is published stays.</p>
        </Confirm>
      ) : null}
    </>
  );
}
