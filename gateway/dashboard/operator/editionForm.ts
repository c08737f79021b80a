/** What an operator enters for a new edition, and what is sent of it. The press judges it; this only reads it. */
import type { AttestationKind, DrawMode } from "../press/EditionDocuments.ts";
import type { NewEdition } from "./OperatorDocuments.ts";

export interface EditionForm {
  readonly title: string;
  readonly slug: string;
  readonly cap: string;
  /** Empty: no limit but the cap. */
  readonly perHolderLimit: string;
  readonly drawMode: DrawMode;
  /** As an input of local date and time has it, in the reader's zone; empty: no bound. */
  readonly opensAt: string;
  readonly closesAt: string;
  /** Of a beacon alone. */
  readonly drawDelaySeconds: string;
  /** Of a beacon alone; empty: the press's default, drand's quicknet. */
  readonly beaconChainHash: string;
  /** Empty: none. */
  readonly requiredTrustLevel: string;
  /** Empty: no credential in particular. */
  readonly requiredKind: AttestationKind | "";
}

export const EMPTY_FORM: EditionForm = {
  title: "",
  slug: "",
  cap: "100",
  perHolderLimit: "2",
  drawMode: "none",
  opensAt: "",
  closesAt: "",
  drawDelaySeconds: "60",
  beaconChainHash: "",
  requiredTrustLevel: "",
  requiredKind: "",
};

/** The name in addresses that a title suggests: words of a-z and 0-9, joined by single hyphens. */
export function slugOf(title: string): string {
  const plain = title.normalize("NFKD").replace(/\p{M}/gu, "").toLowerCase();
  return plain
    .replace(/[^a-z0-9]+/g, "-")
    .replace(/^-|-$/g, "")
    .slice(0, 60)
    .replace(/-$/, "");
}

/** @throws {RangeError} with a sentence, where a field is no number or no moment */
export function editionOf(form: EditionForm): NewEdition {
  return {
    slug: form.slug,
    title: form.title.trim(),
    cap: wholeNumber(form.cap, "The number of tickets"),
    perHolderLimit:
      form.perHolderLimit.trim() === "" ? null : wholeNumber(form.perHolderLimit, "The limit for one person"),
    drawMode: form.drawMode,
    opensAt: momentOf(form.opensAt, "The opening"),
    closesAt: momentOf(form.closesAt, "The closing"),
    ...(form.drawMode === "beacon" ? beaconOf(form) : null),
    ...(form.requiredTrustLevel.trim() === ""
      ? null
      : { requiredTrustLevel: wholeNumber(form.requiredTrustLevel, "The trust level") }),
    ...(form.requiredKind === "" ? null : { requiredKind: form.requiredKind }),
  };
}

function beaconOf({ drawDelaySeconds, beaconChainHash }: EditionForm): Partial<NewEdition> {
  return {
    drawDelaySeconds: wholeNumber(drawDelaySeconds, "The delay"),
    ...(beaconChainHash === "" ? null : { beaconChainHash }),
  };
}

function wholeNumber(text: string, what: string): number {
  const number = Number(text);
  if (!/^\d+$/.test(text.trim()) || number > 2_147_483_647) throw new RangeError(`${what} must be a whole number.`);
  return number;
}

function momentOf(text: string, what: string): string | null {
  if (text === "") return null;
  const moment = new Date(text);
  if (Number.isNaN(moment.getTime())) throw new RangeError(`${what} must be a date and a time.`);
  return moment.toISOString();
}
