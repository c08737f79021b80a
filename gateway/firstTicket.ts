/** What a start of the press shows people to try; it is among the documents that are always answered. */
export const FIRST_TICKET =
  'mutation { issueTicket(input: { editionSlug: "golden-ticket" }) { ticket { ticketNumber } envelope(waitMilliseconds: 5000) } }';
