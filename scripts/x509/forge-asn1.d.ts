/** node-forge's asn1 by itself: it loads in 2 ms, all of node-forge in 35. */
declare module "node-forge/lib/asn1.js" {
  import { asn1 } from "node-forge";
  export default asn1;
}
