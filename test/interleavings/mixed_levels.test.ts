/* Who calls at a higher level meets the gateway and the worker, who call at READ COMMITTED, and each other. */
import { testEveryPair } from "./everyPair.ts";

testEveryPair(["read committed", "repeatable read"], 3);
testEveryPair(["serializable", "read committed"], 4);
testEveryPair(["repeatable read", "serializable"], 5);
