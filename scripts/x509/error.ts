import { UserError } from "../model/problem.ts";

/** Bytes or text that are not the certificate, request, CRL or key they should be; the message says where and why. */
export class X509Error extends UserError {
  constructor(message: string, ...hints: readonly string[]) {
    super(message, ...hints);
    this.name = "X509Error";
  }
}
