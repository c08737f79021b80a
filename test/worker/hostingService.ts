/* A hosting service for repositories on the loopback address: the part of GitHub's REST API (2022-11-28) that is asked for evidence, with the
   shapes that its documentation shows. */
import { createServer, type IncomingMessage, type RequestListener, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";

/** A repository, and the account that it belongs to. */
export interface TestRepository {
  readonly accountId: number;
  readonly accountCreatedAt: string;
  readonly createdAt: string;
  readonly sizeKb: number;
  readonly ownerType: "User" | "Organization";
  readonly isPrivate: boolean;
  /** The content of golden-press.txt; undefined: there is none. */
  readonly file: string | undefined;
}

export interface HostingService {
  /** What REPOSITORY_API_URL has to name. */
  readonly url: string;
  /** The requests that it was asked, in their order. */
  readonly asked: IncomingMessage[];
  /** Answers in the service's place where it returns true. */
  instead: (request: IncomingMessage, response: ServerResponse) => boolean;
  /** Adds a repository, or replaces it; what is not said is old and large enough for every rule. */
  put(name: string, repository?: Partial<TestRepository>): void;
  close(): Promise<void>;
}

const OLD: TestRepository = {
  accountId: 583_231,
  accountCreatedAt: "2011-01-25T18:44:36Z",
  createdAt: "2011-01-26T19:01:12Z",
  sizeKb: 1_296_269,
  ownerType: "User",
  isPrivate: false,
  file: undefined,
};

export async function startHostingService(): Promise<HostingService> {
  const repositories = new Map<string, TestRepository & { readonly name: string }>();
  const asked: IncomingMessage[] = [];
  const listener: RequestListener = (request, response) => {
    asked.push(request);
    if (service.instead(request, response)) return;
    const { pathname } = new URL(request.url ?? "", service.url);
    const answer = answerTo(pathname, repositories);
    json(response, answer === undefined ? 404 : 200, answer ?? NOT_FOUND);
  };
  const server = createServer(listener);
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const service: HostingService = {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    asked,
    instead: () => false,
    put(name, repository) {
      repositories.set(name.toLowerCase(), { ...OLD, ...repository, name });
    },
    async close() {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
  return service;
}

const DOCUMENTATION = "https://docs.github.com/rest/repos/repos#get-a-repository";
const NOT_FOUND = { message: "Not Found", documentation_url: DOCUMENTATION, status: "404" };

/** Answers as the service does, with its headers. */
export function json(
  response: ServerResponse,
  status: number,
  body: unknown,
  headers: Readonly<Record<string, string>> = {},
): void {
  response.writeHead(status, {
    "content-type": "application/json; charset=utf-8",
    "x-github-media-type": "github.v3; format=json",
    "x-ratelimit-limit": "60",
    "x-ratelimit-remaining": "57",
    "x-ratelimit-reset": String(Math.floor(Date.now() / 1000) + 3600),
    ...headers,
  });
  response.end(JSON.stringify(body));
}

function answerTo(
  path: string,
  repositories: ReadonlyMap<string, TestRepository & { readonly name: string }>,
): unknown {
  const [, kind, ...rest] = decodeURIComponent(path).split("/");
  if (kind === "users") {
    const [login = ""] = rest;
    const found = [...repositories.values()].find(({ name }) => ownerOf(name).toLowerCase() === login.toLowerCase());
    return found && userAnswer(found);
  }
  if (kind !== "repos") return undefined;
  const [owner, name, ...more] = rest;
  const found = repositories.get(`${owner}/${name}`.toLowerCase());
  if (found === undefined || more.length === 0) return found && repositoryAnswer(found);
  return more.join("/") === "contents/golden-press.txt" && found.file !== undefined
    ? fileAnswer(found.file)
    : undefined;
}

const ownerOf = (name: string) => name.split("/")[0] ?? "";

function accountAnswer({ name, accountId, ownerType }: TestRepository & { readonly name: string }) {
  const login = ownerOf(name);
  return {
    login,
    id: accountId,
    node_id: "MDQ6VXNlcjU4MzIzMQ==",
    avatar_url: `https://avatars.githubusercontent.com/u/${accountId}?v=4`,
    gravatar_id: "",
    url: `https://api.github.com/users/${login}`,
    html_url: `https://github.com/${login}`,
    type: ownerType,
    user_view_type: "public",
    site_admin: false,
  };
}

function userAnswer(repository: TestRepository & { readonly name: string }) {
  return {
    ...accountAnswer(repository),
    name: "The Octocat",
    company: "@github",
    blog: "https://github.blog",
    location: "San Francisco",
    email: null,
    hireable: null,
    bio: null,
    public_repos: 8,
    public_gists: 8,
    followers: 20_000,
    following: 9,
    created_at: repository.accountCreatedAt,
    updated_at: "2026-01-22T11:23:18Z",
  };
}

function repositoryAnswer(repository: TestRepository & { readonly name: string }) {
  const { name, createdAt, sizeKb, isPrivate } = repository;
  return {
    id: 1_296_269,
    node_id: "MDEwOlJlcG9zaXRvcnkxMjk2MjY5",
    name: name.split("/")[1],
    full_name: name,
    private: isPrivate,
    owner: accountAnswer(repository),
    html_url: `https://github.com/${name}`,
    description: "My first repository on GitHub!",
    fork: false,
    url: `https://api.github.com/repos/${name}`,
    created_at: createdAt,
    updated_at: "2026-01-26T19:14:43Z",
    pushed_at: "2026-01-26T19:06:43Z",
    size: sizeKb,
    stargazers_count: 80,
    watchers_count: 80,
    language: null,
    archived: false,
    disabled: false,
    visibility: isPrivate ? "private" : "public",
    default_branch: "main",
    topics: ["octocat"],
  };
}

/** The service breaks base64 into lines of 60 characters. */
function fileAnswer(text: string) {
  const content = Buffer.from(text)
    .toString("base64")
    .replace(/(.{60})/g, "$1\n");
  return {
    type: "file",
    encoding: "base64",
    size: Buffer.byteLength(text),
    name: "golden-press.txt",
    path: "golden-press.txt",
    content: `${content}\n`,
    sha: "3d21ec53a331a6f037a91c368710b99387d012c1",
  };
}
