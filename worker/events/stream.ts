/**
 * The JetStream side of the events: a connection, and a stream in which the event of the place N has the sequence N + 1, always.
 *
 * The stream keeps that promise with the publisher: each event states the last sequence that it expects. Whatever comes a second time, too
 * late, or out of order is refused, whoever brings it, and however long ago it was sent; JetStream's window for duplicates is not relied on.
 */
import {
  DiscardPolicy,
  JetStreamApiCodes,
  JetStreamApiError,
  type JetStreamClient,
  type JetStreamManager,
  jetstream,
  jetstreamManager,
  type PubAck,
  RetentionPolicy,
  StorageType,
  type StreamConfig,
  type StreamInfo,
} from "@nats-io/jetstream";
import { headers, type NatsConnection, nanos } from "@nats-io/transport-node";
import { type ConnectOptions, openConnection } from "./connection.ts";
import { EventStreamError, ForeignStreamError, streamError } from "./streamError.ts";

/** Where the events go. */
export interface EventOptions extends ConnectOptions {
  /** `nats://` or `tls://` URLs of the servers, any of which will do; with a user and password, or a token, if need be. */
  readonly natsUrls: readonly string[];
  /** What the subjects of all events begin with. */
  readonly prefix: string;
  /** The name of the stream. */
  readonly stream: string;
  /** On how many servers of a cluster the stream is kept, once it is made. */
  readonly replicas: number;
}

/** An event as a message of the stream. */
export interface StreamEvent {
  /** Of the entry in the ledger, from 0; the sequence in the stream is one more. */
  readonly place: number;
  readonly subject: string;
  /** The event. */
  readonly json: string;
}

/** A stream at a moment. */
export interface StreamState {
  /** When it was made: one that was deleted and made again has another moment. */
  readonly created: string;
  /** How many events it ever took: the place of the next one. */
  readonly size: number;
  /** Whether it still has all that it ever took. */
  readonly isWhole: boolean;
  /** The place of the first event that it has. */
  readonly firstPlace: number;
  /** Whether somebody limited it, so that it forgets old events on purpose. */
  readonly isLimited: boolean;
  /** Whether a press made it for this ledger: nobody else's is ever deleted. */
  readonly isOurs: boolean;
}

/** How much of what was published is stored where it belongs. */
export interface Outcome {
  /** So many of the first ones. */
  readonly stored: number;
  /** What became of the next one; undefined when all are stored. */
  readonly failure: Error | undefined;
}

/** The stream has another last event than the one that was expected, or stored an event elsewhere: it must be asked anew. */
export class DisorderError extends EventStreamError {
  override readonly name = "DisorderError";
}

const ANSWER_MILLISECONDS = 5_000;
/** The least that every server takes. */
const DUPLICATES_MILLISECONDS = 100;
/** The server keeps it with the stream, also when all events are lost. A stream that lacks it was made by somebody else. */
const DESCRIPTION = [
  "The events of the Golden Press ledger ",
  ". The press makes them again from it if they are lost.",
] as const;

const encoder = new TextEncoder();

export class EventStream {
  readonly name: string;
  readonly #options: EventOptions;
  readonly #description: string;
  readonly #server: string;
  readonly #connection: NatsConnection;
  readonly #client: JetStreamClient;
  readonly #manager: JetStreamManager;

  private constructor(connection: NatsConnection, manager: JetStreamManager, options: EventOptions, origin: string) {
    this.name = options.stream;
    this.#options = options;
    this.#description = DESCRIPTION.join(origin);
    this.#server = connection.getServer();
    this.#connection = connection;
    this.#manager = manager;
    this.#client = jetstream(connection, { timeout: ANSWER_MILLISECONDS });
  }

  /**
   * Connects to the first server that answers. The connection is not mended when it breaks, so that nothing is sent that somebody has given up
   * waiting for: open another one.
   *
   * @param origin the name of the ledger whose events the stream is for
   * @param signal ends the attempts, and closes the connection, whatever the servers do
   * @throws {EventStreamError}
   */
  static async open(options: EventOptions, origin: string, signal?: AbortSignal): Promise<EventStream> {
    let failure: unknown = new EventStreamError("There is no NATS server to connect to: set NATS_URL.");
    for (const url of options.natsUrls) {
      try {
        const connection = await openConnection(new URL(url), options, signal);
        const manager = await jetstreamManager(connection, { checkAPI: false, timeout: ANSWER_MILLISECONDS });
        return new EventStream(connection, manager, options, origin);
      } catch (error) {
        failure = streamError(error, new URL(url).host);
        if (signal?.aborted) break;
      }
    }
    throw failure;
  }

  get isClosed(): boolean {
    return this.#connection.isClosed();
  }

  close(): Promise<void> {
    return this.#connection.close();
  }

  /**
   * Asks for the stream, and makes it if there is none.
   *
   * @throws {ForeignStreamError} when there is another one of its name, or it belongs to another ledger
   * @throws {EventStreamError}
   */
  ensure(): Promise<StreamState> {
    return this.#ask(async () => this.#toState((await this.#findOwn()) ?? (await this.#make(this.#defaults()))));
  }

  /**
   * Asks for the stream.
   *
   * @returns undefined when there is none
   * @throws {ForeignStreamError} when there is another one of its name, or it belongs to another ledger
   * @throws {EventStreamError}
   */
  state(): Promise<StreamState | undefined> {
    return this.#ask(async () => {
      const info = await this.#findOwn();
      return info && this.#toState(info);
    });
  }

  /**
   * How many events the stream has that {@link replace} would delete, whichever ledger it belongs to.
   *
   * @throws {ForeignStreamError} when there is another one of its name
   * @throws {EventStreamError}
   */
  countReplaced(): Promise<number> {
    return this.#ask(async () => (await this.#find())?.state.messages ?? 0);
  }

  /**
   * Deletes the stream, whatever is in it, and makes it again, empty, with the configuration that it had.
   *
   * @param created when the stream to delete was made; one that was made since is left alone
   * @param mayDelete is asked last of all; otherwise the stream is left alone too
   * @returns whether that was done
   * @throws {ForeignStreamError} when there is another one of its name, or it belongs to another ledger
   * @throws {EventStreamError}
   */
  renew(created: string, mayDelete: () => Promise<boolean>): Promise<boolean> {
    return this.#ask(async () => {
      const info = await this.#findOwn();
      if (info?.created !== created || !(await mayDelete())) return false;
      await this.#makeAgain(info);
      return true;
    });
  }

  /**
   * Deletes the stream, whatever is in it and whichever ledger it belongs to, and makes it again for this one, empty, with the configuration
   * that it had; makes it if there is none. Only an operator can want that.
   *
   * @throws {ForeignStreamError} when there is another one of its name
   * @throws {EventStreamError}
   */
  replace(): Promise<void> {
    return this.#ask(async () => {
      const info = await this.#find();
      await (info === undefined ? this.#make(this.#defaults()) : this.#makeAgain(info));
    });
  }

  /**
   * What the stream has at as many places.
   *
   * @returns in order; undefined for one that it lacks
   * @throws {EventStreamError}
   */
  read(first: number, count: number): Promise<(StreamEvent | undefined)[]> {
    const places = Array.from({ length: count }, (_, index) => first + index);
    return this.#ask(() => Promise.all(places.map((place) => this.#readOne(place))));
  }

  /**
   * Publishes events that follow each other, all at once. It returns when the fate of each is known.
   *
   * @param origin the name of their ledger
   */
  async publish(origin: string, events: readonly StreamEvent[]): Promise<Outcome> {
    const settled = await Promise.allSettled(events.map((event) => this.#publishOne(origin, event)));
    const stored = settled.findIndex(({ status }) => status === "rejected");
    const first = settled[stored];
    if (first?.status !== "rejected") return { stored: events.length, failure: undefined };
    return { stored, failure: streamError(first.reason, this.#server) };
  }

  async #publishOne(origin: string, { place, subject, json }: StreamEvent): Promise<void> {
    const header = headers();
    header.set("Content-Type", "application/cloudevents+json");
    const ack = await this.#client
      .publish(subject, encoder.encode(json), {
        headers: header,
        msgID: `${origin}/${place}`,
        // Before 2.9 a server takes an expected sequence of 0 for none, and would store the first event twice: it is the first of its subject too.
        expect: { streamName: this.name, lastSequence: place, ...(place === 0 ? { lastSubjectSequence: 0 } : {}) },
      })
      .catch((error: unknown) => {
        throw isDisorder(error) ? new DisorderError(`The stream ${this.name} does not end before ${place}.`) : error;
      });
    if (!isAckOf(ack, this.name, place)) {
      throw new DisorderError(
        `The stream ${this.name} answers ${JSON.stringify(ack)} to the event of the place ${place}.`,
      );
    }
  }

  async #readOne(place: number): Promise<StreamEvent | undefined> {
    const message = await this.#manager.streams.getMessage(this.name, { seq: place + 1 });
    return message === null ? undefined : { place, subject: message.subject, json: message.string() };
  }

  async #find(): Promise<StreamInfo | undefined> {
    const info = await this.#manager.streams.info(this.name).catch((error: unknown) => {
      if (hasCode(error, JetStreamApiCodes.StreamNotFound)) return undefined;
      throw error;
    });
    if (info !== undefined) this.#requireFit(info.config);
    return info;
  }

  /** What the description says counts more than the events: it is there when they are gone. */
  async #findOwn(): Promise<StreamInfo | undefined> {
    const info = await this.#find();
    const owner = ownerOf(info?.config.description ?? "");
    if (owner === undefined || info?.config.description === this.#description) return info;
    throw new ForeignStreamError(
      `The stream ${this.name} belongs to another ledger, ${owner}: set EVENT_STREAM and EVENT_SUBJECT_PREFIX to others, or make it again for this ledger with "golden-press events rebuild".`,
    );
  }

  async #makeAgain({ config: { first_seq: _, ...config } }: StreamInfo): Promise<void> {
    // It may have been made to begin elsewhere.
    await this.#manager.streams.delete(this.name);
    await this.#make({ ...config, description: this.#description });
  }

  /** Another worker may make it at the same moment: the same one, which is no error. */
  #make(config: Partial<StreamConfig> & { readonly name: string }): Promise<StreamInfo> {
    return this.#manager.streams.add(config);
  }

  #defaults() {
    return {
      name: this.name,
      description: this.#description,
      subjects: [this.#subjects],
      storage: StorageType.File,
      retention: RetentionPolicy.Limits,
      discard: DiscardPolicy.New,
      num_replicas: this.#options.replicas,
      duplicate_window: nanos(DUPLICATES_MILLISECONDS),
      deny_delete: true,
      deny_purge: true,
    };
  }

  get #subjects(): string {
    return `${this.#options.prefix}.>`;
  }

  #requireFit({ subjects, retention, mirror, sources, no_ack, sealed }: StreamConfig): void {
    const hasOurs = subjects?.length === 1 && subjects[0] === this.#subjects;
    if (hasOurs && retention === RetentionPolicy.Limits && !mirror && !sources?.length && !no_ack && !sealed) return;
    throw new ForeignStreamError(
      `The stream ${this.name} is not one for these events, which takes ${this.#subjects} and nothing else, acknowledges it, and keeps it by limits: set EVENT_STREAM and EVENT_SUBJECT_PREFIX to others.`,
    );
  }

  #toState({ created, config, state }: StreamInfo): StreamState {
    const { max_age, max_msgs, max_bytes, max_msgs_per_subject, discard } = config;
    const isFull = discard === DiscardPolicy.Old && (max_msgs > 0 || max_bytes > 0);
    return {
      created,
      size: state.last_seq,
      isWhole: state.messages === state.last_seq,
      firstPlace: Math.max(state.first_seq - 1, 0),
      isLimited: isFull || max_age > 0 || max_msgs_per_subject > 0,
      isOurs: config.description === this.#description,
    };
  }

  async #ask<Answer>(act: () => Promise<Answer>): Promise<Answer> {
    try {
      return await act();
    } catch (error) {
      throw streamError(error, this.#server);
    }
  }
}

/** The name of the ledger that a stream belongs to; undefined when its description is none of a press. */
function ownerOf(description: string): string | undefined {
  const [before, after] = DESCRIPTION;
  if (!description.startsWith(before) || !description.endsWith(after)) return undefined;
  return description.slice(before.length, -after.length);
}

/** A duplicate is stored too, but where, only the stream itself tells. */
function isAckOf(ack: PubAck, stream: string, place: number): boolean {
  return ack.stream === stream && ack.seq === place + 1 && !ack.duplicate;
}

function isDisorder(error: unknown): boolean {
  const { StreamWrongLastSequence, StreamWrongLastSequenceUnknown } = JetStreamApiCodes;
  return hasCode(error, StreamWrongLastSequence) || hasCode(error, StreamWrongLastSequenceUnknown);
}

function hasCode(error: unknown, code: number): boolean {
  return error instanceof JetStreamApiError && error.code === code;
}
