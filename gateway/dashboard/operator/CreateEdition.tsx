import { type FormEvent, type ReactNode, useId, useState } from "react";
import { DRAW_MODES } from "../draws/drawModes.ts";
import { ProblemNotice } from "../parts/ProblemNotice.tsx";
import type { AttestationKind, DrawMode } from "../press/EditionDocuments.ts";
import { usePress } from "../press/PressProvider.tsx";
import type { Problem } from "../press/problem.ts";
import { useReading } from "../press/useReading.ts";
import { navigate } from "../routing/history.ts";
import { KINDS } from "../you/proofs.ts";
import { type EditionForm, EMPTY_FORM, editionOf, slugOf } from "./editionForm.ts";
import { BeaconChains, CreateEdition as CreateEditionDocument } from "./OperatorDocuments.ts";

const MODES = Object.keys(DRAW_MODES) as DrawMode[];
const NOTHING = {};
const ZONE = Intl.DateTimeFormat().resolvedOptions().timeZone;

/** Prepares a new edition with all its terms. */
export function CreateEdition() {
  const press = usePress();
  const [form, setForm] = useState<EditionForm>(EMPTY_FORM);
  const [hasOwnSlug, setHasOwnSlug] = useState(false);
  const [isBusy, setIsBusy] = useState(false);
  const [problem, setProblem] = useState<Problem | null>(null);
  const id = useId();
  const set = (change: Partial<EditionForm>) => setForm((known) => ({ ...known, ...change }));
  const submit = async (event: FormEvent) => {
    event.preventDefault();
    if (isBusy) return;
    setProblem(null);
    let input: ReturnType<typeof editionOf>;
    try {
      input = editionOf(form);
    } catch (error) {
      setProblem({ code: "INVALID_INPUT", sentence: (error as Error).message, isRetryable: false });
      return;
    }
    setIsBusy(true);
    const outcome = await press.order(CreateEditionDocument, { input });
    setIsBusy(false);
    if ("problem" in outcome) return setProblem(outcome.problem);
    press.editions.put(outcome.value.createEdition.edition);
    press.touch("editions");
    navigate({ page: "operatorEdition", slug: input.slug });
  };
  return (
    <section className="card" aria-labelledby={`${id}-title`}>
      <h2 id={`${id}-title`}>A new edition</h2>
      <form className="form" onSubmit={submit}>
        <Field id={`${id}-name`} label="Title" help="The name for people.">
          <input
            id={`${id}-name`}
            value={form.title}
            required
            onChange={({ target: { value } }) =>
              set(hasOwnSlug ? { title: value } : { title: value, slug: slugOf(value) })
            }
          />
        </Field>
        <Field id={`${id}-slug`} label="Slug" help="The name in addresses and tickets: a to z, 0 to 9, single hyphens.">
          <input
            id={`${id}-slug`}
            value={form.slug}
            required
            autoCapitalize="none"
            spellCheck={false}
            onChange={({ target: { value } }) => {
              setHasOwnSlug(value !== "");
              set({ slug: value });
            }}
          />
        </Field>
        <Field id={`${id}-cap`} label="Tickets" help="There can never be more, whatever happens.">
          <input
            id={`${id}-cap`}
            inputMode="numeric"
            value={form.cap}
            required
            onChange={({ target: { value } }) => set({ cap: value })}
          />
        </Field>
        <Field id={`${id}-limit`} label="For one person, at most" help="Empty: no limit but the number of tickets.">
          <input
            id={`${id}-limit`}
            inputMode="numeric"
            value={form.perHolderLimit}
            onChange={({ target: { value } }) => set({ perHolderLimit: value })}
          />
        </Field>
        <Field id={`${id}-opens`} label={`Opens (${ZONE})`} help="Empty: as soon as you open it.">
          <input
            id={`${id}-opens`}
            type="datetime-local"
            value={form.opensAt}
            onChange={({ target: { value } }) => set({ opensAt: value })}
          />
        </Field>
        <Field
          id={`${id}-closes`}
          label={`Closes (${ZONE})`}
          help={
            form.drawMode === "beacon"
              ? "A draw by beacon needs it: closing early is refused."
              : "Empty: when you close it."
          }
        >
          <input
            id={`${id}-closes`}
            type="datetime-local"
            value={form.closesAt}
            required={form.drawMode === "beacon"}
            onChange={({ target: { value } }) => set({ closesAt: value })}
          />
        </Field>
        <Field
          id={`${id}-trust`}
          label="Trust level, at least"
          help="What a person has to have proved: 1 with an account of a provider, 2 with a repository. Empty: nothing."
        >
          <input
            id={`${id}-trust`}
            inputMode="numeric"
            value={form.requiredTrustLevel}
            onChange={({ target: { value } }) => set({ requiredTrustLevel: value })}
          />
        </Field>
        <Field id={`${id}-kind`} label="Proved with" help="A valid credential of this kind.">
          <select
            id={`${id}-kind`}
            value={form.requiredKind}
            onChange={({ target: { value } }) => set({ requiredKind: value as AttestationKind | "" })}
          >
            <option value="">anything</option>
            {Object.entries(KINDS).map(([kind, words]) => (
              <option key={kind} value={kind}>
                {words}
              </option>
            ))}
          </select>
        </Field>
        <fieldset className="modes">
          <legend>The draw</legend>
          {MODES.map((mode) => (
            <label key={mode} className="mode">
              <input
                type="radio"
                name={`${id}-mode`}
                checked={form.drawMode === mode}
                onChange={() => set({ drawMode: mode })}
              />
              <span>
                <strong>{DRAW_MODES[mode].name}</strong>
                <span className="help">
                  {DRAW_MODES[mode].how} {DRAW_MODES[mode].trust}
                </span>
              </span>
            </label>
          ))}
        </fieldset>
        {form.drawMode === "beacon" ? <BeaconFields form={form} set={set} /> : null}
        {problem === null ? null : <ProblemNotice problem={problem} />}
        <div className="actions">
          <button type="submit" className="button primary" disabled={isBusy}>
            {isBusy ? "Preparing …" : "Prepare the edition"}
          </button>
        </div>
        <p className="help">It is a draft then, which only operators see, until you open it.</p>
      </form>
    </section>
  );
}

interface BeaconFieldsProps {
  readonly form: EditionForm;
  readonly set: (change: Partial<EditionForm>) => void;
}

/** What only a draw by beacon has. */
function BeaconFields({ form, set }: BeaconFieldsProps) {
  const { data } = useReading(BeaconChains, NOTHING, "editions");
  const id = useId();
  return (
    <>
      <Field
        id={`${id}-delay`}
        label="Delay in seconds"
        help="The beacon's round comes at least so long after the closing is recorded: 1 to 604800. Take 30 or more: a clock that is slow by more than the delay lets buyers know the round."
      >
        <input
          id={`${id}-delay`}
          inputMode="numeric"
          value={form.drawDelaySeconds}
          required
          onChange={({ target: { value } }) => set({ drawDelaySeconds: value })}
        />
      </Field>
      <Field id={`${id}-chain`} label="Beacon" help="Whose random numbers decide; its key is written into the ledger.">
        <select
          id={`${id}-chain`}
          value={form.beaconChainHash}
          onChange={({ target: { value } }) => set({ beaconChainHash: value })}
        >
          <option value="">drand's quicknet</option>
          {data?.beaconChains.nodes.map(({ chainHash, periodSeconds }) => (
            <option key={chainHash} value={chainHash}>
              {chainHash.slice(0, 16)}…, every {periodSeconds} s
            </option>
          ))}
        </select>
      </Field>
    </>
  );
}

interface FieldProps {
  readonly id: string;
  readonly label: string;
  readonly help: string;
  readonly children: ReactNode;
}

function Field({ id, label, help, children }: FieldProps) {
  return (
    <div className="field">
      <label htmlFor={id}>{label}</label>
      {children}
      <p className="help">{help}</p>
    </div>
  );
}
