/** copy-filter.ts DIR: for setup.sh, which has no packages of Node's yet when it has only just begun. */
import { copyFilter } from "./install.ts";

copyFilter(process.argv[2] ?? process.cwd());
