/** Which addresses of the network may be asked for something: a name can lead anywhere, also into the network that the press stands in. */
import { BlockList, isIP } from "node:net";

/**
 * How far a request may go. loopback: this machine, where its name says so; network: also addresses of private networks, where the operator
 * named the server; internet: public addresses alone, where somebody else named it.
 */
export type Reach = "loopback" | "network" | "internet";

/** What an address is; none: no server can be meant, or only what a cloud tells the machines in it. */
type Kind = "loopback" | "private" | "public" | "none";

type Subnet = readonly [net: string, prefix: number];

const LOOPBACK: readonly Subnet[] = [
  ["127.0.0.0", 8],
  ["::1", 128],
];
/** This host, link-local (where clouds tell secrets), multicast, and what is reserved; clouds that tell them elsewhere, also among what is public or private. */
const NONE: readonly Subnet[] = [
  ["0.0.0.0", 8],
  ["169.254.0.0", 16],
  ["224.0.0.0", 3],
  ["100.100.100.200", 32],
  ["168.63.129.16", 32],
  ["192.0.0.192", 32],
  ["fd00:42::42", 128],
  ["fd00:ec2::", 32],
  ["fd20:ce::254", 128],
];
/** Private networks, those between providers, and those for documents and measurements. */
const PRIVATE: readonly Subnet[] = [
  ["10.0.0.0", 8],
  ["100.64.0.0", 10],
  ["172.16.0.0", 12],
  ["192.0.0.0", 24],
  ["192.0.2.0", 24],
  ["192.88.99.0", 24],
  ["192.168.0.0", 16],
  ["198.18.0.0", 15],
  ["198.51.100.0", 24],
  ["203.0.113.0", 24],
  ["fc00::", 7],
];
const PUBLIC: readonly Subnet[] = [["2000::", 3]];
/** Within the public ones: tunnels, which carry an IPv4 address that nobody has looked at, and documents. */
const NOT_PUBLIC: readonly Subnet[] = [
  ["2001::", 23],
  ["2001:db8::", 32],
  ["2002::", 16],
  ["3fff::", 20],
];

const KINDS: readonly (readonly [Kind, BlockList])[] = [
  ["loopback", listOf(LOOPBACK)],
  ["none", listOf(NONE)],
  ["private", listOf(PRIVATE)],
  ["none", listOf(NOT_PUBLIC)],
  ["public", listOf(PUBLIC)],
];

const REACHED: Readonly<Record<Reach, readonly Kind[]>> = {
  loopback: ["loopback"],
  network: ["private", "public"],
  internet: ["public"],
};

/** Whether an IP address is one that a request with this reach may go to. */
export function isWithin(reach: Reach, address: string): boolean {
  return REACHED[reach].includes(kindOf(address));
}

/** Whether a host of a URL, as the URL standard spells it, says of itself that it is this machine. */
export function isLoopbackHost(hostname: string): boolean {
  const address = hostname.replace(/^\[(.*)\]$/, "$1");
  return hostname === "localhost" || kindOf(address) === "loopback";
}

function kindOf(address: string): Kind {
  const family = isIP(address);
  if (family === 0 || address.includes("%")) return "none"; // A zone is part of a link-local address.
  const found = KINDS.find(([, list]) => list.check(address, family === 4 ? "ipv4" : "ipv6"));
  if (found !== undefined) return found[0];
  return family === 4 ? "public" : "none";
}

function listOf(subnets: readonly Subnet[]): BlockList {
  const list = new BlockList();
  for (const [net, prefix] of subnets) list.addSubnet(net, prefix, isIP(net) === 4 ? "ipv4" : "ipv6");
  return list;
}
