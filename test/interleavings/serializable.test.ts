import { testEveryPair } from "./everyPair.ts";

testEveryPair(["serializable", "serializable"], 2);
