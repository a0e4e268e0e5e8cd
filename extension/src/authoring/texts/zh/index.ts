/** Everything the authoring page says, in Chinese. Texts of rules are their authors'. */

import { names } from "./names";
import { publishing } from "./publishing";
import { trying } from "./trying";
import { writing } from "./writing";

export const zh = { ...names, ...publishing, ...trying, ...writing };
