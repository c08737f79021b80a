import { testEveryPair } from "./everyPair.ts";

testEveryPair(["read committed", "read committed"], 0);
