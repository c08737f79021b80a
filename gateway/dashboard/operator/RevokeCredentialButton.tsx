import { useState } from "react";
import { Confirm } from "../parts/Confirm.tsx";
import type { AttestationKind } from "../press/EditionDocuments.ts";
import { usePress } from "../press/PressProvider.tsx";
import { KINDS } from "../you/proofs.ts";
import { RevokeCredential } from "./HolderDocuments.ts";

interface RevokeCredentialButtonProps {
  readonly id: string;
  readonly kind: AttestationKind;
  readonly status: "pending" | "signed" | "revoked";
}

/** Withdraws a credential, with a reason for its holder. */
export function RevokeCredentialButton({ id, kind, status }: RevokeCredentialButtonProps) {
  const press = usePress();
  const [isAsking, setIsAsking] = useState(false);
  if (status === "revoked") return null;
  const revoke = async (reason: string) => {
    const outcome = await press.order(RevokeCredential, { id, reason });
    press.touch("proofs");
    return "problem" in outcome ? outcome.problem : null;
  };
  return (
    <>
      <button type="button" className="button small" onClick={() => setIsAsking(true)}>
        Revoke<span className="visually-hidden"> the credential of {KINDS[kind]}</span> …
      </button>
      {isAsking ? (
        <Confirm
          title="Revoke the credential?"
          confirmLabel="Revoke it"
          typed="revoke"
          reasonLabel="Why it is revoked"
          reasonHelp="Its holder and operators read it; the ledger does not have it."
          onConfirm={revoke}
          onClose={() => setIsAsking(false)}
        >
          <p>
            It counts for nothing any more, for ever, and the published list says so to everybody. The same account
            cannot be proved again.
          </p>
        </Confirm>
      ) : null}
    </>
  );
}
