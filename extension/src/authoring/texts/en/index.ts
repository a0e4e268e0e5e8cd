/** Everything the authoring page says, in English. Texts of rules are their authors'. */

import { names } from "./names";
import { publishing } from "./publishing";
import { trying } from "./trying";
import { writing } from "./writing";

export const en = { ...names, ...publishing, ...trying, ...writing };
