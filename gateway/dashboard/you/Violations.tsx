import { wordsOf } from "../../../attestationRegister.ts";
import { ProblemNotice } from "../parts/ProblemNotice.tsx";
import { useReading } from "../press/useReading.ts";
import { type AttestationFacts, RulesBroken } from "./YouDocuments.ts";

/** Every reason for which an attestation was rejected, what was found and what is demanded, and what to do next. */
export function Violations({ attestation }: { readonly attestation: AttestationFacts }) {
  const { facts, ruleSetId } = attestation;
  const violations = attestation.violations ?? [];
  const isOfRules =
    facts !== null && violations.some((name) => name.endsWith("_often") || /_too_(young|small)$/.test(name));
  const { data, problem } = useReading(
    RulesBroken,
    isOfRules
      ? {
          repositoryCreatedAt: facts.repository_created_at ?? null,
          repositorySizeKb: facts.repository_size_kb === undefined ? null : String(facts.repository_size_kb),
          accountCreatedAt: facts.account_created_at ?? null,
          addressChecks: facts.address_checks ?? null,
          at: facts.checked_at ?? null,
          ruleSetId,
        }
      : null,
    "proofs",
  );
  const broken = new Map(data?.antiGamingViolations.nodes.map((violation) => [violation.name, violation]));
  return (
    <>
      <ul className="violations">
        {violations.map((name) => {
          const { sentence, hint } = wordsOf(name);
          const judged = broken.get(name);
          return (
            <li key={name} data-testid={`violation-${name}`}>
              <p className="violation-sentence">{sentence}</p>
              {name === "evidence_invalid" && facts?.problem !== undefined ? (
                <p>
                  <bdi>{facts.problem}</bdi>
                </p>
              ) : null}
              {judged === undefined ? null : (
                <p>
                  Found: {judged.found}. Demanded: {judged.demanded}.
                </p>
              )}
              <p>{hint}</p>
              <p className="code-name">{name}</p>
            </li>
          );
        })}
      </ul>
      {problem === null ? null : <ProblemNotice problem={problem} tone="warning" />}
    </>
  );
}
